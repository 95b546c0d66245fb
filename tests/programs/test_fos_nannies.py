"""Real nannies of a fos, asking a real server on loopback."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from piranha.config.settings import Monitor, Probe, Service
from piranha.decisions.fos_events import NannyLost, NannyReported
from piranha.programs import fos_nannies
from piranha.programs.fos_nannies import Nannies, NannyEvent
from piranha.script.queries import DhcpKind
from piranha.system import clock
from piranha.system.loop import Loop
from piranha.wire.nanny_line import NannyReport
from tests.programs.example_settings import WEB

LOCALHOST = ip_address("127.0.0.1")
LIMIT_SECONDS = 10.0


class Nursery:
    """Nannies in a loop of their own, and what they said."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.events: list[NannyEvent] = []
        self.nannies = Nannies(self.loop, LOCALHOST, self.events.append)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        limit = clock.now() + LIMIT_SECONDS
        while not is_so():
            assert clock.now() < limit, self.events
            nannies_at = min(self.nannies.work_at(), self.nannies.wake_at())
            if clock.now() >= nannies_at:
                self.nannies.tend()
            self.loop.turn(min(clock.now() + 0.05, nannies_at))

    def reports(self) -> list[bool]:
        return [e.report.is_healthy for e in self.events if isinstance(e, NannyReported)]

    def pid(self, name: str = "web") -> int:
        return self.nannies.pids()[name]


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.nannies.end()
    made.loop.close()


