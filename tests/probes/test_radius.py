"""RADIUS probes of small servers on loopback."""

import socket
from hashlib import md5

import pytest

from piranha.probes.asking import Asked
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from tests.probes.servers import closed_port, doors, udp_server

SECRET = b"xyzzy5461"


def ask(port: int, timeout: float = 0.5) -> Outcome:
    question = Question("127.0.0.1", port, Transport.RADIUS, timeout_seconds=timeout, secret=SECRET)
    assert "xyzzy" not in repr(question)
    with Asked(question, doors()) as outcome:
        return outcome


def answer(question: bytes, code: int = 2, secret: bytes = SECRET) -> bytes:
    head = bytes([code, question[1], 0, 20])
    return head + md5(head + question[4:20] + secret).digest()


def test_a_good_answer() -> None:
    with udp_server(lambda q: [answer(q)]) as port:
        outcome = ask(port)
    assert outcome.verdict is Verdict.ANSWERED
    assert "got Access-Accept" in outcome.evidence


def test_silence_names_its_possible_causes() -> None:
    with udp_server(lambda _: []) as port:
        outcome = ask(port)
    assert outcome.verdict is Verdict.EXPECT_TIMED_OUT
    assert "has another secret" in outcome.evidence
    assert outcome.seconds < 0.8


@pytest.mark.parametrize(
    ("bend", "verdict"),
    [
        (lambda q: [q], Verdict.WRONG_ANSWER),
        (lambda q: [answer(q, secret=b"other")], Verdict.WRONG_ANSWER),
        (lambda q: [answer(q, code=3)], Verdict.WRONG_ANSWER),
        (lambda _: [b"220 ready\r\n"], Verdict.WRONG_ANSWER),
        (lambda q: [q] * 150, Verdict.TOO_MUCH),
    ],
)
def test_sick_answers(bend: object, verdict: Verdict) -> None:
    with udp_server(bend) as port:  # type: ignore[arg-type]
        outcome = ask(port)
    assert outcome.verdict is verdict
    assert outcome.seconds < 0.8


def test_a_lost_question_is_asked_again_and_a_stale_answer_passed_over() -> None:
    heard: list[bytes] = []

    def deaf_at_first(question: bytes) -> list[bytes]:
        heard.append(question)
        return [b"stale", answer(question)] if len(heard) > 1 else []

    with udp_server(deaf_at_first) as port:
        assert ask(port).verdict is Verdict.ANSWERED
        assert ask(port).verdict is Verdict.ANSWERED
    assert heard[0] == heard[1]
    assert heard[1][4:20] != heard[2][4:20]


def test_a_closed_port_counts_at_once() -> None:
    with closed_port(socket.SOCK_DGRAM) as port:
        outcome = ask(port, 5.0)
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.seconds < 0.5
