"""DHCP messages, against the layout of RFC 2131 and against bytes that nobody sane would send."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.probes.dhcp_message import (
    Malformed,
    hardware_address,
    in_udp,
    out_of_ip,
    question,
    read,
    transaction_of,
)
from piranha.script.queries import DhcpKind

RELAY = IPv4Address("10.9.0.2")
HARDWARE = bytes.fromhex("02500a090002")


def answer(
    kind: int = 2,
    transaction: int = 0x01020304,
    offered: str = "10.9.0.100",
    hardware: bytes = HARDWARE,
    operation: int = 2,
    more: bytes = b"",
) -> bytes:
    """A server's answer, byte by byte as RFC 2131 figure 1 has it."""
    head = bytes([operation, 1, 6, 0]) + transaction.to_bytes(4) + bytes(8)
    addresses = IPv4Address(offered).packed + bytes(4) + RELAY.packed
    options = bytes([53, 1, kind, 54, 4, 10, 9, 0, 1]) + more + b"\xff"
    return head + addresses + hardware + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63" + options


def test_discover_as_a_relay_agent_sends_it() -> None:
    message = question(DhcpKind.DISCOVER, 0x01020304, RELAY)
    assert len(message) == 300
    assert message[:12] == bytes([1, 1, 6, 1, 1, 2, 3, 4, 0, 0, 0, 0])
    assert message[12:24] == bytes(12), "we have no address, and want none in particular"
    assert message[24:28] == RELAY.packed
    assert message[28:44] == HARDWARE + bytes(10)
    assert message[236:240] == b"\x63\x82\x53\x63"
    assert message[240:243] == bytes([53, 1, 1])
    assert message[243:252] == bytes([61, 7, 1]) + HARDWARE


def test_inform_says_the_address_that_we_have() -> None:
    message = question(DhcpKind.INFORM, 7, RELAY)
    assert message[12:16] == RELAY.packed
    assert message[240:243] == bytes([53, 1, 8])


def test_the_hardware_address_is_the_same_in_every_probe_and_nobodys_own() -> None:
    assert hardware_address(RELAY) == HARDWARE
    assert HARDWARE[0] & 0x02, "locally administered"
    assert not HARDWARE[0] & 0x01, "one station"


def test_an_offer_is_read() -> None:
    found = read(answer())
    assert (found.transaction, found.hardware, found.kind) == (0x01020304, HARDWARE, "OFFER")
    assert (str(found.offered), str(found.server)) == ("10.9.0.100", "10.9.0.1")


@pytest.mark.parametrize(("number", "kind"), [(5, "ACK"), (6, "NAK"), (99, "type 99")])
def test_other_kinds_are_named(number: int, kind: str) -> None:
    assert read(answer(number)).kind == kind


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"220 ready\r\n",
        question(DhcpKind.DISCOVER, 1, RELAY),
        answer()[:239],
        answer().replace(b"\x63\x82\x53\x63", b"\x63\x82\x53\x64"),
    ],
)
def test_what_is_no_answer_is_refused(message: bytes) -> None:
    with pytest.raises(Malformed):
        read(message)


def test_what_comes_after_the_end_or_is_cut_off_is_left_out() -> None:
    assert read(answer(more=b"\x00\x00\x0c\x02ab\xff\x35\x01\x06")).kind == "OFFER"
    assert str(read(answer()[:-8]).server) == "0.0.0.0"
    assert read(answer(more=b"\x35\x01\x06")).kind == "OFFER", "the first one counts"


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for message in (data, answer()[:240] + data):
        try:
            found = read(message)
        except Malformed:
            continue
        assert found.kind.isprintable()


@given(st.binary(max_size=40))
def test_any_bytes_of_a_raw_socket_have_a_message(data: bytes) -> None:
    assert len(out_of_ip(data)) <= len(data)
    transaction_of(data)


def test_a_datagram_that_came_back_is_known_by_its_transaction() -> None:
    datagram = in_udp(question(DhcpKind.DISCOVER, 0x01020304, RELAY))
    assert transaction_of(datagram) == 0x01020304
    assert transaction_of(datagram[:16]) == 0x01020304
    assert transaction_of(datagram[:15]) is None
    assert transaction_of(b"\0\x44" + datagram[2:]) is None
    assert out_of_ip(b"\x45" + bytes(19) + datagram) == datagram[8:]
