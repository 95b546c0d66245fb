"""Real nannies of a fos, asking a real server on loopback."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address

import pytest

from piranha.config.settings import Service
from piranha.decisions.fos_events import NannyLost, NannyReported
from piranha.programs import fos_nannies
from piranha.programs.fos_nannies import Nannies, NannyEvent
from piranha.system import clock
from piranha.system.loop import Loop
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
