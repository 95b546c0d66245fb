"""Sick servers of every kind, on ports of their own in the present network namespace.

A behaviour is what a server does with one connection; `talk` makes one of what it says and hears.
"""

import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Behaviour = Callable[[socket.socket], None]

LIMIT_SECONDS = 20.0
"""A connection that nobody closes ends by itself."""
PIECE = 65_536
ENDLESS_BYTES = 100_000_000


class Mark:
    """Something that is not said, in a talk."""

    def __init__(self, name: str) -> None:
        self.name = name


HEAR = Mark("hear something")
LINE = Mark("hear a line")
CLOSE = Mark("close")
TLS = Mark("shake hands")

Part = bytes | int | Mark
"""Bytes are said; a number of bytes is heard."""


def talk(*parts: Part, context: ssl.SSLContext | None = None) -> Behaviour:
    """Says and hears these one after the other; stays until the client goes, unless it closes."""

    def behave(connection: socket.socket) -> None:
        for part in parts:
            if part is CLOSE:
                return
            if part is TLS:
                assert context is not None
                connection = context.wrap_socket(connection, server_side=True)
            elif isinstance(part, bytes):
                connection.sendall(part)
            elif not hears(connection, part):
                return
        wait_for_end(connection)

    return behave


def hears(connection: socket.socket, what: int | Mark) -> bool:
    """Hear a number of bytes, a line or anything; False when the client went before."""
    if what is HEAR:
        return bool(connection.recv(PIECE))
    heard = b""
    while not heard.endswith(b"\n") if what is LINE else len(heard) < what:
        byte = connection.recv(1)
        if not byte:
            return False
        heard += byte
    return True


def answers_each_line(greeting: bytes, answer: bytes) -> Behaviour:
    """Greets, and says the same to whatever it hears."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(greeting)
        while connection.recv(PIECE):
            connection.sendall(answer)

    return behave


def reflects(connection: socket.socket) -> None:
    """Says what it hears."""
    while heard := connection.recv(PIECE):
        connection.sendall(heard)


def closes_at_once(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def resets_after_a_word(connection: socket.socket) -> None:
    """Hears something first, where something is said."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if poll.poll(100):
        connection.recv(1)
    resets(connection)


def drips(piece: bytes, seconds: float = 1.0) -> Behaviour:
    """Says one byte a second."""

    def behave(connection: socket.socket) -> None:
        for byte in piece:
            connection.sendall(bytes([byte]))
            poll = select.poll()
            poll.register(connection, select.POLLRDHUP)
            if poll.poll(seconds * 1000):
                return
        wait_for_end(connection)

    return behave


def never_stops(piece: bytes) -> Behaviour:
    """Says this for 100 MB, as fast as it is taken."""
    block = piece * (PIECE // len(piece))

    def behave(connection: socket.socket) -> None:
        for _ in range(ENDLESS_BYTES // len(block)):
            connection.sendall(block)

    return behave


def wait_for_end(connection: socket.socket) -> None:
    while connection.recv(PIECE):
        pass


def in_tls(behave: Behaviour, context: ssl.SSLContext) -> Behaviour:
    """The same after a handshake."""

    def wrapped(connection: socket.socket) -> None:
        behave(context.wrap_socket(connection, server_side=True))

    return wrapped


def tls_context(certificate: str) -> ssl.SSLContext:
    """For a server with the certificate and key in this file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@contextmanager
def server(behave: Behaviour, host: str = "127.0.0.1") -> Iterator[int]:
    """Treats every connection so, each in a thread of its own; gives the port."""
    with socket.create_server((host, 0), backlog=32) as listener:
        threading.Thread(target=_serve, args=(listener, behave), daemon=True).start()
        yield listener.getsockname()[1]
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, behave: Behaviour) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_treat, args=(connection, behave), daemon=True).start()


def _treat(connection: socket.socket, behave: Behaviour) -> None:
    connection.settimeout(LIMIT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, contextlib.suppress(OSError, ValueError):
        behave(connection)


def splitting(port: int, pause_seconds: float, limit: int = 4_000) -> Behaviour:
    """A proxy that hands on what the real server says byte by byte, with a pause after each; after
    `limit` bytes in pieces as they come."""

    def behave(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port), 5.0) as there:
            there.settimeout(LIMIT_SECONDS)
            threading.Thread(target=_hand_on, args=(connection, there), daemon=True).start()
            room = limit
            while said := there.recv(PIECE):
                for byte in said[:room]:
                    connection.sendall(bytes([byte]))
                    if pause_seconds:
                        _pause(connection, pause_seconds)
                connection.sendall(said[room:])
                room = max(0, room - len(said))

    return behave


def _pause(connection: socket.socket, seconds: float) -> None:
    poll = select.poll()
    poll.register(connection, select.POLLERR)
    poll.poll(seconds * 1000)


def _hand_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while heard := source.recv(PIECE):
            target.sendall(heard)
        target.shutdown(socket.SHUT_WR)
