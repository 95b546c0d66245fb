"""Small real servers on loopback, healthy and sick."""

import contextlib
import resource
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from piranha.probes.doors import Doors, Note
from piranha.probes.question import Question, Transport
from piranha.script.steps import Step
from piranha.system import children

Behaviour = Callable[[socket.socket], None]
"""What a server does with a connection; it is closed afterwards."""

LIMIT_SECONDS = 10.0
"""A server that nobody stops ends by itself."""


def now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def doors(note: Callable[[Note], None] | None = None, orders_fd: int | None = None) -> Doors:
    return Doors(now, children, note, orders_fd)


def tcp(port: int, steps: Sequence[Step] = (), timeout: float = 2.0) -> Question:
    return Question("127.0.0.1", port, Transport.TCP, tuple(steps), timeout, service="mail")


def udp(port: int, steps: Sequence[Step] = (), timeout: float = 2.0) -> Question:
    return Question("127.0.0.1", port, Transport.UDP, tuple(steps), timeout, service="dns")


@contextmanager
def tcp_server(behave: Behaviour, host: str = "127.0.0.1") -> Iterator[int]:
    """A server that treats one connection after the other so; gives its port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=_serve, args=(listener, behave), daemon=True)
        thread.start()
        yield port
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(LIMIT_SECONDS)


def _serve(listener: socket.socket, behave: Behaviour) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.settimeout(LIMIT_SECONDS)
        with connection, contextlib.suppress(OSError):
            behave(connection)


@contextmanager
def udp_server(answer: Callable[[bytes], Sequence[bytes]]) -> Iterator[int]:
    """A server that answers each datagram with these; gives its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))
        channel.settimeout(0.05)
        is_wanted = threading.Event()
        is_wanted.set()
        args = (channel, answer, is_wanted)
        thread = threading.Thread(target=_answer, args=args, daemon=True)
        thread.start()
        yield channel.getsockname()[1]
        is_wanted.clear()
        thread.join(LIMIT_SECONDS)


def _answer(
    channel: socket.socket,
    answer: Callable[[bytes], Sequence[bytes]],
    is_wanted: threading.Event,
) -> None:
    while is_wanted.is_set():
        try:
            datagram, sender = channel.recvfrom(65_535)
        except TimeoutError:
            continue
        for reply in answer(datagram):
            channel.sendto(reply, sender)


@contextmanager
def closed_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> Iterator[int]:
    """A port on which nobody listens, and nobody will: it is bound."""
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        if kind is socket.SOCK_DGRAM:  # a bound datagram socket would take what comes
            holder.close()
        yield port


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose server accepts nobody and whose queue is full: no connection is answered."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """This process can open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as probe:
        lowest_free = probe.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def greets(greeting: bytes) -> Behaviour:
    """Says this, and waits until the client goes."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(greeting)
        wait_for_end(connection)

    return behave


def drips(data: bytes, pause_seconds: float) -> Behaviour:
    """Says it byte by byte."""

    def behave(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            connection.sendall(bytes([byte]))
            if client_has_gone(connection, pause_seconds):
                return
        wait_for_end(connection)

    return behave


def answers(reply: bytes) -> Behaviour:
    """Waits for a question, replies, closes."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(reply)

    return behave


def says_nothing(connection: socket.socket) -> None:
    wait_for_end(connection)


def closes_at_once(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reads_nothing(connection: socket.socket) -> None:
    client_has_gone(connection, 1.0)  # its farewell waits behind what is never read


def never_stops(connection: socket.socket) -> None:
    """100 MB and more, as fast as they are taken."""
    piece = b"x" * 65_536
    for _ in range(2_000):
        connection.sendall(piece)


def wait_for_end(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def client_has_gone(connection: socket.socket, seconds: float) -> bool:
    """Wait so long, or until the client closes."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return bool(poll.poll(seconds * 1000))
