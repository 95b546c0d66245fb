"""The only voice of the suite: one line an event, to syslog or to standard output.

A line has the shape `program: subject: text`. Nothing that a partner, a service or a file can put
into a text breaks the line or the terminal, and nobody who reads too slowly (a stopped syslog
daemon, a full pipe) can make a daemon wait: lines that do not fit are counted and the count is
said later.
"""

import os
import select
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

from piranha.system import clock
from piranha.terms import Severity

LONGEST_LINE = 2000
"""Characters; below PIPE_BUF (4096), so that a pipe which polls writable takes a whole line."""
SYSLOG_PATH = "/dev/log"

Sink = Callable[[Severity, str], None]
"""Takes a severity and a whole line `program: subject: text`."""

_PRIORITY = {
    Severity.DEBUG: 7,
    Severity.INFO: 6,
    Severity.WARNING: 4,
    Severity.ERROR: 3,
    Severity.CRITICAL: 2,
}
_DAEMON_FACILITY = 3 << 3


@dataclass(slots=True)
class _Journal:
    program: str
    is_verbose: bool
    sink: Sink


def open_journal(program: str, to_stdout: bool, verbose: bool, sink: Sink | None = None) -> None:
    """Say where lines go from now on, and under which name.

    To standard output: with a `<N>` priority in front when the journal of systemd listens there
    (sd-daemon(3)), else with the local time. Otherwise to syslog(3), facility daemon. A `sink`
    gets the lines instead of either.
    """
    global _journal
    if sink is None:
        sink = _stdout_sink() if to_stdout else Syslog(SYSLOG_PATH).write
    _journal = _Journal(program, verbose, sink)


def set_verbose(verbose: bool) -> None:
    """Whether lines of severity debug are said."""
    _journal.is_verbose = verbose


def is_verbose() -> bool:
    return _journal.is_verbose


def say(severity: Severity, subject: str, text: str) -> None:
    """Log one line. Never blocks and never raises for a reader's fault."""
    if severity is Severity.DEBUG and not _journal.is_verbose:
        return
    line = f"{_journal.program}: {subject}: {text}" if subject else f"{_journal.program}: {text}"
    _journal.sink(severity, one_line(line))


def one_line(text: str) -> str:
    """The text as printable characters on one line, at most LONGEST_LINE of them: controls, line
    ends, direction marks and broken characters are escaped as in Python."""
    if len(text) > LONGEST_LINE:
        text = text[: LONGEST_LINE - 3] + "..."
    if text.isprintable():
        return text
    escaped = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )
    return escaped if len(escaped) <= LONGEST_LINE else escaped[: LONGEST_LINE - 3] + "..."


class Stream:
    """Lines to a descriptor, each with what `prefix` makes of its severity in front."""

    def __init__(self, descriptor: int, prefix: Callable[[Severity], str]) -> None:
        self._descriptor = descriptor
        self._prefix = prefix
        self._lost = 0
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def write(self, severity: Severity, line: str) -> None:
        if self._lost:
            notice = f"{line.split(':', 1)[0]}: {self._lost} log lines lost, nobody read them"
            if not self._put(Severity.WARNING, notice):
                self._lost += 1
                return
            self._lost = 0
        if not self._put(severity, line):
            self._lost += 1

    def _put(self, severity: Severity, line: str) -> bool:
        data = f"{self._prefix(severity)}{line}\n".encode("utf-8", "backslashreplace")
        try:
            ready = self._poll.poll(0)
            if not ready or not ready[0][1] & select.POLLOUT:
                return False
            os.write(self._descriptor, data)
        except OSError:
            return False
        return True


class Syslog:
    """Lines to the local syslog daemon by its datagram socket; connects again after a restart of
    that daemon, and in a forked child."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._lost = 0
        os.register_at_fork(after_in_child=self.close)

    def write(self, severity: Severity, line: str) -> None:
        program, _, rest = line.partition(": ")
        if self._lost and self._put(
            Severity.WARNING, program, f"{self._lost} log lines lost, syslog did not take them"
        ):
            self._lost = 0
        if not self._put(severity, program, rest):
            self._lost += 1

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _put(self, severity: Severity, program: str, text: str) -> bool:
        head = f"<{_DAEMON_FACILITY | _PRIORITY[severity]}>{clock.syslog_text()}"
        data = f"{head} {program}[{os.getpid()}]: {text}".encode("utf-8", "backslashreplace")
        for _ in range(2):
            try:
                self._connected().send(data)
            except BlockingIOError:
                return False
            except OSError:
                self.close()
            else:
                return True
        return False

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.connect(self._path)
        return self._socket


def _stdout_sink() -> Sink:
    if _is_journal_stream(1):
        return Stream(1, lambda severity: f"<{_PRIORITY[severity]}>").write
    return Stream(1, lambda _severity: f"{clock.wall_text()} ").write


def _is_journal_stream(descriptor: int) -> bool:
    """True when JOURNAL_STREAM names this descriptor as device:inode (systemd.exec(5))."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


_journal = _Journal(
    os.path.basename(sys.argv[0] or "piranha"), False, Stream(2, lambda _severity: "").write
)
