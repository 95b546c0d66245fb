"""VIPs that nobody renews any more; the rest of it is tried with piranhactl on two nodes."""

from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

import pytest

from piranha.config.settings import IPAddress
from piranha.errors import SystemRefusedError, UsageError
from piranha.programs.leftovers import clear_group, remove_leftovers
from piranha.system.addresses import Present
from piranha.system.pid_file import PidFile
from tests.programs.example_settings import SETTINGS


class Kernel:
    """Has some addresses, and takes note of what is deleted."""

    def __init__(self, **devices: str) -> None:
        self.there = {ip_address(a.replace("_", ".")): d for a, d in devices.items()}
        self.deleted: list[tuple[IPAddress, str]] = []

    def present(self, addresses: Iterable[IPAddress]) -> dict[IPAddress, Present]:
        sought = set(addresses)
        return {a: Present(d, 1.0) for a, d in self.there.items() if a in sought}

    def delete(self, address: IPAddress, device: str) -> None:
        self.deleted.append((address, device))


def test_only_vips_of_the_group_are_removed_from_wherever_they_are() -> None:
    kernel = Kernel(**{"10_0_0_10": "eth7", "10_0_0_11": "eth1", "10_0_0_1": "eth0"})
    lines = list(clear_group(kernel, SETTINGS.group("sites")))  # type: ignore[arg-type]
    assert lines == ["removed 10.0.0.10 from eth7, left by an earlier run"]
    assert kernel.deleted == [(ip_address("10.0.0.10"), "eth7")]


def test_nothing_is_removed_while_pulse_runs(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = (
        "import sys; from piranha.system.pid_file import PidFile;"
        f"PidFile({str(tmp_path / 'default.pid')!r}).acquire(); print('locked', flush=True);"
        "sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"locked\n"
    with pytest.raises(SystemRefusedError, match=f"pulse runs, pid {holder.pid}"):
        list(remove_leftovers(tmp_path, "default"))
    holder.communicate()


def test_without_a_pulse_before_there_is_nothing_to_remove(tmp_path: Path) -> None:
    assert PidFile(tmp_path / "default.pid").holder() is None
    with pytest.raises(UsageError, match="no pulse has run"):
        list(remove_leftovers(tmp_path, "default"))
