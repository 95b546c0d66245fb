"""Stories of one DHCP question, without a socket."""

from ipaddress import IPv4Address

import pytest

from piranha.probes.dhcp_exchange import DhcpExchange
from piranha.probes.dhcp_message import in_udp
from piranha.probes.exchange import DATAGRAM_LIMIT
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.queries import DhcpKind
from tests.probes.test_dhcp_message import RELAY, answer

OURS = 0x01020304


def begun(kind: DhcpKind = DhcpKind.DISCOVER) -> DhcpExchange:
    return DhcpExchange(kind, RELAY, OURS, 100.0, 4.0)


def outcome_of(exchange: DhcpExchange) -> Outcome:
    assert exchange.outcome is not None
    return exchange.outcome


def test_an_offer_answers_a_discover() -> None:
    exchange = begun()
    exchange.received(answer(), 100.002)
    outcome = outcome_of(exchange)
    assert outcome.verdict is Verdict.ANSWERED
    assert outcome.evidence == (
        "expected OFFER, got OFFER of 10.9.0.100 from 10.9.0.1, after 0.002 s"
    )


def test_an_ack_answers_an_inform() -> None:
    exchange = begun(DhcpKind.INFORM)
    exchange.received(answer(5, offered="0.0.0.0"), 100.002)
    assert outcome_of(exchange).evidence == "expected ACK, got ACK from 10.9.0.1, after 0.002 s"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (answer(6), "got NAK"),
        (answer(offered="0.0.0.0"), "without an address"),
    ],
)
def test_a_refusal_counts_at_once(message: bytes, words: str) -> None:
    exchange = begun()
    exchange.received(message, 100.002)
    outcome = outcome_of(exchange)
    assert outcome.verdict is Verdict.WRONG_ANSWER
    assert words in outcome.evidence


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (answer(transaction=OURS + 1), "another question"),
        (answer(hardware=bytes(6)), "another question"),
        (begun().message, "a question, not an answer"),
        (b"", "no DHCP message"),
    ],
)
def test_what_is_not_our_answer_is_passed_over(message: bytes, words: str) -> None:
    exchange = begun()
    exchange.received(message, 100.002)
    assert exchange.outcome is None
    exchange.time_passed(104.0)
    outcome = outcome_of(exchange)
    assert outcome.verdict is Verdict.WRONG_ANSWER
    assert words in outcome.evidence


def test_silence_names_its_possible_causes() -> None:
    exchange = begun()
    exchange.time_passed(104.0)
    outcome = outcome_of(exchange)
    assert outcome.verdict is Verdict.EXPECT_TIMED_OUT
    assert "has no free address" in outcome.evidence


def test_it_is_asked_three_times_within_the_deadline() -> None:
    exchange = begun()
    assert exchange.wake_at == 101.0
    assert [exchange.is_due(now) for now in (100.9, 101.0, 101.0, 102.0, 103.0)] == [
        False, True, False, True, False,
    ]  # fmt: skip
    assert exchange.wake_at == 104.0


def test_an_icmp_error_counts_when_it_is_about_our_question() -> None:
    exchange, other = begun(), DhcpExchange(DhcpKind.DISCOVER, RELAY, OURS + 1, 100.0, 4.0)
    exchange.came_back(in_udp(other.message), Verdict.REFUSED, "connection refused", 100.1)
    assert exchange.outcome is None
    exchange.came_back(in_udp(exchange.message)[:16], Verdict.REFUSED, "connection refused", 100.1)
    assert outcome_of(exchange).verdict is Verdict.REFUSED


def test_a_flood_is_too_much() -> None:
    exchange = begun()
    for _ in range(DATAGRAM_LIMIT):
        exchange.received(answer(transaction=1), 100.1)
    assert outcome_of(exchange).verdict is Verdict.TOO_MUCH


def test_who_stood_still_judges_nobody() -> None:
    exchange = begun()
    exchange.time_passed(110.0)
    assert outcome_of(exchange).verdict is Verdict.TIME_LOST


def test_a_year_of_probes_is_one_client() -> None:
    """Whatever the transaction, a server sees the same client (docs/why/dhcp-as-a-relay.md)."""
    messages = {
        DhcpExchange(DhcpKind.DISCOVER, IPv4Address("10.9.0.2"), number, 0.0, 1.0).message
        for number in range(500)
    }
    assert len(messages) == 500
    assert len({message[:4] + message[8:] for message in messages}) == 1
