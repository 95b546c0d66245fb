"""fos's end of the socket to pulse: one connection at a time, the newest one wins."""

import os
from collections.abc import Callable
from pathlib import Path

from piranha.decisions.fos_events import OrderGiven, PulseCame, PulseLeft
from piranha.errors import SystemRefusedError, WireError
from piranha.system import clock, files, journal, local_socket
from piranha.system.local_socket import LineConnection
from piranha.system.loop import Loop
from piranha.terms import Severity
from piranha.wire import order_line, report_line
from piranha.wire.report_line import Report, ServiceMoved

GATHER_SECONDS = 0.01
"""News of single services waits so long for company, and whatever else is said takes it along: a
takeover of hundreds of services would wake pulse, which runs before everybody else, twice for each.
"""
NEVER = float("inf")

LinkEvent = OrderGiven | PulseCame | PulseLeft


class PulseLink:
    """Orders come out as events; reports go to whoever is connected, else nowhere."""

    def __init__(self, loop: Loop, path: Path, emit: Callable[[LinkEvent], None]) -> None:
        """Listen at this path. Raises SystemRefusedError when another fos does, and OSError."""
        refuse_a_second_one(path)
        files.make_directory(path.parent)
        self._loop = loop
        self._path = path
        self._emit = emit
        self._listener = local_socket.listen(path, 0o600)
        self._made = os.stat(path).st_ino
        self._connection: LineConnection | None = None
        self.due_at = NEVER
        """When what was gathered must be sent."""
        loop.watch(self._listener, self._accept)

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    def tell(self, report: Report) -> None:
        """Send a report; one of a single service may wait until `due_at`."""
        connection = self._connection
        if connection is None:
            return
        line = report_line.encode(report)
        if isinstance(report, ServiceMoved):
            connection.add_line(line)
            self.due_at = min(self.due_at, clock.now() + GATHER_SECONDS)
        else:
            self._send(connection, line)

    def tend(self) -> None:
        """Send what was gathered, if it is time."""
        if self._connection is not None and clock.now() >= self.due_at:
            self._send(self._connection)

    def _send(self, connection: LineConnection, line: bytes = b"") -> None:
        self.due_at = NEVER
        if line:
            connection.send_line(line)
        else:
            connection.flush()
        if connection.is_closed:
            self._disconnect()
            self._emit(PulseLeft())
        elif connection.has_unsent:
            self._loop.watch(connection, self.hear, self._flush)

    def hear(self) -> None:
        """Read what pulse has said: called by the loop, and before a permission is judged."""
        connection = self._connection
        if connection is None:
            return
        try:
            for line in connection.lines():
                self._emit(OrderGiven(order_line.decode(line)))
                if self._connection is not connection:
                    return
        except (WireError, OSError) as error:
            journal.say(Severity.ERROR, "pulse", f"it does not speak our language: {error}")
            connection.is_closed = True
        if connection.is_closed:
            self._disconnect()
            self._emit(PulseLeft())

    def close(self) -> None:
        """Take the socket away, unless another fos has put its own there."""
        self._disconnect()
        self._loop.forget(self._listener)
        self._listener.close()
        try:
            if os.stat(self._path).st_ino == self._made:
                files.remove(self._path)
        except OSError:
            return  # it is gone already

    def _accept(self) -> None:
        connection = local_socket.accept(self._listener)
        if connection is None:
            return
        self._disconnect()
        self._connection = connection
        self._loop.watch(connection, self.hear)
        self._emit(PulseCame(os.getpid()))

    def _flush(self) -> None:
        connection = self._connection
        if connection is not None:
            connection.flush()
            if not connection.has_unsent:
                self._loop.watch(connection, self.hear)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._loop.forget(self._connection)
            self._connection.close()
            self._connection = None
            self.due_at = NEVER


def refuse_a_second_one(path: Path) -> None:
    """Raises SystemRefusedError when a living fos answers at this socket."""
    try:
        connection = local_socket.connect(path)
    except OSError:
        return
    pid = connection.peer_pid
    connection.close()
    raise SystemRefusedError(f"already running, pid {pid} (it answers at {path})")
