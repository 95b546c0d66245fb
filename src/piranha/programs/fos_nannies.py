"""The nannies of one fos: forked, given a question each, heard, and ended.

A fork costs about a millisecond, and so does an end, so nannies are forked and ended only when
`tend` is called, a few in a row: a takeover does not wait for them. In a row, because whatever fos
touches between two forks becomes private memory of the nanny that was forked first: one by one
they had 2.25 MB each, in rows 1.9.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, zip_longest

from piranha.config.settings import IPAddress, Monitor, Service
from piranha.decisions.fos_events import NannyLost, NannyReported
from piranha.decisions.joint_report import is_end, joint_report
from piranha.errors import WireError
from piranha.probes.asking import tls_fault, warm_up_tls
from piranha.probes.question import Question, Transport
from piranha.programs.nanny import run_for_fos, warm_up
from piranha.programs.service_question import opened, question_of, watch_of
from piranha.system import capabilities, children, clock, journal
from piranha.system.children import Birth, Child, User
from piranha.system.loop import Loop
from piranha.terms import Severity
from piranha.wire import nanny_line
from piranha.wire.nanny_line import NannyReport

ENDING_SECONDS = 2.0
"""For a nanny that is told to end, to close its connection politely; then it is killed."""
ROW = 8
"""Nannies forked or ended at once; a row holds all else up for about a millisecond a nanny."""
RETIREMENT_PAUSE = 0.02
"""Seconds between two rows that are ended: when a group moves, others need the processor more."""
NANNY_USER = "nobody"
_PROBE_NOW = b"\n"
_BESIDE = "/process"
_READ_SIZE = 1 << 16

NannyEvent = NannyReported | NannyLost


@dataclass(slots=True)
class _Nanny:
    child: Child
    reports: int
    orders: int
    unread: bytes = b""


@dataclass(frozen=True, slots=True)
class _Post:
    """What a nanny is for."""

    service: Service
    question: Question


def _beside(name: str) -> str:
    """The place of the nanny that watches the process of a service which another one asks."""
    return name + _BESIDE


class Nannies:
    """At most one nanny for each service, and one more for its process; each report comes out as an
    event."""

    def __init__(
        self,
        loop: Loop,
        host: IPAddress | None,
        emit: Callable[[NannyEvent], None],
        is_local: bool = True,
    ) -> None:
        """`host`: the real address that is asked, None: each service's VIP; `is_local`: it is our
        own, and so are the processes. Raises OSError without a user to become."""
        self._is_local = is_local
        self._loop = loop
        self._host = host
        self._emit = emit
        self._user: User | None = children.find_user(NANNY_USER)
        if os.geteuid() == 0 and not children.can_become(self._user):
            text = f"nannies keep our rights: this user namespace does not know {NANNY_USER}"
            journal.say(Severity.WARNING, "nannies", text)
            self._user = None
        if host is not None:
            warm_up()
        self._order: dict[str, int] = {}
        self._waiting: dict[str, _Post] = {}
        self._asked: set[str] = set()
        self._running: dict[str, _Nanny] = {}
        self._watched: dict[str, NannyReport] = {}
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
        """Have a nanny for this service as soon as `tend` is called; an older one is ended. Where
        its process is watched too, a second nanny does that."""
        self.stop(service.name)
        host = service.vip.address if self._host is None else self._host
        question: Question | None = question_of(service, host)
        watch = watch_of(service, host) if self._is_local else None
        if self._is_local and service.probe.monitor is Monitor.DHCP:
            question, watch = watch, None
        if question is not None:
            self._waiting[service.name] = _Post(service, question)
        if watch is not None:
            self._waiting[_beside(service.name)] = _Post(service, watch)

    def ask_now(self, name: str) -> None:
        """Have the nannies of this service probe at once."""
        for place in (name, _beside(name)):
            nanny = self._running.get(place)
            if nanny is None:
                if place in self._waiting:
                    self._asked.add(place)
                continue
            with suppress(BlockingIOError, BrokenPipeError):
                # else it hangs or has ended, and is replaced for that
                os.write(nanny.orders, _PROBE_NOW)

    def stop(self, name: str) -> None:
        """End the nannies of this service, if there are some."""
        self._watched.pop(name, None)
        for place in (name, _beside(name)):
            self._waiting.pop(place, None)
            self._asked.discard(place)
            nanny = self._running.pop(place, None)
            if nanny is None:
                continue
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
            places = list(islice(self._waiting, ROW))
            self._fork({place: self._waiting.pop(place) for place in places})
        if self._retired and self._retire_at <= now:
            row, self._retired = self._retired[:ROW], self._retired[ROW:]
            for nanny in row:
                self._end(nanny, now)
            self._retire_at = now + RETIREMENT_PAUSE

    def end(self) -> None:
        """End all of them, and return when they are gone."""
        for place in [*self._running, *self._waiting]:
            self.stop(place.removesuffix(_BESIDE))
        while self._retired or self._ending:
            self._loop.turn(min(self.wake_at(), self.work_at()))
            self.tend()

    def pids(self) -> dict[str, int]:
        """For the state in the log."""
        return {name: nanny.child.pid for name, nanny in self._running.items()}

    def _fork(self, posts: Mapping[str, _Post]) -> None:
        prepared = {}
        for place, post in posts.items():
            try:
                prepared[place] = self._prepare(post)
            except OSError as error:
                self._emit(NannyLost(post.service.name, str(error)))
        try:
            born = children.fork_many([birth for birth, _ in prepared.values()])
        except OSError as error:
            born, reason = [], str(error)
        else:
            reason = "the system refused to fork for it"
        for (place, (birth, (reports, orders))), child in zip_longest(prepared.items(), born):
            for descriptor in birth.keep_fds:
                os.close(descriptor)
            if child is None:
                os.close(reports)
                os.close(orders)
                self._emit(NannyLost(posts[place].service.name, reason))
            else:
                self._welcome(place, _Nanny(child, reports, orders))

    def _prepare(self, post: _Post) -> tuple[Birth, tuple[int, int]]:
        """What is forked, and our ends of its two pipes. Raises OSError."""
        service, question = post.service, opened(post.question)
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
        is_watch = question.transport is Transport.PROCESS
        user = None if is_watch else self._user

        def body() -> int:
            if user is not None:
                children.drop_rights(user)
            elif is_watch:  # root's pid files are for root's eyes; it never speaks to the network
                capabilities.keep_only(())
            children.write_no_files()
            return run_for_fos(question, interval, interval * share, report_write, order_read)

        title = f"nanny: {service.name} -> {question.target}"
        kept = (report_write, order_read, *question.descriptors)
        return Birth(body, title, kept), (report_read, order_write)

    def _welcome(self, place: str, nanny: _Nanny) -> None:
        self._running[place] = nanny
        self._loop.watch(nanny.reports, lambda: self._hear(place, nanny))
        self._loop.watch(nanny.child.pidfd, lambda: self._note_lost(place, nanny))
        if place in self._asked:
            self._asked.discard(place)
            os.write(nanny.orders, _PROBE_NOW)

    def _hear(self, place: str, nanny: _Nanny) -> None:
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
                self._lose(place, nanny, f"it does not speak our language: {error}")
                return
            self._pass_on(place, report)
            if self._running.get(place) is not nanny:
                return

    def _note_lost(self, place: str, nanny: _Nanny) -> None:
        """It ended though nobody told it to: its last words first."""
        self._hear(place, nanny)
        if self._running.get(place) is not nanny:
            return
        del self._running[place]
        for descriptor in (nanny.reports, nanny.child.pidfd):
            self._loop.forget(descriptor)
        os.close(nanny.reports)
        os.close(nanny.orders)
        status = children.reap(nanny.child)
        how = f"killed by signal {-status}" if status and status < 0 else f"exit status {status}"
        self._say_lost(place, how)

    def _lose(self, place: str, nanny: _Nanny, reason: str) -> None:
        children.kill(nanny.child)
        self._say_lost(place, reason)

    def _say_lost(self, place: str, reason: str) -> None:
        """Of a pair none goes on alone: both are replaced."""
        name = place.removesuffix(_BESIDE)
        self.stop(name)
        self._emit(NannyLost(name, reason))

    def _pass_on(self, place: str, report: NannyReport) -> None:
        """A report as it is; of a nanny beside another one only bad news, and that at once."""
        if not place.endswith(_BESIDE):
            self._emit(NannyReported(joint_report(report, self._watched.get(report.service))))
            return
        before = self._watched.get(report.service)
        self._watched[report.service] = report
        if is_end(report) and not (before is not None and is_end(before)):
            self._emit(NannyReported(report))

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
