"""Probes over TLS: from the first byte or in mid-dialogue, healthy and sick, polite at the end."""

import itertools
import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from piranha.probes.asking import Asked
from piranha.probes.doors import Note
from piranha.probes.question import Question, Transport
from piranha.probes.tls import warning_about
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import (
    Close,
    ExpectAny,
    ExpectLine,
    ExpectRegex,
    Send,
    StartTls,
    Step,
    TlsTerms,
)
from tests.probes.servers import (
    Behaviour,
    answers,
    closes_at_once,
    doors,
    drips,
    greets,
    never_stops,
    now,
    resets,
    says_nothing,
    tcp_server,
    wait_for_end,
)
from tests.probes.tls_servers import AUTHORITY, EXPIRED, over_tls, upgrades

MAIL = TlsTerms(name="mail.example.org")
VERIFIED = replace(MAIL, verifies_chain=True, ca=str(AUTHORITY))
GREETING = (StartTls(), ExpectLine(b"220"))
LATE = 0.3
"""Seconds beyond the timeout that a busy test machine is forgiven (0.05 on an idle one)."""
EARLY_2020 = datetime(2020, 12, 25, tzinfo=UTC).timestamp()


def question(
    port: int, steps: tuple[Step, ...], terms: TlsTerms = MAIL, timeout: float = 5.0
) -> Question:
    return Question("127.0.0.1", port, Transport.TCP, steps, timeout, tls=terms)


def outcome_from(
    behave: Behaviour,
    steps: tuple[Step, ...] = GREETING,
    terms: TlsTerms = MAIL,
    timeout: float = 5.0,
    today: float = EARLY_2020,
) -> Outcome:
    with tcp_server(behave) as port:
        made = replace(doors(), today=lambda: today)
        with Asked(question(port, steps, terms, timeout), made) as outcome:
            return outcome


@pytest.mark.parametrize(
    ("behave", "steps", "verdict"),
    [
        (over_tls(greets(b"220 ready\r\n")), GREETING, Verdict.ANSWERED),
        (over_tls(says_nothing), (StartTls(),), Verdict.SECURED),
        (over_tls(drips(b"220 ready\r\n", 0.002)), GREETING, Verdict.ANSWERED),
        (over_tls(answers(b"220\n")), (StartTls(), Send(b"x"), ExpectLine(b"220")),
         Verdict.ANSWERED),
        (over_tls(answers(b"220\n")), (StartTls(), Send(b"x"), Close(), ExpectLine(b"220")),
         Verdict.ANSWERED),
        (over_tls(greets(b"x" * 60_000 + b"\n")), (StartTls(), ExpectRegex(b"^x+$")),
         Verdict.ANSWERED),
        (over_tls(greets(b"421 too busy\r\n")), GREETING, Verdict.WRONG_ANSWER),
        (over_tls(never_stops), (StartTls(), ExpectRegex(b"ready")), Verdict.TOO_MUCH),
        (over_tls(lambda _connection: None), GREETING, Verdict.EXPECT_TIMED_OUT),
        (greets(b"220 plain\r\n"), GREETING, Verdict.TLS_FAILED),
        (closes_at_once, GREETING, Verdict.TLS_FAILED),
        (resets, GREETING, Verdict.RESET),
        (upgrades(b"220 hi\r\n", b"220 go\r\n", greets(b"250 fine\r\n")),
         (ExpectLine(b"220"), Send(b"STARTTLS\r\n"), ExpectLine(b"220"), StartTls(),
          ExpectLine(b"250")), Verdict.ANSWERED),
        (upgrades(b"220 hi\r\n", b"220 go\r\n250 injected\r\n", greets(b"250 fine\r\n")),
         (ExpectLine(b"220"), Send(b"STARTTLS\r\n"), ExpectLine(b"220"), StartTls(),
          ExpectLine(b"250")), Verdict.TLS_FAILED),
    ],
)  # fmt: skip
def test_a_server_gets_the_verdict_that_it_deserves(
    behave: Behaviour, steps: tuple[Step, ...], verdict: Verdict
) -> None:
    outcome = outcome_from(behave, steps, timeout=1.5)
    assert outcome.verdict is verdict, outcome.evidence


@pytest.mark.parametrize("behave", [says_nothing, drips(b"\x16\x03\x03\x00\x7a" + bytes(50), 0.1)])
def test_a_handshake_is_under_the_one_deadline(behave: Behaviour) -> None:
    began = now()
    outcome = outcome_from(behave, timeout=0.5)
    assert outcome.verdict in (Verdict.TLS_TIMED_OUT, Verdict.TLS_FAILED)
    assert 0.0 < now() - began < 0.5 + LATE + 0.2


