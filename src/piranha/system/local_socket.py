"""UNIX stream sockets between the programs of one node, with lines as messages."""

import contextlib
import errno
import grp
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from piranha.errors import WireError
from piranha.system.randomness import token
from piranha.system.refused import RefusedError, refused

LARGEST_LINE = 64 * 1024
"""Bytes of one line without its end; a longer one is an error of the sender's."""
LARGEST_BACKLOG = 8 * 1024 * 1024
"""Bytes that may wait for a peer that does not read; then its connection is closed."""
_READ_AT_ONCE = 64 * 1024
_READ_IN_ONE_TURN = 1024 * 1024
_LONGEST_PATH = 107
"""unix(7)."""


def listen(path: Path | str, mode: int, group: str | None = None) -> socket.socket:
    """A listening socket at this path, non-blocking; one that was there before is replaced in one
    step. `group` owns it if a group of that name exists. Raises OSError."""
    target = Path(path)
    draft = target.with_name(f".{token(4).hex()}")
    if len(os.fsencode(target)) > _LONGEST_PATH or len(os.fsencode(draft)) > _LONGEST_PATH:
        raise RefusedError(f"cannot listen on {path}", errno.ENAMETOOLONG)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        with _as_group(group):
            listener.bind(os.fspath(draft))
        os.chmod(draft, mode)
        listener.listen(16)
        os.replace(draft, target)
    except OSError as error:
        listener.close()
        with contextlib.suppress(OSError):
            draft.unlink()
        raise refused(f"cannot listen on {path}", error) from error
    return listener


def accept(listener: socket.socket, largest_line: int = LARGEST_LINE) -> "LineConnection | None":
    """The next connection that waits at a listening socket; None when none does."""
    try:
        connected, _ = listener.accept()
    except (BlockingIOError, ConnectionAbortedError):
        return None
    return LineConnection(connected, largest_line)


def connect(path: Path | str, largest_line: int = LARGEST_LINE) -> "LineConnection":
    """A connection to whoever listens at this path. Raises OSError when nobody does."""
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connected.setblocking(False)
    try:
        connected.connect(os.fspath(path))
    except OSError as error:
        connected.close()
        raise refused(f"cannot connect to {path}", error) from error
    return LineConnection(connected, largest_line)


class LineConnection:
    """One connection; neither reading nor writing ever waits."""

    def __init__(self, connected: socket.socket, largest_line: int = LARGEST_LINE) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._largest_line = largest_line
        self._unread = b""
        self._unsent = bytearray()
        self.is_closed = False
        """The peer has closed, or broken a rule; what it said before was still handed out."""

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def peer_uid(self) -> int:
        """Who connected (SO_PEERCRED, unix(7))."""
        return self._peer()[1]

    @property
    def peer_pid(self) -> int:
        return self._peer()[0]

    @property
    def has_unsent(self) -> bool:
        """True while a part of what was sent waits for the peer to read; watch the socket for
        writing and call `flush`."""
        return bool(self._unsent)

    def send_line(self, line: bytes) -> None:
        """Send one line, its end is added. A peer that is gone, or leaves 8 MiB unread, only sets
        `is_closed`."""
        self.add_line(line)
        self.flush()
        if len(self._unsent) > LARGEST_BACKLOG:
            self.close()

    def add_line(self, line: bytes) -> None:
        """Let a line wait for the next `send_line` or `flush`."""
        self._unsent += line + b"\n"

    def flush(self) -> None:
        """Send what still waits, as far as the peer takes it."""
        while self._unsent and not self.is_closed:
            try:
                sent = self._socket.send(self._unsent, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                return
            except OSError:
                self.is_closed = True
                return
            del self._unsent[:sent]

    def lines(self) -> list[bytes]:
        """All whole lines that have come in, without their ends; a rest without an end waits, and
        is dropped when the peer closes. Raises WireError at a line that is too long, and closes.
        """
        received, is_ended = self._receive()
        *lines, self._unread = (self._unread + received).split(b"\n")
        if max(len(self._unread), *map(len, lines), 0) > self._largest_line:
            self.close()
            raise WireError(f"a line of more than {self._largest_line} bytes")
        if is_ended:
            self.is_closed = True
        return lines

    def close(self) -> None:
        self.is_closed = True
        self._socket.close()

    def _receive(self) -> tuple[bytes, bool]:
        """What is there, at most 1 MiB so that nobody can hold us, and whether it was the last."""
        parts: list[bytes] = []
        length = 0
        while length < _READ_IN_ONE_TURN:
            try:
                part = self._socket.recv(_READ_AT_ONCE)
            except BlockingIOError:
                break
            except OSError:
                part = b""
            if not part:
                return b"".join(parts), True
            parts.append(part)
            length += len(part)
        return b"".join(parts), False

    def _peer(self) -> tuple[int, int, int]:
        format_ = "3i"
        data = self._socket.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(format_)
        )
        pid, uid, gid = struct.unpack(format_, data)
        return pid, uid, gid


@contextlib.contextmanager
def _as_group(name: str | None) -> Iterator[None]:
    """What is made inside belongs to the group, where one of that name exists and we may be it:
    so no right to give files away is needed."""
    before = os.getegid()
    with contextlib.suppress(KeyError, PermissionError):
        if name is not None:
            os.setegid(grp.getgrnam(name).gr_gid)
    try:
        yield
    finally:
        os.setegid(before)
