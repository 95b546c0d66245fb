"""Recipes over UDP at small servers on loopback that are sick: every one is seen, and in time."""

import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from piranha.probes.asking import Asked
from piranha.probes.question import Question
from piranha.probes.verdict import Outcome, Verdict
from tests.probes.servers import closed_port, doors, udp_server
from tests.probes.test_datagram_recipes import GOOD, question_for

TIMEOUT_SECONDS = 0.2
LATE_SECONDS = 0.05
TRIES = 3
"""A verdict that is late every time is late; one late verdict is this machine's doing."""
QUERY = 'query = "www.example.org A"'
LINES = {"ntp": (), "snmp": (), "sip": (), "tftp": (), "kerberos": (), "dns": (QUERY,)}


def refused_dns(question: bytes) -> list[bytes]:
    """The same question with rcode REFUSED."""
    return [question[:2] + b"\x81\x05" + question[4:]]


Sick = Callable[[bytes], Sequence[bytes]]
SICK: dict[str, tuple[Sick, Verdict]] = {
    "silent": (lambda _: [], Verdict.EXPECT_TIMED_OUT),
    "wrong service": (lambda _: [b"220 ready\r\n"], Verdict.WRONG_ANSWER),
    "another protocol": (lambda _: [bytes(range(64))], Verdict.WRONG_ANSWER),
    "reflector": (lambda question: [question], Verdict.WRONG_ANSWER),
    "empty datagrams": (lambda _: [b""], Verdict.WRONG_ANSWER),
    "flood": (lambda _: [b"220 ready\r\n"] * 150, Verdict.TOO_MUCH),
}


def asked(question: Question) -> Outcome:
    with Asked(question, doors()) as outcome:
        return outcome


def asked_in_time(question: Question) -> Outcome:
    for _ in range(TRIES):
        outcome = asked(question)
        if outcome.seconds <= TIMEOUT_SECONDS + LATE_SECONDS:
            return outcome
    pytest.fail(f"late every time: {outcome}")


def question_at(recipe: str, port: int) -> Question:
    question = question_for(recipe, *LINES[recipe], f"port = {port}")
    return replace(question, timeout_seconds=TIMEOUT_SECONDS)


@pytest.mark.parametrize("sickness", SICK)
@pytest.mark.parametrize("recipe", LINES)
def test_a_sick_server_is_seen_in_time(recipe: str, sickness: str) -> None:
    behave, verdict = SICK[sickness]
    with udp_server(behave) as port:
        outcome = asked_in_time(question_at(recipe, port))
    assert outcome.verdict is verdict


@pytest.mark.parametrize("recipe", sorted(set(LINES) - {"dns"}))
def test_an_answer_to_an_older_probe_is_passed_over(recipe: str) -> None:
    good = GOOD[recipe][0]
    with udp_server(lambda _: [b"stale", good]) as port:
        assert asked_in_time(question_at(recipe, port)).verdict is Verdict.ANSWERED


def test_an_answer_that_comes_after_the_timeout_is_none() -> None:
    is_over = threading.Event()

    def late(_question: bytes) -> list[bytes]:
        is_over.wait(5.0)
        return [GOOD["ntp"][0]]

    with udp_server(late) as port:
        first = asked_in_time(question_at("ntp", port))
        is_over.set()
        second = asked_in_time(question_at("ntp", port))
    assert first.verdict is Verdict.EXPECT_TIMED_OUT
    assert second.verdict is Verdict.ANSWERED


def test_a_name_server_that_refuses_is_sick_at_once() -> None:
    with udp_server(refused_dns) as port:
        outcome = asked(question_at("dns", port))
    assert outcome.verdict is Verdict.WRONG_ANSWER
    assert "REFUSED" in outcome.evidence


@pytest.mark.parametrize("recipe", LINES)
def test_a_closed_port_is_refused_and_not_timed_out(recipe: str) -> None:
    with closed_port(socket.SOCK_DGRAM) as port:
        assert asked(question_at(recipe, port)).verdict is Verdict.REFUSED