def test_the_chain_is_verified_where_that_is_asked() -> None:
    server = over_tls(greets(b"220 ready\r\n"))
    assert outcome_from(server, terms=VERIFIED).is_healthy
    other = outcome_from(server, terms=replace(VERIFIED, name="www.example.org"))
    assert other.verdict is Verdict.CERTIFICATE_REFUSED
    assert "www.example.org" in other.evidence
    stranger = outcome_from(server, terms=replace(VERIFIED, ca=""))
    assert stranger.verdict is Verdict.CERTIFICATE_REFUSED
    assert outcome_from(server, terms=replace(VERIFIED, name="")).is_healthy
    ended = outcome_from(over_tls(greets(b"220\r\n"), EXPIRED), terms=VERIFIED)
    assert (ended.verdict, "expired" in ended.evidence) == (Verdict.CERTIFICATE_REFUSED, True)


def test_a_certificate_that_ends_soon_is_warned_of_and_healthy() -> None:
    server = over_tls(greets(b"220 ready\r\n"), EXPIRED)
    outcome = outcome_from(server)
    assert outcome.is_healthy
    assert outcome.warning == "its certificate ends on 2021-01-01, in 7 days (limit 14 days)"
    assert outcome_from(server, terms=replace(MAIL, warning_days=None)).warning == ""
    assert outcome_from(over_tls(greets(b"220 ready\r\n"))).warning == ""


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (14.0, ""),
        (13.9, "its certificate ends on 2021-01-01, in 13 days (limit 14 days)"),
        (1.5, "its certificate ends on 2021-01-01, in 1 day (limit 14 days)"),
        (-2.5, "its certificate ended on 2021-01-01, 2 days ago"),
    ],
)
def test_the_warning_counts_days(days: float, text: str) -> None:
    end = datetime(2021, 1, 1, tzinfo=UTC).timestamp()
    assert warning_about(end, 14.0, end - days * 86_400) == text
    assert warning_about(None, 14.0, end) == ""


def test_authorities_that_cannot_be_read_are_our_own_trouble(tmp_path: Path) -> None:
    outcome = outcome_from(says_nothing, terms=replace(VERIFIED, ca=str(tmp_path / "none.pem")))
    assert (outcome.verdict, outcome.is_judgement) == (Verdict.SYSTEM_REFUSED, False)
    assert "none.pem: No such file or directory" in outcome.evidence


def test_the_server_is_told_of_the_end() -> None:
    ends: list[str] = []
    ends_well = over_tls(lambda connection: connection.sendall(b"220 ready\r\n"), ends=ends)
    with tcp_server(ends_well) as port, Asked(question(port, GREETING), doors()) as outcome:
        assert outcome.is_healthy
    assert ends == ["notified"]


def test_a_person_sees_the_handshake_and_the_plain_dialogue() -> None:
    notes: list[Note] = []
    with (
        tcp_server(over_tls(greets(b"220 ready\r\n"))) as port,
        Asked(question(port, (*GREETING, Send(b"QUIT\r\n"))), doors(notes.append)),
    ):
        pass
    kinds = [note.kind for note in notes]
    assert kinds.index("connected") < kinds.index("secured") < kinds.index("received")
    secured = next(note for note in notes if note.kind == "secured")
    assert secured.text.startswith("TLSv1.")
    assert [note.data for note in notes if note.kind == "sent"] == [b"QUIT\r\n"]


def test_a_proxy_that_splits_every_byte_changes_nothing() -> None:
    def split(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as inner:
            pumps = [
                threading.Thread(target=pump, args=pair, daemon=True)
                for pair in itertools.permutations((connection, inner))
            ]
            for thread in pumps:
                thread.start()
            for thread in pumps:
                thread.join(10)

    def pump(source: socket.socket, target: socket.socket) -> None:
        target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while data := source.recv(65_536):
                for byte in data:
                    target.sendall(bytes([byte]))
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    with tcp_server(over_tls(greets(b"220 ready\r\n"))) as port:
        assert outcome_from(split).is_healthy


def test_any_answer_can_be_expected_behind_the_handshake() -> None:
    assert outcome_from(over_tls(greets(b"\0")), (StartTls(), ExpectAny())).is_healthy
    assert outcome_from(over_tls(wait_for_end), (StartTls(), Send(b"x"))).verdict is Verdict.SECURED
