"""Stories of one DNS question, without a socket."""

from dataclasses import replace
from itertools import pairwise

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.probes.dns_exchange import DnsExchange, Finding, judge, query_message, wanted_words
from piranha.probes.exchange import DATAGRAM_LIMIT
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.queries import DnsQuery

WWW = DnsQuery("www.example.org", "A")


def answered(
    *addresses: str, number: int = 7, rcode: str = "NOERROR", query: DnsQuery = WWW
) -> bytes:
    """An answer to that question, its records in any order."""
    question = dns.message.make_query(query.name, query.type, id=number)
    answer = dns.message.make_response(question)
    answer.set_rcode(dns.rcode.from_text(rcode))
    if addresses:
        answer.answer.append(dns.rrset.from_text(f"{query.name}.", 9, "IN", query.type, *addresses))
    return answer.to_wire()


def with_flags(message: bytes, on: int = 0, off: int = 0) -> bytes:
    flags = int.from_bytes(message[2:4]) & ~off | on
    return message[:2] + flags.to_bytes(2) + message[4:]


def begun(query: DnsQuery = WWW) -> DnsExchange:
    return DnsExchange(query, 7, 100.0, 4.0)


def outcome_of(exchange: DnsExchange) -> Outcome:
    assert exchange.outcome is not None
    return exchange.outcome


@pytest.mark.parametrize(
    ("query", "message", "finding", "words"),
    [
        (WWW, answered("10.0.0.5"), Finding.GOOD, "A 10.0.0.5"),
        (WWW, answered(), Finding.BAD, "NOERROR without an answer"),
        (replace(WWW, answer=None), answered(), Finding.GOOD, "NOERROR"),
        (WWW, answered(rcode="SERVFAIL"), Finding.BAD, "SERVFAIL"),
        (WWW, answered(rcode="NXDOMAIN"), Finding.BAD, "NXDOMAIN"),
        (replace(WWW, rcodes=("NXDOMAIN", "REFUSED")), answered(rcode="REFUSED"),
         Finding.GOOD, "REFUSED"),
        (replace(WWW, rcodes=("REFUSED",)), answered("10.0.0.5"), Finding.BAD, "NOERROR"),
        (replace(WWW, answer="10.0.0.5"), answered("10.0.0.6", "10.0.0.5"), Finding.GOOD, "A 10"),
        (replace(WWW, answer="10.0.0.5"), answered("10.0.0.55"), Finding.BAD, "A 10.0.0.55"),
        (replace(WWW, answer="no address"), answered("10.0.0.55"), Finding.BAD, "A 10.0.0.55"),
        (WWW, answered("10.0.0.5", number=8), Finding.FOREIGN, "its number"),
        (WWW, answered("10.0.0.5", query=replace(WWW, name="x.org")), Finding.FOREIGN, "its name"),
        (WWW, answered("::1", query=replace(WWW, type="AAAA")), Finding.FOREIGN, "its name"),
        (WWW, query_message(WWW, 7), Finding.FOREIGN, "a question"),
        (WWW, b"220 ready\r\n", Finding.FOREIGN, "no DNS header"),
        (WWW, with_flags(answered("10.0.0.5"), on=0x0200), Finding.CUT, "cut off"),
        (WWW, with_flags(answered("10.0.0.5"), on=0x2800), Finding.FOREIGN, "operation 5"),
        (WWW, b"\0\7\x80\1" + bytes(8), Finding.BAD, "FORMERR"),
        (WWW, b"\0\7\x80\0" + bytes(8), Finding.FOREIGN, "its name"),
    ],
    ids=lambda value: "message" if isinstance(value, bytes) else None,
)  # fmt: skip
def test_what_a_message_is_to_the_question(
    query: DnsQuery, message: bytes, finding: Finding, words: str
) -> None:
    judged = judge(message, query, 7)
    assert judged.finding is finding
    assert words in judged.words


@pytest.mark.parametrize(
    ("kind", "data", "wanted"),
    [
        ("MX", "10 Mail.example.org.", "10 mail.EXAMPLE.org."),
        ("AAAA", "2001:db8::5", "2001:DB8:0:0::5"),
        ("TXT", '"v=spf1 -all"', "v=spf1 -all"),
        ("CNAME", "a.b.", "a.b"),
    ],
)
def test_an_answer_is_compared_as_a_person_writes_it(kind: str, data: str, wanted: str) -> None:
    query = DnsQuery("example.org", kind, answer=wanted)
    assert judge(answered(data, query=query), query, 7).finding is Finding.GOOD


