"""The real pulse and a file that stands in for the watchdog: when it is fed, when not."""

import signal
import time
from collections.abc import Callable

import pytest

from tests.lab.lvs_cf import hot_web
from tests.lab.pair import Pair, wait_until

pytestmark = pytest.mark.lab

DEVICE = "/run/watchdog"
TIMEOUT_SECONDS = 2.0
"""The lease of deadtime 3 s is 1.5 s; the device counts whole seconds."""


def test_it_is_fed_while_pulse_runs_and_switched_off_at_an_orderly_end(
    making: Callable[..., Pair],
) -> None:
    pair = making([hot_web()], "0.5", "3", extra={"watchdog": DEVICE})
    pair.start_web()
    for node in pair.segment.nodes:
        node.path(DEVICE).touch()
    pair.start_pulse()
    active = pair.wait_until_settled()
    standby = pair.segment.other(active)
    devices = [node.path(DEVICE) for node in (active, standby)]
    before = [len(device.read_bytes()) for device in devices]
    time.sleep(TIMEOUT_SECONDS)
    fed = [len(device.read_bytes()) - size for device, size in zip(devices, before, strict=True)]
    assert all(3 <= count <= 5 for count in fed), fed
    pulse = active.signal("pulse", signal.SIGSTOP)
    size = len(devices[0].read_bytes())
    time.sleep(TIMEOUT_SECONDS)
    assert len(devices[0].read_bytes()) == size
    active.signal("pulse", signal.SIGCONT)
    wait_until(lambda: len(devices[0].read_bytes()) > size, TIMEOUT_SECONDS, "it is fed again")
    assert b"V" not in devices[0].read_bytes()
    active.signal("pulse", signal.SIGTERM)
    wait_until(lambda: not active.processes("pulse"), 10.0, f"{pulse} ends")
    assert devices[0].read_bytes().endswith(b"V")
    standby.signal("pulse", signal.SIGKILL)
    wait_until(lambda: not standby.processes("pulse"), 10.0, "pulse is gone")
    assert b"V" not in devices[1].read_bytes()
