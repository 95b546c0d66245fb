"""Probes over TCP of real servers on loopback, most of them sick."""

import socket
import struct
import threading

import pytest

from piranha.probes.asking import Asked
from piranha.probes.doors import Note
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import ExpectAny, ExpectPrefix, ExpectRegex, Send, Step, steps_of
from tests.probes.servers import (
    Behaviour,
    answers,
    closed_port,
    closes_at_once,
    doors,
    drips,
    full_backlog,
    greets,
    never_stops,
    now,
    reads_nothing,
    resets,
    says_nothing,
    tcp,
    tcp_server,
    wait_for_end,
)

GREETING = (ExpectPrefix(b"220"),)
HTTP = steps_of(b"GET / HTTP/1.0\r\n\r\n", b"HTTP")
LATE = 0.3
"""Seconds beyond the timeout that a busy test machine is forgiven (0.05 on an idle one)."""


def ask(question: Question) -> Outcome:
    with Asked(question, doors()) as outcome:
        return outcome


def outcome_from(behave: Behaviour, steps: tuple[Step, ...], timeout: float = 2.0) -> Outcome:
    with tcp_server(behave) as port:
        return ask(tcp(port, steps, timeout))


@pytest.mark.parametrize(
    ("behave", "steps", "verdict"),
    [
        (greets(b"220 ready\r\n"), GREETING, Verdict.ANSWERED),
        (greets(b"220 ready\r\n"), (), Verdict.CONNECTED),
        (greets(b"220 ready\r\n"), (ExpectAny(),), Verdict.ANSWERED),
        (greets(b"220 ready\r\n"), (ExpectRegex(rb"^220 .*\r$"),), Verdict.ANSWERED),
        (answers(b"HTTP/1.1 200 OK\r\n\r\n"), HTTP, Verdict.ANSWERED),
        (drips(b"220 ready\r\n", 0.005), GREETING, Verdict.ANSWERED),
        (drips(b"220 ready\r\n", 0.005), (ExpectRegex(b"ready\r$"),), Verdict.ANSWERED),
        (greets(b"421 too busy\r\n"), GREETING, Verdict.WRONG_ANSWER),
        (answers(b"SSH-2.0-x\r\n"), HTTP, Verdict.WRONG_ANSWER),
        (greets(b"\0\xff\xfe"), (ExpectPrefix(b"\0\xff"),), Verdict.ANSWERED),
        (closes_at_once, GREETING, Verdict.CLOSED_EARLY),
        (closes_at_once, (), Verdict.CONNECTED),
        (resets, GREETING, Verdict.RESET),
        (never_stops, GREETING, Verdict.WRONG_ANSWER),
        (never_stops, (ExpectRegex(b"ready"),), Verdict.TOO_MUCH),
        (never_stops, (ExpectAny(),), Verdict.ANSWERED),
    ],
)
def test_a_server_gets_the_verdict_that_it_deserves(
    behave: Behaviour, steps: tuple[Step, ...], verdict: Verdict
) -> None:
    outcome = outcome_from(behave, steps)
    assert outcome.verdict is verdict, outcome.evidence
    assert outcome.seconds < 1.5


@pytest.mark.parametrize(
    ("behave", "steps", "verdict"),
    [
        (says_nothing, GREETING, Verdict.EXPECT_TIMED_OUT),
        (says_nothing, HTTP, Verdict.EXPECT_TIMED_OUT),
        (drips(b"220 ready", 0.15), (ExpectPrefix(b"220 ready"),), Verdict.EXPECT_TIMED_OUT),
        (greets(b"220 busy\r\n"), (ExpectRegex(b"ready"),), Verdict.EXPECT_TIMED_OUT),
        (reads_nothing, (Send(b"x" * 65_536),) * 300, Verdict.SEND_TIMED_OUT),
        (greets(b"a" * 60 + b"b\n"), (ExpectRegex(b"(a+)+$"),), Verdict.EXPRESSION_TIMED_OUT),
    ],
)
def test_no_verdict_comes_after_the_deadline(
    behave: Behaviour, steps: tuple[Step, ...], verdict: Verdict
) -> None:
    outcome = outcome_from(behave, steps, timeout=0.4)
    assert outcome.verdict is verdict, outcome.evidence
    assert 0.4 <= outcome.seconds < 0.4 + LATE


def test_a_full_backlog_times_out_in_connect() -> None:
    with full_backlog() as port:
        outcome = ask(tcp(port, GREETING, 0.3))
    assert outcome.verdict is Verdict.CONNECT_TIMED_OUT
    assert outcome.seconds < 0.3 + LATE


def test_a_closed_port_refuses_at_once() -> None:
    with closed_port() as port:
        outcome = ask(tcp(port, GREETING))
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.evidence.startswith("connection refused, after 0.0")


def test_an_ipv6_address_is_asked_too() -> None:
    with tcp_server(greets(b"220 six\r\n"), host="::1") as port:
        outcome = ask(Question("::1", port, Transport.TCP, GREETING, 2.0))
    assert outcome.verdict is Verdict.ANSWERED


def test_the_outcome_is_told_before_the_polite_end() -> None:
    with tcp_server(greets(b"220 ready\r\n")) as port, Asked(tcp(port), doors()) as outcome:
        assert outcome.seconds < 0.05


def test_a_probe_says_goodbye_and_the_server_sees_no_reset() -> None:
    ends: list[str] = []

    def chatty(connection: socket.socket) -> None:
        connection.sendall(b"220 ready\r\n")
        threading.Event().wait(0.03)
        try:
            connection.sendall(b"220 and one line that nobody reads\r\n")
            wait_for_end(connection)
            ends.append("closed")
        except OSError as error:
            ends.append(str(error))

    with tcp_server(chatty) as port:
        assert ask(tcp(port, GREETING)).is_healthy
    assert ends == ["closed"]


def test_a_server_that_does_not_close_holds_us_only_for_a_moment() -> None:
    def stubborn(connection: socket.socket) -> None:
        connection.sendall(b"220\r\n")
        threading.Event().wait(0.5)

    with tcp_server(stubborn) as port:
        began = now()
        assert ask(tcp(port, GREETING)).is_healthy
        assert now() - began < 0.1 + LATE


def test_a_server_that_resets_after_its_answer_is_healthy() -> None:
    def rude(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        threading.Event().wait(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert outcome_from(rude, HTTP).verdict is Verdict.ANSWERED


def test_whoever_watches_sees_the_dialogue() -> None:
    notes: list[Note] = []
    with (
        tcp_server(answers(b"HTTP/1.0 200 OK\r\n")) as port,
        Asked(tcp(port, HTTP), doors(notes.append)) as outcome,
    ):
        assert outcome.is_healthy
    assert [note.kind for note in notes] == [
        "asking",
        "connected",
        "sent",
        "expecting",
        "received",
    ]
    assert notes[2].data == b"GET / HTTP/1.0\r\n\r\n"
    assert notes[4].data == b"HTTP/1.0 200 OK\r\n"
    assert [note.seconds for note in notes] == sorted(note.seconds for note in notes)
