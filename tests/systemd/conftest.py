"""One machine with systemd for all of these tests; root is needed to make it."""

import os
from collections.abc import Iterator

import pytest

from tests.systemd.machine import Machine


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    if os.geteuid() != 0:
        pytest.skip("needs root: a machine in private namespaces runs systemd")
    machine = Machine(tmp_path_factory.mktemp("machine"))
    try:
        machine.boot()
        yield machine
    finally:
        machine.power_off()
