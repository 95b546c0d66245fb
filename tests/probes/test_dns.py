"""DNS probes of servers on loopback, over datagrams and streams."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from piranha.probes.asking import Asked
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.queries import DnsQuery
from tests.probes import servers
from tests.probes.servers import closed_port, doors, udp_server
from tests.probes.test_dns_exchange import WWW, answered, with_flags

CUT = with_flags(answered(), on=0x0200)


def ask(port: int, query: DnsQuery = WWW, timeout: float = 0.6) -> Outcome:
    question = Question("127.0.0.1", port, Transport.DNS, timeout_seconds=timeout, dns=query)
    with Asked(question, doors()) as outcome:
        return outcome


def renumbered(answer: bytes, question: bytes) -> bytes:
    return question[:2] + answer[2:]


def test_a_good_answer() -> None:
    with udp_server(lambda q: [renumbered(answered("10.0.0.5"), q)]) as port:
        outcome = ask(port)
    assert outcome.verdict is Verdict.ANSWERED
    assert outcome.seconds < 0.3


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (lambda q: [renumbered(answered(rcode="SERVFAIL"), q)], Verdict.WRONG_ANSWER),
        (lambda q: [renumbered(answered(), q)], Verdict.WRONG_ANSWER),
        (lambda q: [q], Verdict.WRONG_ANSWER),
        (lambda _: [b"220 mail ready\r\n"], Verdict.WRONG_ANSWER),
        (lambda _: [], Verdict.EXPECT_TIMED_OUT),
        (lambda q: [q] * 150, Verdict.TOO_MUCH),
    ],
)
def test_sick_answers(answer: Callable[[bytes], list[bytes]], verdict: Verdict) -> None:
    with udp_server(answer) as port:
        outcome = ask(port)
    assert outcome.verdict is verdict
    assert outcome.seconds < 0.9


def test_a_lost_question_is_asked_again() -> None:
    heard: list[bytes] = []

    def deaf_at_first(question: bytes) -> list[bytes]:
        heard.append(question)
        return [renumbered(answered("10.0.0.5"), question)] if len(heard) > 1 else []

    with udp_server(deaf_at_first) as port:
        assert ask(port).verdict is Verdict.ANSWERED
    assert heard[0] == heard[1]


def test_each_question_has_a_number_of_its_own() -> None:
    heard: list[bytes] = []
    with udp_server(lambda q: [heard.append(q) or renumbered(answered("10.0.0.5"), q)]) as port:  # type: ignore[func-returns-value]
        for _ in range(5):
            ask(port)
    assert len({question[:2] for question in heard}) > 1


def test_a_closed_port_counts_at_once() -> None:
    with closed_port(socket.SOCK_DGRAM) as port:
        outcome = ask(port, timeout=5.0)
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.seconds < 0.5


@contextmanager
def cutting_server(behave: servers.Behaviour) -> Iterator[int]:
    """Answers cut over UDP, and as told over TCP on the same port."""
    with servers.tcp_server(behave) as port, socket.socket(type=socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", port))

        def answer() -> None:
            question, sender = channel.recvfrom(512)
            channel.sendto(renumbered(CUT, question), sender)

        threading.Thread(target=answer, daemon=True).start()
        yield port


def answers_in_bytes(connection: socket.socket) -> None:
    """Byte by byte."""
    question = connection.recv(512)[2:]
    answer = renumbered(answered("10.0.0.5"), question)
    for byte in len(answer).to_bytes(2) + answer:
        connection.sendall(bytes([byte]))
    servers.wait_for_end(connection)


def test_a_cut_answer_is_asked_for_over_tcp() -> None:
    with cutting_server(answers_in_bytes) as port:
        assert ask(port, timeout=3.0).verdict is Verdict.ANSWERED


@pytest.mark.parametrize(
    ("behave", "verdicts"),
    [
        (servers.says_nothing, {Verdict.EXPECT_TIMED_OUT}),
        (servers.closes_at_once, {Verdict.CLOSED_EARLY, Verdict.RESET}),
        (servers.drips(b"\1" + bytes(99), 0.05), {Verdict.EXPECT_TIMED_OUT}),
        (servers.never_stops, {Verdict.TOO_MUCH}),
    ],
)
def test_sick_streams(behave: servers.Behaviour, verdicts: set[Verdict]) -> None:
    with servers.tcp_server(behave) as port:
        outcome = ask(port, replace(WWW, is_over_tcp=True))
    assert outcome.verdict in verdicts
    assert outcome.seconds < 0.9


def test_a_closed_tcp_port_is_refused() -> None:
    with closed_port() as port:
        assert ask(port, replace(WWW, is_over_tcp=True)).verdict is Verdict.REFUSED


def test_a_connection_that_is_not_accepted_times_out() -> None:
    with servers.full_backlog() as port:
        outcome = ask(port, replace(WWW, is_over_tcp=True))
    assert outcome.verdict is Verdict.CONNECT_TIMED_OUT
