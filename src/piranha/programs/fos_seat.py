"""One fos of a group: started or found, heard, watched, and started again when it ends."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from piranha.decisions.events import Event, FosFound, FosLost, FosReported
from piranha.errors import PiranhaError
from piranha.programs.fos_said import Said
from piranha.system import children, clock, journal, local_socket
from piranha.system.children import Child
from piranha.system.local_socket import LineConnection
from piranha.system.loop import Loop
from piranha.terms import Severity
from piranha.wire import order_line, report_line
from piranha.wire.exit_status import ExitStatus
from piranha.wire.order_line import Order, Permit, Quit
from piranha.wire.report_line import Dropped, FosMode, Held, Hello, Released, Report, Taken

PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before each further start of a fos that keeps ending; the last one goes on."""
CALM_SECONDS = 60.0
"""A fos that lived this long ended for a new reason: it is started at once again."""
CONNECT_SECONDS = 0.01
"""Between two looks for the socket of a fos that is starting."""
GREETING_SECONDS = 10.0
"""From its start to its first line."""
FOUND_GREETING_SECONDS = 0.5
"""The same for a fos that an earlier pulse left: it only has to accept us."""
ENDING_SECONDS = 2.0
"""For a monitor whose connection is closed to end, before it is killed."""
SHORTEST_HUNG_SECONDS = 0.25
"""An ordinary process may wait that long for a busy core without being hung."""


class Phase(StrEnum):
    """Where a fos is, as pulse sees it."""

    AWAY = "not wanted"
    PAUSING = "pausing"
    STARTING = "starting"
    """The process runs and has no socket yet."""
    GREETING = "greeting"
    """Connected, not a word heard."""
    HEARD = "heard"
    REFUSED = "refused"
    """It ended with WRONG_USE: another start waits for a reload."""


@dataclass(frozen=True, slots=True)
class Place:
    """What every seat of a node shares."""

    loop: Loop
    emit: Callable[[Event], None]
    clear_leftovers: Callable[[str], None]
    """Called with the group before an active fos is started anew."""
    command: Callable[[str, FosMode], Sequence[str]]
    environment: dict[str, str]
    hung_seconds: float
    """An active fos that should hold VIPs and says nothing fresh for so long is hung."""