@pytest.fixture
def service() -> Iterator[Service]:
    """A port that accepts, asked every 100 s."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        yield replace(WEB, port=port, interval_seconds=100.0, timeout_seconds=2.0)


def test_a_nanny_is_forked_when_there_is_time_and_asks_at_once_when_told(
    nursery: Nursery, service: Service
) -> None:
    nursery.nannies.start(service)
    nursery.nannies.ask_now("web")
    assert nursery.nannies.pids() == {}
    nursery.wait_until(lambda: nursery.reports() == [True])
    nursery.nannies.ask_now("web")
    nursery.wait_until(lambda: nursery.reports() == [True, True])


def test_probes_are_spread_over_the_interval(nursery: Nursery, service: Service) -> None:
    quick = replace(service, interval_seconds=0.4)
    other = replace(quick, name="mail")
    nursery.nannies.spread([quick, other])
    began = clock.now()
    nursery.nannies.start(quick)
    nursery.nannies.start(other)
    nursery.wait_until(lambda: len(nursery.events) == 2)
    names = [e.report.service for e in nursery.events if isinstance(e, NannyReported)]
    assert names == ["web", "mail"]
    assert clock.now() - began >= 0.4


def test_a_nanny_that_ends_by_itself_is_a_loss(nursery: Nursery, service: Service) -> None:
    nursery.nannies.start(service)
    nursery.nannies.tend()
    os.kill(nursery.pid(), signal.SIGKILL)
    nursery.wait_until(lambda: bool(nursery.events))
    assert nursery.events == [NannyLost("web", "killed by signal 9")]
    assert nursery.nannies.pids() == {}


def test_a_nanny_that_is_told_to_end_is_no_loss(nursery: Nursery, service: Service) -> None:
    nursery.nannies.start(service)
    nursery.nannies.tend()
    pid = nursery.pid()
    nursery.nannies.stop("web")
    nursery.wait_until(lambda: not os.path.exists(f"/proc/{pid}"))
    assert nursery.events == []


def test_a_nanny_that_hangs_is_killed_when_it_does_not_end(
    nursery: Nursery, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fos_nannies, "ENDING_SECONDS", 0.1)
    nursery.nannies.start(service)
    nursery.nannies.tend()
    pid = nursery.pid()
    os.kill(pid, signal.SIGSTOP)
    nursery.nannies.stop("web")
    nursery.wait_until(lambda: not os.path.exists(f"/proc/{pid}"))


def test_a_new_nanny_for_a_service_ends_the_old_one(nursery: Nursery, service: Service) -> None:
    nursery.nannies.start(service)
    nursery.nannies.tend()
    old = nursery.pid()
    nursery.nannies.start(service)
    nursery.nannies.tend()
    assert nursery.pid() != old
    nursery.wait_until(lambda: not os.path.exists(f"/proc/{old}"))


Watched = tuple[Service, "subprocess.Popen[bytes]"]


@pytest.fixture
def watched(service: Service, tmp_path: Path) -> Iterator[Watched]:
    """The service that accepts, and a process of it, whose pid file only its owner may read."""
    file = tmp_path / "web.pid"
    with subprocess.Popen(["sleep", "60"]) as process:
        file.write_text(str(process.pid))
        file.chmod(0o600)
        yield replace(service, watch_pid=str(file)), process
        process.kill()


def told(nursery: Nursery) -> list[str]:
    return [e.report.verdict for e in nursery.events if isinstance(e, NannyReported)]


def test_the_end_of_a_watched_process_is_told_at_once(nursery: Nursery, watched: Watched) -> None:
    """The next probe would come 100 s later."""
    service, process = watched
    nursery.nannies.start(service)
    nursery.nannies.ask_now("web")
    nursery.wait_until(lambda: told(nursery) == ["connected"] and len(nursery.nannies.pids()) == 2)
    nursery.nannies.ask_now("web")
    nursery.wait_until(lambda: len(told(nursery)) == 2)
    threading.Event().wait(0.1)  # the look at the process, which is not told
    began = clock.now()
    process.kill()
    nursery.wait_until(lambda: "process ended" in told(nursery))
    assert clock.now() - began < 0.5
    assert told(nursery) == ["connected", "connected", "process ended"]


def test_an_answer_does_not_count_while_the_process_is_gone(
    nursery: Nursery, watched: Watched
) -> None:
    service, process = watched
    process.kill()
    process.wait()
    nursery.nannies.start(service)
    nursery.nannies.ask_now("web")
    nursery.wait_until(lambda: "no process" in told(nursery))
    nursery.nannies.ask_now("web")

    def joint() -> list[NannyReport]:
        reports = [e.report for e in nursery.events if isinstance(e, NannyReported)]
        return [report for report in reports if "yet it answers" in report.evidence]

    nursery.wait_until(lambda: bool(joint()))
    assert {(report.is_healthy, report.verdict) for report in joint()} == {(False, "no process")}


def test_a_process_alone_is_a_service(nursery: Nursery, watched: Watched) -> None:
    service, process = watched
    nursery.nannies.start(replace(service, probe=Probe(Monitor.PROCESS)))
    nursery.nannies.ask_now("web")
    nursery.wait_until(lambda: told(nursery) == ["runs"])
    assert len(nursery.nannies.pids()) == 1
    process.kill()
    nursery.wait_until(lambda: told(nursery)[:2] == ["runs", "process ended"])
    nursery.wait_until(lambda: told(nursery)[-1] == "no process")


def test_of_a_pair_none_goes_on_alone(nursery: Nursery, watched: Watched) -> None:
    nursery.nannies.start(watched[0])
    nursery.wait_until(lambda: len(nursery.nannies.pids()) == 2)
    os.kill(max(nursery.nannies.pids().values()), signal.SIGKILL)
    nursery.wait_until(lambda: any(isinstance(e, NannyLost) for e in nursery.events))
    assert nursery.nannies.pids() == {}
    assert sum(isinstance(e, NannyLost) for e in nursery.events) == 1


def test_the_partners_processes_are_not_watched_here(
    watched: Watched,
) -> None:
    loop, events = Loop(), []  # type: ignore[var-annotated]
    nannies = Nannies(loop, LOCALHOST, events.append, is_local=False)
    nannies.start(watched[0])
    nannies.tend()
    assert len(nannies.pids()) == 1
    nannies.end()
    loop.close()


def test_a_device_that_is_not_there_costs_the_nanny_and_not_fos(
    nursery: Nursery, service: Service
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: opens a raw socket")
    probe = Probe(Monitor.DHCP, dhcp=DhcpKind.DISCOVER, device="eth77")
    nannies = Nannies(nursery.loop, LOCALHOST, nursery.events.append, is_local=False)
    nannies.start(replace(service, probe=probe))
    nannies.tend()
    assert nursery.events == [NannyLost("web", "cannot ask through eth77: No such device")]
    assert nannies.pids() == {}
    nannies.end()
