"""The nannies of one fos: forked, given a question each, heard, and ended.

A fork costs about a millisecond, and so does an end, so nannies are forked and ended only when
`tend` is called, a few in a row: a takeover does not wait for them. In a row, because whatever fos
touches between two forks becomes private memory of the nanny that was forked first: one by one
they had 2.25 MB each, in rows 1.9.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from piranha.config.settings import IPAddress, Service
from piranha.decisions.fos_events import NannyLost, NannyReported
from piranha.errors import WireError
from piranha.probes.asking import tls_fault, warm_up_tls
from piranha.programs.nanny import run_for_fos, warm_up
from piranha.programs.service_question import question_of
from piranha.system import children, clock, journal
from piranha.system.children import Birth, Child, User
from piranha.system.loop import Loop
from piranha.terms import Severity
from piranha.wire import nanny_line

ENDING_SECONDS = 2.0
"""For a nanny that is told to end, to close its connection politely; then it is killed."""
ROW = 8
"""Nannies forked or ended at once; a row holds all else up for about a millisecond a nanny."""
RETIREMENT_PAUSE = 0.02
"""Seconds between two rows that are ended: when a group moves, others need the processor more."""
NANNY_USER = "nobody"
_PROBE_NOW = b"\n"
_READ_SIZE = 1 << 16

NannyEvent = NannyReported | NannyLost


@dataclass(slots=True)
class _Nanny:
    child: Child
    reports: int
    orders: int
    unread: bytes = b""


class Nannies:
    """At most one nanny for each service; each report comes out as an event."""

    def __init__(self, loop: Loop, host: IPAddress, emit: Callable[[NannyEvent], None]) -> None:
        """`host`: the real address that is asked. Raises OSError without a user to become."""
        self._loop = loop
        self._host = host
        self._emit = emit
        self._user: User | None = children.find_user(NANNY_USER)
        if os.geteuid() == 0 and not children.can_become(self._user):
            text = f"nannies keep our rights: this user namespace does not know {NANNY_USER}"
            journal.say(Severity.WARNING, "nannies", text)
            self._user = None
        warm_up()
        self._order: dict[str, int] = {}
        self._waiting: dict[str, Service] = {}
        self._asked: set[str] = set()
        self._running: dict[str, _Nanny] = {}
        self._retired: list[_Nanny] = []
        self._retire_at = 0.0
        self._ending: dict[int, tuple[Child, float]] = {}

    def spread(self, services: Sequence[Service]) -> None:
        """Spread the probes of these services over their intervals, and load what all will need."""
        self._order = {service.name: number for number, service in enumerate(services, 1)}
        if any(service.probe.tls for service in services):
            warm_up_tls()

    def wake_at(self) -> float:
        """When a nanny that does not end is killed."""
        return min((at for _, at in self._ending.values()), default=float("inf"))

    def work_at(self) -> float:
        """When nannies are to be forked or ended; it may wait for something more urgent."""
        if self._waiting:
            return 0.0
        return self._retire_at if self._retired else float("inf")

    def start(self, service: Service) -> None:
        """Have a nanny for this service as soon as `tend` is called; an older one is ended."""
        self.stop(service.name)
        self._waiting[service.name] = service

    def ask_now(self, name: str) -> None:
        """Have the nanny of this service probe at once."""
        nanny = self._running.get(name)
        if nanny is None:
            self._asked.add(name)
            return
        try:
            os.write(nanny.orders, _PROBE_NOW)
        except (BlockingIOError, BrokenPipeError):
            return  # it hangs or has ended, and is replaced for that

    def stop(self, name: str) -> None:
        """End the nanny of this service, if there is one."""
        self._waiting.pop(name, None)
        self._asked.discard(name)
        nanny = self._running.pop(name, None)
        if nanny is None:
            return
        for descriptor in (nanny.reports, nanny.child.pidfd):
            self._loop.forget(descriptor)
        self._retired.append(nanny)

    def tend(self) -> None:
        """Fork some nannies that wait, end some that are no longer wanted, and kill those that
        were told to end and did not."""
        now = clock.now()
        for child, at in self._ending.values():
            if at <= now:
                children.kill(child)
        if self._waiting:
            names = list(islice(self._waiting, ROW))
            self._fork([self._waiting.pop(name) for name in names])
        if self._retired and self._retire_at <= now:
            row, self._retired = self._retired[:ROW], self._retired[ROW:]
            for nanny in row:
                self._end(nanny, now)
            self._retire_at = now + RETIREMENT_PAUSE

    def end(self) -> None:
        """End all of them, and return when they are gone."""
        for name in [*self._running, *self._waiting]:
            self.stop(name)
        while self._retired or self._ending:
            self._loop.turn(min(self.wake_at(), self.work_at()))
            self.tend()

    def pids(self) -> dict[str, int]:
        """For the state in the log."""
        return {name: nanny.child.pid for name, nanny in self._running.items()}

    def _fork(self, services: Sequence[Service]) -> None:
        prepared = [self._prepare(service) for service in services]
        try:
            born = children.fork_many([birth for birth, _ in prepared])
        except OSError as error:
            born, reason = [], str(error)
        else:
            reason = "the system refused to fork for it"
        for service, (birth, (reports, orders)), child in zip_longest(services, prepared, born):
            for descriptor in birth.keep_fds:
                os.close(descriptor)
            if child is None:
                os.close(reports)
                os.close(orders)
                self._emit(NannyLost(service.name, reason))
            else:
                self._welcome(service.name, _Nanny(child, reports, orders))

    def _prepare(self, service: Service) -> tuple[Birth, tuple[int, int]]:
        """What is forked, and our ends of its two pipes."""
        question = question_of(service, self._host)
        if question.tls is not None:
            tls_fault(
                question.tls
            )  # its context is shared by all nannies; a fault is their verdict
        interval = service.interval_seconds
        share = self._order.get(service.name, 1) / max(1, len(self._order))
        report_read, report_write = os.pipe()
        order_read, order_write = os.pipe()
        os.set_blocking(report_read, False)
        os.set_blocking(order_write, False)
        user = self._user

        def body() -> int:
            if user is not None:
                children.drop_rights(user)
            children.write_no_files()
            return run_for_fos(question, interval, interval * share, report_write, order_read)

        title = f"nanny: {service.name} -> {question.target}"
        return Birth(body, title, (report_write, order_read)), (report_read, order_write)

    def _welcome(self, name: str, nanny: _Nanny) -> None:
        self._running[name] = nanny
        self._loop.watch(nanny.reports, lambda: self._hear(name, nanny))
        self._loop.watch(nanny.child.pidfd, lambda: self._note_lost(name, nanny))
        if name in self._asked:
            self._asked.discard(name)
            self.ask_now(name)

    def _hear(self, name: str, nanny: _Nanny) -> None:
        try:
            data = os.read(nanny.reports, _READ_SIZE)
        except BlockingIOError:
            return
        if not data:  # its pidfd tells how it ended
            self._loop.forget(nanny.reports)
            return
        *lines, nanny.unread = (nanny.unread + data).split(b"\n")
        for line in lines:
            try:
                report = nanny_line.decode(line)
            except WireError as error:
                self._lose(name, nanny, f"it does not speak our language: {error}")
                return
            self._emit(NannyReported(report))
            if self._running.get(name) is not nanny:
                return

    def _note_lost(self, name: str, nanny: _Nanny) -> None:
        """It ended though nobody told it to: its last words first."""
        self._hear(name, nanny)
        if self._running.get(name) is not nanny:
            return
        del self._running[name]
        for descriptor in (nanny.reports, nanny.child.pidfd):
            self._loop.forget(descriptor)
        os.close(nanny.reports)
        os.close(nanny.orders)
        status = children.reap(nanny.child)
        how = f"killed by signal {-status}" if status and status < 0 else f"exit status {status}"
        self._emit(NannyLost(name, how))

    def _lose(self, name: str, nanny: _Nanny, reason: str) -> None:
        children.kill(nanny.child)
        self.stop(name)
        self._emit(NannyLost(name, reason))

    def _end(self, nanny: _Nanny, now: float) -> None:
        """Tell it to end, by the end of its orders."""
        child = nanny.child
        os.close(nanny.reports)
        os.close(nanny.orders)
        self._ending[child.pid] = (child, now + ENDING_SECONDS)
        self._loop.watch(child.pidfd, lambda: self._note_ended(child))

    def _note_ended(self, child: Child) -> None:
        self._loop.forget(child.pidfd)
        self._ending.pop(child.pid, None)
        children.reap(child)
