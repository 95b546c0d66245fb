"""What a command writes, line by line, without ever harming the command.

A daemon that a start command leaves behind keeps its standard output. At a pipe whose reader has
gone it would be killed by SIGPIPE, and at one that nobody reads it would hang. So the end that it
gets is open for reading, too: such a pipe never breaks. And it does not block: what does not fit is
lost (fifo(7), pipe(7)). We keep a writing end of our own: a pipe that everybody has left would be
readable for ever, and the end of a command is known from its process.
"""

import contextlib
import fcntl
import os

from piranha.system.refused import refused

PIPE_SIZE = 1 << 18
"""Bytes: room for what a command writes while we are busy, as far as the system grants it."""
LONGEST_LINE = 1000
"""Bytes of a line that are kept."""
MOST_LINES = 200
"""Lines of one command that are kept: a log is not the place for more."""
_READ_SIZE = 1 << 16


class CommandOutput:
    """The output of one command. `writing` is for the command (as both its standard output and
    error) and is closed by `started`; then `fileno` turns readable when there is something."""

    def __init__(self) -> None:
        """Raises OSError."""
        try:
            self._reading, self._open = os.pipe()
            try:
                both = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC
                self.writing = os.open(f"/proc/self/fd/{self._open}", both)
            except OSError:
                os.close(self._reading)
                os.close(self._open)
                raise
        except OSError as error:
            raise refused("cannot make a pipe for a command's output", error) from error
        os.set_blocking(self._reading, False)
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._reading, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        self._rest = b""
        self._lines = 0

    def fileno(self) -> int:
        return self._reading

    def started(self) -> None:
        """The command has its end now."""
        os.close(self.writing)

    def lines(self) -> list[str]:
        """The whole lines that have come in, at most MOST_LINES in all and a word about the rest;
        empty ones are left out."""
        *whole, self._rest = (self._rest + self._drain()).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            whole.append(self._rest)
            self._rest = b""
        return self._kept(whole)

    def last_lines(self) -> list[str]:
        """The same, and what came without a line end: the command has ended."""
        lines = self.lines()
        rest, self._rest = self._rest, b""
        return lines + self._kept([rest])

    def close(self) -> None:
        """Read no more. What still writes is not harmed."""
        os.close(self._reading)
        os.close(self._open)

    def _drain(self) -> bytes:
        """What is there, at most a pipe full of it."""
        parts: list[bytes] = []
        with contextlib.suppress(BlockingIOError):
            while sum(map(len, parts)) < PIPE_SIZE:
                parts.append(os.read(self._reading, _READ_SIZE))
        return b"".join(parts)

    def _kept(self, lines: list[bytes]) -> list[str]:
        kept: list[str] = []
        for line in lines:
            text = line[:LONGEST_LINE].decode("utf-8", "replace").strip()
            if not text:
                continue
            self._lines += 1
            if self._lines <= MOST_LINES:
                kept.append(text)
            elif self._lines == MOST_LINES + 1:
                kept.append(f"(more than {MOST_LINES} lines: the rest is not logged)")
        return kept