class FosSeat:
    """Holds at most one process; everything that happens to it comes out as an event."""

    def __init__(self, place: Place, group: str, mode: FosMode, socket_path: Path) -> None:
        self.group = group
        self.mode = mode
        self.phase = Phase.AWAY
        self.said = Said()
        self._place = place
        self._path = socket_path
        self._process: Child | None = None
        self._is_ours = False
        self._connection: LineConnection | None = None
        self._started_at = 0.0
        self._due_at = 0.0
        """The next instant of interest in this phase."""
        self._limit_at = 0.0
        """When patience with the process ends in this phase."""
        self._failures = 0
        self._kill_reason = ""
        self._is_wanted = False
        self._is_leaving = False
        """Asked to end: its end is no loss."""
        self._period = 0
        """The epoch it was permitted and has not said to be over."""
        self._fresh_at = 0.0

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_unsettled(self) -> bool:
        """A process that an earlier pulse left has not said who it is, or is being killed."""
        return self.is_running and not self._is_ours and self.phase is not Phase.HEARD

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def want(self, now: float) -> None:
        """Have a fos here from now on."""
        self._is_wanted = True
        if self.phase is Phase.AWAY:
            self.phase, self._due_at = Phase.PAUSING, now
            self.tend(now)

    def dismiss(self, now: float, seconds: float = ENDING_SECONDS) -> None:
        """Have none here: an active one is told to quit, a monitor ends when its connection is
        closed; after so many seconds it is killed."""
        self._is_wanted = False
        if self._process is None:
            self._leave(Phase.AWAY)
            return
        if self._connection is None:
            children.kill(self._process, signal.SIGTERM)
        elif self.mode is FosMode.ACTIVE:
            self.order(Quit(), now)
        else:
            self._disconnect()
        self._is_leaving = True
        self._limit_at = now + seconds

    def abandon(self) -> None:
        """Let the process live on without us, for the next pulse to find."""
        self._disconnect()
        if self._process is not None:
            self._place.loop.forget(self._process.pidfd)
            os.close(self._process.pidfd)
            self._process = None
        self._leave(Phase.AWAY)

    def try_again(self, now: float) -> None:
        """After a reload: start what refused to run, and without the pauses so far."""
        self._failures = 0
        if self.phase in (Phase.REFUSED, Phase.PAUSING):
            self.phase, self._due_at = Phase.PAUSING, now

    def order(self, order: Order, now: float) -> None:
        """Send an order; one to a fos that is not connected is dropped."""
        if self._connection is None or self.phase is not Phase.HEARD:
            return
        if isinstance(order, Permit) and order.epoch != self._period:
            self._period, self._fresh_at = order.epoch, now
        try:
            self._connection.send_line(order_line.encode(order))
        except OSError as error:
            self._kill(f"it takes no orders: {error}")

    def wake_at(self) -> float:
        """When `tend` has something to do."""
        if self._is_leaving:
            return self._limit_at
        match self.phase:
            case Phase.PAUSING:
                return self._due_at
            case Phase.STARTING:
                return min(self._due_at, self._limit_at)
            case Phase.GREETING:
                return self._limit_at
            case Phase.HEARD if self._period:
                return self._fresh_at + self._place.hung_seconds
            case _:
                return float("inf")

    def tend(self, now: float) -> None:
        """Do what is due. Whatever has come in was read before."""
        if now < self.wake_at():
            return
        if self._is_leaving:
            self._kill("it did not end")
        elif self.phase is Phase.PAUSING:
            self._start(now)
        elif self.phase is Phase.STARTING and now < self._limit_at:
            self._due_at = now + CONNECT_SECONDS
            self._connect(self._limit_at)
        elif self.phase is Phase.HEARD:
            silent = now - self._fresh_at
            limit = self._place.hung_seconds
            self._kill(f"hung: no report of held VIPs for {silent:.2f} s (limit {limit:.2f} s)")
        else:
            self._kill(f"hung: it said nothing for {now - self._started_at:.2f} s")

    def hear(self) -> None:
        """Read what it has said; called by the loop, and before it is judged."""
        connection = self._connection
        if connection is None:
            return
        try:
            for line in connection.lines():
                self._take(report_line.decode(line))
                if self._connection is not connection:
                    return
        except (PiranhaError, OSError) as error:
            self._kill(f"it does not speak our language: {error}")
            return
        if connection.is_closed:
            self._lose_connection()

    def _start(self, now: float) -> None:
        """Take over a process that an earlier pulse left, or start one."""
        self._started_at = now
        self._kill_reason = ""
        if self._connect(now + FOUND_GREETING_SECONDS):
            return
        if self.mode is FosMode.ACTIVE:
            self._place.clear_leftovers(self.group)
        try:
            argv = self._place.command(self.group, self.mode)
            self._process = children.spawn(argv, self._place.environment)
        except OSError as error:
            self._end(str(error), is_permanent=False)
            return
        self._is_ours = True
        self._watch_process()
        self.phase = Phase.STARTING
        self._due_at = now + CONNECT_SECONDS
        self._limit_at = now + GREETING_SECONDS

    def _connect(self, limit_at: float) -> bool:
        try:
            connection = local_socket.connect(self._path)
        except OSError:
            return False
        if self._process is None:
            try:
                self._process = Child(connection.peer_pid, os.pidfd_open(connection.peer_pid))
            except OSError:
                connection.close()
                return False
            self._is_ours = False
            self._watch_process()
        self._connection = connection
        self.said = Said()
        self.phase, self._limit_at = Phase.GREETING, limit_at
        self._place.loop.watch(connection, self.hear)
        return True

    def _watch_process(self) -> None:
        assert self._process is not None
        self._place.loop.watch(self._process.pidfd, self._see_end)

    def _take(self, report: Report) -> None:
        now = clock.now()
        self.said.take(report, now)
        self._judge_freshness(report, now)
        if isinstance(report, Hello):
            self._greet(report, now)
        elif self.phase is Phase.HEARD and isinstance(report, Held):
            return  # no news: it only shows that fos is not hung, which is judged here
        elif self.phase is Phase.HEARD:
            self._place.emit(FosReported(self.group, self.mode, report))
        else:
            self._kill("it does not begin with a hello")

    def _greet(self, hello: Hello, now: float) -> None:
        ours = (order_line.PROTOCOL_VERSION, self.mode, self.group)
        if (hello.version, hello.mode, hello.group) != ours:
            self._kill(f"it is fos --{hello.mode} {hello.group}, protocol version {hello.version}")
            return
        self.phase = Phase.HEARD
        self._period, self._fresh_at = hello.epoch, now
        self._place.emit(FosFound(self.group, self.mode, hello))

    def _judge_freshness(self, report: Report, now: float) -> None:
        """What tells hung from well: while it holds something it says so again and again."""
        match report:
            case Held() | Taken():
                self._fresh_at = now
            case Dropped(epoch=epoch) | Released(epoch=epoch) if epoch == self._period:
                self._period = 0

    def _lose_connection(self) -> None:
        """The process is ending, as its pidfd will tell; or else it is looked for again."""
        now = clock.now()
        self._disconnect()
        if self._process is not None and not self._is_leaving:
            self.phase, self._due_at = Phase.STARTING, now + CONNECT_SECONDS
            self._limit_at = now + FOUND_GREETING_SECONDS

    def _kill(self, reason: str) -> None:
        self._disconnect()
        if self._process is None:
            return
        self._kill_reason = self._kill_reason or reason
        journal.say(Severity.ERROR, self.group, f"fos --{self.mode} {self.pid} is killed: {reason}")
        children.kill(self._process, signal.SIGKILL)
        self.phase, self._due_at = Phase.STARTING, float("inf")
        self._limit_at = float("inf")

    def _see_end(self) -> None:
        """Its pidfd says that the process is gone: its last words first, then the loss."""
        assert self._process is not None
        process = self._process
        self._place.loop.forget(process.pidfd)
        self.hear()
        status = self._reap(process)
        self._process = None
        if status == ExitStatus.WRONG_USE and not self._kill_reason:
            self._end("exit status 100, wrong use or configuration", is_permanent=True)
        else:
            self._end(self._kill_reason or _ending(status), is_permanent=False)

    def _reap(self, process: Child) -> int | None:
        """The exit status; None of a process that is not our child."""
        if self._is_ours:
            return children.reap(process)
        os.close(process.pidfd)
        return None

    def _end(self, reason: str, is_permanent: bool) -> None:
        now = clock.now()
        self._disconnect()
        if self._is_leaving:
            self._leave(Phase.PAUSING if self._is_wanted else Phase.AWAY)
            self._due_at = now
            return
        if now - self._started_at >= CALM_SECONDS:
            self._failures = 0
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        then = "not before a reload" if is_permanent else f"again in {pause:g} s"
        text = f"fos --{self.mode} ended: {reason}; it is started {then}"
        severity = Severity.CRITICAL if is_permanent else Severity.WARNING
        journal.say(severity, self.group, text)
        self._leave(Phase.REFUSED if is_permanent else Phase.PAUSING)
        self._due_at = now + pause
        self.said.trouble = reason
        self._place.emit(FosLost(self.group, self.mode, reason, is_permanent))

    def _leave(self, phase: Phase) -> None:
        self.phase = phase
        self.said = Said()
        self._is_leaving = False
        self._period = 0

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._place.loop.forget(self._connection)
            self._connection.close()
            self._connection = None


def _ending(status: int | None) -> str:
    """How a process ended, for a log line."""
    if status is None:
        return "it is gone"
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"
