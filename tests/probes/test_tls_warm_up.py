"""A whole session in this process: quickly, and without a descriptor."""

import os

from piranha.probes.tls_warm_up import warm_up
from tests.probes.servers import now


def test_sessions_are_made_quickly_and_leave_nothing() -> None:
    before = len(os.listdir("/proc/self/fd"))
    began = now()
    warm_up()
    assert now() - began < 1.0
    assert len(os.listdir("/proc/self/fd")) == before
