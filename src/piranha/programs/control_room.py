"""The control socket: who may come in, what they may ask, and how they are answered.

Clients are many and may be slow, wrong or hostile; none of them can make pulse wait or grow.
"""

from collections.abc import Callable
from pathlib import Path

from piranha.errors import WireError
from piranha.system import clock, files, local_socket
from piranha.system.local_socket import LineConnection
from piranha.system.loop import Loop
from piranha.wire.control_line import (
    LARGEST_REQUEST,
    ONLY_LOOKS,
    Answer,
    Done,
    Refused,
    Request,
    decode_request,
    encode_answer,
)
from piranha.wire.exit_status import ExitStatus

MODE = 0o660
GROUP = "piranha"
"""Its members may look, if the group exists; only root may change anything."""
MOST_CLIENTS = 32
REQUEST_SECONDS = 5.0
"""A client that has not said what it wants by then is shown out."""
FAREWELL_SECONDS = 5.0
"""So long may a client take to read its last answer."""


def control_path(run_directory: Path, cluster: str) -> Path:
    return run_directory / f"{cluster}.control"


class Caller:
    """One client, from its connection to its last answer."""

    def __init__(self, loop: Loop, connection: LineConnection) -> None:
        self.uid = connection.peer_uid
        self.pid = connection.peer_pid
        self.limit_at: float | None = clock.now() + REQUEST_SECONDS
        self._loop = loop
        self._connection = connection
        self._is_answered = False

    def __str__(self) -> str:
        return f"the operator (uid {self.uid}, pid {self.pid})"

    @property
    def is_gone(self) -> bool:
        return self._connection.is_closed

    def tell(self, answer: Answer) -> None:
        """Send one answer of several."""
        if not self.is_gone and not self._is_answered:
            self._connection.send_line(encode_answer(answer))
            self._watch()

    def finish(self, answer: Done | Refused) -> None:
        """Send the last answer; the connection closes when the client has it."""
        self.tell(answer)
        self._is_answered = True
        self.limit_at = clock.now() + FAREWELL_SECONDS
        if not self._connection.has_unsent:
            self.leave()

    def read(self) -> bytes | None:
        """The request's line; None while it is not there. Raises WireError."""
        lines = self._connection.lines()
        return lines[0] if lines else None

    def leave(self) -> None:
        self._loop.forget(self._connection)
        self._connection.close()

    def watch(self, when_readable: Callable[[], None]) -> None:
        self._when_readable = when_readable
        self._watch()

    def _watch(self) -> None:
        if self.is_gone:
            self.leave()
            return
        when_writable = self._flush if self._connection.has_unsent else None
        self._loop.watch(self._connection, self._when_readable, when_writable)

    def _flush(self) -> None:
        self._connection.flush()
        if self._is_answered and not self._connection.has_unsent:
            self.leave()
        else:
            self._watch()


class ControlRoom:
    """Listens, lets in, reads one request of each client and hands it on."""

    def __init__(self, loop: Loop, path: Path, serve: Callable[[Caller, Request], None]) -> None:
        """Raises OSError when the socket cannot be made."""
        self._loop = loop
        self._path = path
        self._serve = serve
        self._callers: list[Caller] = []
        self._listener = local_socket.listen(path, MODE, GROUP)
        loop.watch(self._listener, self._let_in)

    def wake_at(self) -> float:
        """When some client's time is over."""
        limits = (caller.limit_at for caller in self._callers if caller.limit_at is not None)
        return min(limits, default=float("inf"))

    def tend(self) -> None:
        """Show out those whose time is over, forget those who have left."""
        if not self._callers:
            return
        now = clock.now()
        for caller in self._callers:
            if caller.limit_at is not None and caller.limit_at <= now:
                caller.leave()
        self._callers = [caller for caller in self._callers if not caller.is_gone]

    def close(self) -> None:
        for caller in self._callers:
            caller.leave()
        self._loop.forget(self._listener)
        self._listener.close()
        files.remove(self._path)

    def _let_in(self) -> None:
        self.tend()
        connection = local_socket.accept(self._listener, LARGEST_REQUEST)
        if connection is None:
            return
        caller = Caller(self._loop, connection)
        caller.watch(lambda: self._read(caller))
        self._callers.append(caller)
        if len(self._callers) > MOST_CLIENTS:
            caller.finish(Refused(f"{MOST_CLIENTS} clients already", ExitStatus.REFUSED))

    def _read(self, caller: Caller) -> None:
        try:
            line = caller.read()
        except WireError as error:
            caller.finish(Refused(str(error), ExitStatus.WRONG_USE))
            return
        if line is not None and caller.limit_at is not None:
            caller.limit_at = None
            self._take(caller, line)
        elif caller.is_gone:
            caller.leave()

    def _take(self, caller: Caller, line: bytes) -> None:
        try:
            request = decode_request(line)
        except WireError as error:
            caller.finish(Refused(str(error), ExitStatus.WRONG_USE))
            return
        if caller.uid != 0 and not isinstance(request, ONLY_LOOKS):
            caller.finish(Refused("only root may do that", ExitStatus.REFUSED))
            return
        self._serve(caller, request)
