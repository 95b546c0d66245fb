"""DNS messages, held against dnspython and against bytes that nobody sane would send."""

import struct
import time

import dns.flags
import dns.message
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.probes.dns_message import (
    HEADER,
    DnsName,
    Malformed,
    name_of,
    question_message,
    read,
)
from piranha.terms import DNS_TYPES

LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=63)
NAMES = st.lists(LABEL, max_size=4).map(".".join)


def answer_of(name: str, kind: str, *data: str) -> bytes:
    """What dnspython would answer."""
    question = dns.message.make_query(name, kind, id=7)
    answer = dns.message.make_response(question)
    if data:
        answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *data))
    return answer.to_wire()


@given(name=NAMES, kind=st.sampled_from(sorted(DNS_TYPES)), number=st.integers(0, 0xFFFF))
def test_dnspython_reads_what_we_ask(name: str, kind: str, number: int) -> None:
    message = dns.message.from_wire(question_message(number, name_of(name), kind))
    assert message.id == number
    assert message.flags == dns.flags.RD
    (question,) = message.question
    assert question.name.to_text(omit_final_dot=True) == (name or ".")
    assert question.rdtype == DNS_TYPES[kind]


@pytest.mark.parametrize(
    ("kind", "given_data", "read_data"),
    [
        ("A", "10.0.0.5", "10.0.0.5"),
        ("AAAA", "2001:db8:0::5", "2001:db8::5"),
        ("NS", "NS1.Example.org.", "ns1.example.org"),
        ("CNAME", ".", "."),
        ("PTR", "a.b.", "a.b"),
        ("MX", "10 mail.example.org.", "10 mail.example.org"),
        ("SRV", "1 2 389 ldap.example.org.", "1 2 389 ldap.example.org"),
        ("SOA", "a. b. 1 2 3 4 5", "a b 1 2 3 4 5"),
        ("TXT", '"v=spf1 -all" "x.y"', "v=spf1 -all x.y"),
        ("CAA", '0 issue "a.b"', "\\# 10 00056973737565612e62"),
    ],
)
def test_we_read_what_dnspython_answers(kind: str, given_data: str, read_data: str) -> None:
    message = read(answer_of("www.example.org", kind, given_data))
    assert message.id == 7
    assert message.is_answer
    assert message.rcode == "NOERROR"
    assert message.questions == ((name_of("WWW.example.org."), DNS_TYPES[kind], 1),)
    (record,) = message.answers
    assert (str(record.name), record.type, record.data) == ("www.example.org", kind, read_data)


def test_names_are_compared_without_case_and_last_dot() -> None:
    assert name_of("Www.Example.ORG.") == name_of("www.example.org")
    assert name_of(".") == name_of("") == DnsName(())
    assert str(DnsName((b"a.b", b"c\0"))) == "a\\.b.c\\000"


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".org", ".".join(["x" * 60] * 5), "ä.org"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        name_of(name)


def test_a_name_that_points_at_itself_comes_to_an_end() -> None:
    header = HEADER.pack(1, 0x8000, 1, 0, 0, 0)
    for pointer in (b"\xc0\x0c", b"\xc0\x0e", b"\x01a\xc0\x0c", b"\xff\xff"):
        with pytest.raises(Malformed):
            read(header + pointer + b"\0\1\0\1")


def test_chains_of_pointers_cannot_keep_us_busy() -> None:
    """Two thousand names, each a chain of thousands of pointers."""
    chain = b"".join(struct.pack("!H", 0xC000 + max(12, at - 2)) for at in range(14, 10_000, 2))
    body = b"\0\0" + chain
    target = 12 + len(body) - 2
    record = struct.pack("!HHHIH", 0xC000 + target, 1, 1, 0, 4) + b"\0\0\0\0"
    message = HEADER.pack(1, 0x8000, 0, 2_000, 0, 0) + record * 2_000
    began = time.process_time()
    with pytest.raises(Malformed):
        read(message[:12] + body + message[12:])
    with pytest.raises(Malformed):
        read(_with_chain_in_a_record(body, record))
    assert time.process_time() - began < 1.0


def test_a_message_full_of_the_longest_names_cannot_keep_us_busy() -> None:
    longest = b"\1a" * 126 + b"\0"
    first = b"\0" + struct.pack("!HHIH", 41, 1, 0, len(longest)) + longest
    again = struct.pack("!HHHIH", 0xC000 + 12 + len(first) - len(longest), 41, 1, 0, 0)
    with pytest.raises(Malformed, match="too many parts"):
        read(HEADER.pack(1, 0x8000, 0, 5_001, 0, 0) + first + again * 5_000)


def test_a_message_full_of_ordinary_records_is_read() -> None:
    owner = b"\3www\7example\3org\0"
    first = owner + struct.pack("!HHIH", 1, 1, 0, 4) + b"\0\0\0\0"
    again = struct.pack("!HHHIH", 0xC00C, 1, 1, 0, 4) + b"\0\0\0\0"
    message = HEADER.pack(1, 0x8000, 0, 4_001, 0, 0) + first + again * 4_000
    assert len(read(message).answers) == 4_001


def _with_chain_in_a_record(body: bytes, record: bytes) -> bytes:
    """The chain as the data of a first record, and two thousand names that go through it."""
    first = b"\0" + struct.pack("!HHIH", 41, 1, 0, len(body)) + body
    pointer = struct.pack("!H", 0xC000 + 12 + len(first) - 2)
    again = pointer + record[2:]
    return HEADER.pack(1, 0x8000, 0, 2_001, 0, 0) + first + again * 2_000


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        message = read(data)
    except Malformed:
        return
    assert all(record.data.isascii() and record.data.isprintable() for record in message.answers)


@given(
    cut=st.integers(0, 200),
    flips=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6),
    kind=st.sampled_from(["MX", "TXT", "SOA", "AAAA"]),
)
def test_a_damaged_answer_is_read_or_refused(
    cut: int, flips: list[tuple[int, int]], kind: str
) -> None:
    data = {"MX": "1 a.b.", "TXT": '"x"', "SOA": "a. b. 1 2 3 4 5", "AAAA": "::1"}[kind]
    message = bytearray(answer_of("www.example.org", kind, data))
    for at, value in flips:
        message[at % len(message)] = value
    try:
        read(bytes(message[: len(message) - cut % len(message)]))
    except Malformed:
        return


def test_a_cut_answer_has_no_answers() -> None:
    wire = bytearray(answer_of("a.b", "A", "10.0.0.1"))
    wire[2] |= 0x02
    message = read(bytes(wire))
    assert message.is_truncated
    assert message.answers == ()
