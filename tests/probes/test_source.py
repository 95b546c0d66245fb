"""Probes from one port: again and again, at healthy and sick servers, over TCP and UDP."""

import contextlib
import os
import socket
from collections.abc import Iterator

import pytest

from piranha.probes.asking import Asked
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import ExpectLine, ExpectPrefix, Send
from piranha.system.source_socket import open_source_socket
from tests.probes.servers import answers, closed_port, doors, greets, tcp_server, udp_server

PING = (Send(b"ping\n"), ExpectPrefix(b"pong"))


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


@pytest.fixture
def stream() -> Iterator[tuple[int, int]]:
    """A port and a descriptor bound to it."""
    port = free_port(socket.SOCK_STREAM)
    source = open_source_socket(True, False, port)
    yield port, source
    os.close(source)


def ask(question: Question) -> Outcome:
    with Asked(question, doors()) as outcome:
        return outcome


def test_every_probe_comes_from_the_port(stream: tuple[int, int]) -> None:
    source_port, source = stream
    callers: list[int] = []

    def note_caller(connection: socket.socket) -> None:
        callers.append(connection.getpeername()[1])
        answers(b"pong\n")(connection)

    with tcp_server(note_caller) as port:
        question = Question("127.0.0.1", port, Transport.TCP, PING, 2.0, source=source)
        outcomes = [ask(question) for _ in range(5)]
    assert [outcome.verdict for outcome in outcomes] == [Verdict.ANSWERED] * 5
    assert callers == [source_port] * 5


def test_a_server_that_does_not_close_does_not_keep_the_port(stream: tuple[int, int]) -> None:
    _, source = stream
    steps = (ExpectLine(b"220"),)
    with tcp_server(greets(b"220 ready\n")) as port:
        question = Question("127.0.0.1", port, Transport.TCP, steps, 2.0, source=source)
        assert all(ask(question).is_healthy for _ in range(4))
    with closed_port() as port:
        refused = Question("127.0.0.1", port, Transport.TCP, steps, 2.0, source=source)
        assert [ask(refused).verdict for _ in range(2)] == [Verdict.REFUSED] * 2


def test_datagrams_come_from_the_port_and_old_answers_are_forgotten() -> None:
    source_port = free_port(socket.SOCK_DGRAM)
    source = open_source_socket(False, False, source_port)
    try:
        with udp_server(lambda datagram: [datagram.replace(b"i", b"o")]) as port:
            for is_connected in (True, False, True):
                with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as old:
                    old.sendto(b"pong", ("127.0.0.1", source_port))
                question = Question(
                    "127.0.0.1", port, Transport.UDP, PING, 2.0, source=source,
                    is_connected=is_connected,
                )  # fmt: skip
                outcome = ask(question)
                assert outcome.evidence.startswith(r'expected "pong", got "pong\n", after')
        with closed_port(socket.SOCK_DGRAM) as port:
            question = Question("127.0.0.1", port, Transport.UDP, PING, 2.0, source=source)
            assert [ask(question).verdict for _ in range(2)] == [Verdict.REFUSED] * 2
    finally:
        os.close(source)
