"""One bound socket for many probes: each takes it over clean and leaves it unconnected.

A nanny cannot bind to a port below 1024; the socket was opened for it. Linux lets a socket that
was connected be unconnected again, whatever state the connection is in (connect(2), AF_UNSPEC).
"""

import contextlib
import ctypes
import os
import socket

_UNSPECIFIED = bytes(16)
_STALE = 1_000
"""Datagrams that may have come since the last probe; more are a flood, and judged as one."""


def taken_over(source: int, family: int, kind: int) -> socket.socket:
    """The socket for one probe; closing it leaves the descriptor itself open. Raises OSError."""
    taken = socket.socket(family, kind, fileno=os.dup(source))
    taken.setblocking(False)
    unconnect(taken)
    if kind == socket.SOCK_DGRAM:
        _forget_what_came(taken)
    return taken


def unconnect(taken: socket.socket) -> None:
    """Whatever was connected no longer is; the port stays ours. A connection that stands is
    reset: two ends that say goodbye would keep the port busy for a minute (tcp(7), TIME_WAIT)."""
    ctypes.CDLL(None).connect(taken.fileno(), _UNSPECIFIED, len(_UNSPECIFIED))
    taken.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # reading an old error forgets it


def _forget_what_came(taken: socket.socket) -> None:
    """Answers to earlier probes."""
    with contextlib.suppress(OSError):
        for _ in range(_STALE):
            taken.recv(1)
