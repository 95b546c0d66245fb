"""Probes through VIPs, each asked once: a nanny is forked for it and ended after its first report.

What this node's own table of neighbours says of the VIP is looked up afterwards: there the probe
went. A node that has the VIP itself would ask itself, so it does not ask.
"""

from collections import deque
from collections.abc import Callable
from typing import TypeVar

from piranha.config.settings import Service
from piranha.decisions.fos_events import NannyLost, NannyReported, VipProbeEnded
from piranha.decisions.service_watch import SILENCE_MARGIN
from piranha.programs.fos_nannies import ROW, Nannies, NannyEvent
from piranha.system import clock, journal
from piranha.system.addresses import Addresses
from piranha.system.loop import Loop
from piranha.terms import Severity
from piranha.wire.nanny_line import NannyReport

Found = TypeVar("Found")


class VipProbes:
    """A few at a time: after a takeover every service is to be asked."""

    def __init__(self, loop: Loop, emit: Callable[[VipProbeEnded], None]) -> None:
        """Raises OSError without a user to become."""
        self._emit = emit
        self._nannies = Nannies(loop, None, self._hear, is_local=False)
        self._asked: dict[str, tuple[Service, float]] = {}
        """Those whose nanny runs, or is about to, and when patience with it ends."""
        self._waiting: deque[Service] = deque()

    def ask(self, service: Service) -> None:
        """Have it probed through its VIP; VipProbeEnded comes out. One that is being asked
        already answers for both."""
        if service.name in self._asked or service in self._waiting:
            return
        self._waiting.append(service)
        self._begin()

    def wake_at(self) -> float:
        """When `tend` has something to do."""
        limits = (until for _, until in self._asked.values())
        return min(self._nannies.wake_at(), self._nannies.work_at(), *limits)

    def tend(self) -> None:
        """Fork those that wait, end those that have reported, or hang."""
        now = clock.now()
        for name in [name for name, (_, until) in self._asked.items() if until <= now]:
            self._nannies.stop(name)
            self._over(_unasked(name, "its nanny hangs"))
        self._begin()
        self._nannies.tend()

    def end(self) -> None:
        """End all of them, and return when they are gone."""
        self._waiting.clear()
        self._nannies.end()

    def _begin(self) -> None:
        while self._waiting and len(self._asked) < ROW:
            service = self._waiting.popleft()
            patience = service.timeout_seconds + SILENCE_MARGIN
            self._asked[service.name] = service, clock.now() + patience
            try:
                is_held_here = service.vip.address in _look(lambda door: door.local())
            except OSError as error:
                self._over(_unasked(service.name, str(error)))
                continue
            if is_held_here:
                self._over(_unasked(service.name, "held here"), is_held_here=True)
            else:
                self._nannies.start(service)
                self._nannies.ask_now(service.name)

    def _hear(self, event: NannyEvent) -> None:
        match event:
            case NannyReported(report) if report.service in self._asked:
                self._nannies.stop(report.service)
                self._over(report)
            case NannyLost(name, reason) if name in self._asked:
                self._over(_unasked(name, reason))
        self._begin()

    def _over(self, report: NannyReport, is_held_here: bool = False) -> None:
        vip = self._asked.pop(report.service)[0].vip
        mac: str | None = ""
        if not is_held_here:
            try:
                mac = _look(lambda door: door.neighbour(vip.address, vip.device))
            except OSError as error:
                journal.say(Severity.WARNING, report.service, str(error))
        self._emit(VipProbeEnded(report, mac, is_held_here))


def _look(ask: Callable[[Addresses], Found]) -> Found:
    """What the kernel says now. Raises OSError."""
    door = Addresses(hears_addresses=False)
    try:
        return ask(door)
    finally:
        door.close()


def _unasked(name: str, reason: str) -> NannyReport:
    return NannyReport(name, reason, False, False, reason, 0.0, 1)