def test_a_good_answer_ends_it() -> None:
    exchange = begun()
    exchange.received(answered("10.0.0.5"), 100.002)
    outcome = outcome_of(exchange)
    assert outcome.verdict is Verdict.ANSWERED
    assert outcome.evidence == "expected www.example.org A, got A 10.0.0.5, after 0.002 s"


def test_a_bad_answer_counts_at_once() -> None:
    exchange = begun()
    exchange.received(answered(rcode="SERVFAIL"), 100.002)
    assert outcome_of(exchange).verdict is Verdict.WRONG_ANSWER


def test_an_echo_and_a_stale_answer_are_passed_over() -> None:
    exchange = begun()
    exchange.received(exchange.message, 100.001)
    exchange.received(answered("10.0.0.5", number=6), 100.002)
    assert exchange.outcome is None
    exchange.received(answered("10.0.0.5"), 100.003)
    assert outcome_of(exchange).is_healthy


def test_an_echo_alone_is_sick_at_the_deadline() -> None:
    exchange = begun()
    exchange.received(exchange.message, 100.001)
    exchange.time_passed(103.9)
    assert exchange.outcome is None
    exchange.time_passed(104.0)
    outcome = outcome_of(exchange)
    assert outcome.verdict is Verdict.WRONG_ANSWER
    assert "got a question, not an answer" in outcome.evidence


def test_it_is_asked_three_times_within_the_deadline() -> None:
    exchange = begun()
    assert exchange.wake_at == 101.0
    assert not exchange.is_due(100.9)
    assert exchange.is_due(101.0)
    assert not exchange.is_due(101.0)
    assert exchange.is_due(102.0)
    assert exchange.wake_at == 104.0
    exchange.time_passed(104.0)
    assert outcome_of(exchange).verdict is Verdict.EXPECT_TIMED_OUT


def test_who_stood_still_judges_nobody() -> None:
    exchange = begun()
    exchange.time_passed(110.0)
    assert outcome_of(exchange).verdict is Verdict.TIME_LOST


def test_a_flood_is_too_much() -> None:
    exchange = begun()
    for _ in range(DATAGRAM_LIMIT):
        exchange.received(b"", 100.1)
    assert outcome_of(exchange).verdict is Verdict.TOO_MUCH


@given(st.lists(st.integers(0, 300), max_size=8))
def test_over_a_stream_segments_change_nothing(cuts: list[int]) -> None:
    exchange = begun()
    exchange.received(with_flags(answered(), on=0x0200), 100.1)
    assert exchange.wants_stream
    messages = [answered("10.0.0.5", number=3), answered("10.0.0.5")]
    stream = b"".join(len(message).to_bytes(2) + message for message in messages)
    places = sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})
    for begin, end in pairwise(places):
        assert exchange.outcome is None
        exchange.stream_received(stream[begin:end], 100.2)
    assert outcome_of(exchange).verdict is Verdict.ANSWERED


def test_a_stream_that_ends_early_is_sick() -> None:
    exchange = begun(replace(WWW, is_over_tcp=True))
    assert exchange.stream_message[:2] == len(exchange.message).to_bytes(2)
    exchange.stream_received(b"\0", 100.1)
    exchange.stream_ended(100.2)
    outcome = outcome_of(exchange)
    assert outcome.verdict is Verdict.CLOSED_EARLY
    assert "got 1 bytes and the end" in outcome.evidence


def test_an_answer_that_is_cut_even_over_tcp_is_sick() -> None:
    exchange = begun(replace(WWW, is_over_tcp=True))
    cut = with_flags(answered(), on=0x0200)
    exchange.stream_received(len(cut).to_bytes(2) + cut, 100.1)
    assert outcome_of(exchange).verdict is Verdict.WRONG_ANSWER


def test_a_refusal_over_tcp_says_so() -> None:
    exchange = begun()
    exchange.received(with_flags(answered(), on=0x0200), 100.1)
    exchange.failed(Verdict.REFUSED, "connection refused", 100.2)
    assert outcome_of(exchange).evidence == "connection refused over tcp, after 0.200 s"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (WWW, "www.example.org A"),
        (replace(WWW, answer="10.0.0.5"), "www.example.org A 10.0.0.5"),
        (replace(WWW, answer=None), "www.example.org A with any answer or none"),
        (replace(WWW, rcodes=("REFUSED", "SERVFAIL")), "www.example.org A REFUSED or SERVFAIL"),
    ],
)
def test_what_is_wanted_is_said_in_words(query: DnsQuery, words: str) -> None:
    assert wanted_words(query) == words
