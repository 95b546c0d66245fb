"""Probes over UDP of real servers on loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from piranha.probes.asking import Asked
from piranha.probes.doors import Doors, Note
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import ExpectAny, ExpectPrefix, ExpectRegex, Send, Step
from piranha.system import children
from tests.probes.servers import closed_port, doors, now, udp, udp_server

PING = (Send(b"ping"), ExpectPrefix(b"pong"))


def ask(question: Question) -> Outcome:
    with Asked(question, doors()) as outcome:
        return outcome


def test_an_answer_is_compared() -> None:
    with udp_server(lambda datagram: [datagram.replace(b"i", b"o")]) as port:
        assert ask(udp(port, PING)).verdict is Verdict.ANSWERED


def test_an_empty_answer_is_an_answer() -> None:
    with udp_server(lambda _: [b""]) as port:
        assert ask(udp(port, (ExpectAny(),))).verdict is Verdict.ANSWERED


def test_a_late_answer_to_another_question_is_passed_over() -> None:
    with udp_server(lambda _: [b"stale", b"pong"]) as port:
        outcome = ask(udp(port, PING))
    assert outcome.evidence.startswith('expected "pong", got "pong", after 0.0')


def test_a_lost_question_is_asked_again() -> None:
    heard: list[bytes] = []

    def deaf_at_first(datagram: bytes) -> list[bytes]:
        heard.append(datagram)
        return [b"pong"] if len(heard) > 1 else []

    with udp_server(deaf_at_first) as port:
        outcome = ask(udp(port, PING, timeout=0.8))
    assert outcome.verdict is Verdict.ANSWERED
    assert 0.2 <= outcome.seconds < 0.6


@pytest.mark.parametrize("steps", [PING, (), (Send(b"log me"),)])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_closed_port_counts_at_once(steps: tuple[Step, ...], host: str) -> None:
    with closed_port(socket.SOCK_DGRAM) as port:
        outcome = ask(Question(host, port, Transport.UDP, steps, 5.0))
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.seconds < 0.5


@pytest.mark.parametrize(
    ("answer", "steps", "verdict"),
    [
        ([], PING, Verdict.EXPECT_TIMED_OUT),
        ([b"no"], PING, Verdict.WRONG_ANSWER),
        ([], (Send(b"log me"),), Verdict.NOT_REFUSED),
        ([b"a" * 60 + b"b"], (Send(b"x"), ExpectRegex(b"(a+)+$")), Verdict.EXPRESSION_TIMED_OUT),
    ],
)
def test_no_verdict_comes_after_the_deadline(
    answer: list[bytes], steps: tuple[Step, ...], verdict: Verdict
) -> None:
    with udp_server(lambda _: answer) as port:
        outcome = ask(udp(port, steps, timeout=0.3))
    assert outcome.verdict is verdict
    assert 0.3 <= outcome.seconds < 0.6


def test_after_standing_still_all_that_came_is_read_first() -> None:
    leap = 0.0

    def note(what: Note) -> None:
        nonlocal leap
        if what.kind == "expecting":
            threading.Event().wait(0.1)  # all three answers arrive
            leap = 20.0

    with udp_server(lambda _: [b"stale", b"staler", b"pong"]) as port:
        leaping = Doors(lambda: now() + leap, children, note)
        with Asked(udp(port, PING), leaping) as outcome:
            assert outcome.verdict is Verdict.ANSWERED


def test_a_flood_is_too_much() -> None:
    with udp_server(lambda _: [b"no"] * 150) as port:
        assert ask(udp(port, PING, timeout=1.0)).verdict is Verdict.TOO_MUCH


def test_the_largest_datagram_arrives_whole() -> None:
    with udp_server(lambda _: [b"x" * 65_507]) as port:
        outcome = ask(udp(port, (Send(b"x"), ExpectRegex(rb"^x{65507}$"))))
    assert outcome.verdict is Verdict.ANSWERED


@contextmanager
def changes_its_port(host: str = "127.0.0.1") -> Iterator[int]:
    """Answers "ping" from a new port, and "more" sent there too, as a TFTP server does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_DGRAM) as known,
        socket.socket(family, socket.SOCK_DGRAM) as new,
    ):
        for channel in (known, new):
            channel.bind((host, 0))
            channel.settimeout(2.0)

        def serve() -> None:
            with suppress(OSError):
                _, client = known.recvfrom(100)
                new.sendto(b"pong", client)
                _, client = new.recvfrom(100)
                new.sendto(b"done", client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield known.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_answer_from_another_port_counts_where_that_is_allowed(host: str) -> None:
    steps = (*PING, Send(b"more"), ExpectPrefix(b"done"))
    with changes_its_port(host) as port:
        question = Question(host, port, Transport.UDP, steps, 2.0, is_connected=False)
        assert ask(question).verdict is Verdict.ANSWERED
    with changes_its_port(host) as port:
        strict = Question(host, port, Transport.UDP, steps, 0.3)
        assert ask(strict).verdict is Verdict.EXPECT_TIMED_OUT


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_closed_port_counts_at_once_on_a_socket_that_is_not_connected(host: str) -> None:
    with closed_port(socket.SOCK_DGRAM) as port:
        outcome = ask(Question(host, port, Transport.UDP, PING, 5.0, is_connected=False))
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.seconds < 0.5


def test_an_answer_from_another_address_is_passed_over() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as known,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        known.bind(("127.0.0.1", 0))
        stranger.bind(("127.0.0.2", 0))

        def serve() -> None:
            _, client = known.recvfrom(100)
            stranger.sendto(b"pong", client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = known.getsockname()[1]
        question = Question("127.0.0.1", port, Transport.UDP, PING, 0.3, is_connected=False)
        assert ask(question).verdict is Verdict.EXPECT_TIMED_OUT
        thread.join(5)


def test_many_slow_matches_do_not_delay_the_verdict() -> None:
    """An expression gets a moment even at the deadline; a heap of datagrams gets one only."""
    slow = b"a" * 14 + b"b"  # some milliseconds for the expression below

    with udp_server(lambda _: [slow] * 99) as port:
        outcome = ask(udp(port, (Send(b"x"), ExpectRegex(b"(a+)+$")), timeout=0.1))
    assert not outcome.is_healthy
    assert outcome.seconds < 0.2
