"""What each daemon may do on a node that serves, as the kernel tells it."""

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from piranha.system.capabilities import NUMBERS
from tests.lab.host import HostProcess
from tests.lab.lvs_cf import hot_web
from tests.lab.pair import Pair, wait_until

pytestmark = pytest.mark.lab

NOBODY = 65534
KEPT = sum(1 << number for number in NUMBERS.values())
DAEMONS = ("pulse", "fos --active", "fos --monitor", "nanny")


@pytest.fixture
def pair(making: Callable[..., Pair]) -> Pair:
    made = making([hot_web()], extra={"startup_wait": "0.3"})
    made.start_web()
    made.start_pulse()
    made.wait_until_settled()
    return made


def processes(pair: Pair, *programs: str) -> list[HostProcess]:
    def found() -> list[HostProcess]:
        return [p for n in pair.segment.nodes for name in programs for p in n.processes(name)]

    def are_there() -> bool:
        return all(any(p.is_of(name) for p in found()) for name in programs)

    wait_until(are_there, 10.0, f"{', '.join(programs)} run")
    return found()


def fact(process: HostProcess, name: str) -> str:
    text = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(rf"^{name}:[ \t]*(.*)$", text, flags=re.MULTILINE)
    assert found
    return found[1]


def test_pulse_and_fos_keep_only_the_rights_that_they_need(pair: Pair) -> None:
    for process in processes(pair, "pulse", "fos --active", "fos --monitor"):
        assert int(fact(process, "CapPrm"), 16) & ~KEPT == 0, process.title


def test_a_nanny_is_nobody_and_writes_no_files(pair: Pair) -> None:
    for process in processes(pair, "nanny"):
        assert fact(process, "Uid").split() == [str(NOBODY)] * 4
        assert fact(process, "Groups").strip() == ""
        assert int(fact(process, "CapPrm"), 16) == 0
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert re.search(r"^Max file size\s+0\s+0\s", limits, flags=re.MULTILINE)


def test_a_nanny_holds_its_two_pipes_and_nothing_of_pulse(pair: Pair) -> None:
    """But for the socket of a probe, which is gone in a moment."""

    def sockets(pid: int) -> list[str]:
        held = []
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                held.append(os.readlink(entry))
        return [what for what in held if what.startswith("socket:")]

    for process in processes(pair, "nanny"):
        wait_until(lambda pid=process.pid: not sockets(pid), 2.0, "it holds no socket")


def test_nothing_listens_on_tcp(pair: Pair) -> None:
    daemons = processes(pair, *DAEMONS)
    sockets = set()
    for process in daemons:
        for entry in Path(f"/proc/{process.pid}/fd").iterdir():
            sockets.add(os.readlink(entry))
    for node in pair.segment.nodes:
        for table in ("tcp", "tcp6"):
            lines = Path(f"/proc/{node.pid}/net/{table}").read_text().splitlines()[1:]
            listening = {f"socket:[{line.split()[9]}]" for line in lines if line.split()[3] == "0A"}
            assert not listening & sockets


def test_only_root_may_change_anything(pair: Pair) -> None:
    node = pair.segment.node_a
    stranger = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "piranhactl"]
    for command in (["status"], ["hold"]):
        assert node.run([*stranger, *command], is_checked=False) == ""
    assert "held" not in node.run(["piranhactl", "status"])
