"""ARP and neighbour frames: what the standards ask for, byte by byte, and back."""

import contextlib
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.errors import WireError
from piranha.wire.arp_frame import (
    BROADCAST,
    NOBODY,
    ArpPacket,
    NeighbourAdvertisement,
    NeighbourSolicitation,
    Operation,
    announcement,
    announcements_in_all_forms,
    decode,
    encode_arp,
    packed_mac,
    question,
)

MAC = "02:00:00:00:00:aa"
VIP, VIP6 = IPv4Address("10.0.0.5"), IPv6Address("2001:db8::12:3456")
macs = st.binary(min_size=6, max_size=6).map(lambda packed: packed.hex(":"))
packets = st.builds(
    ArpPacket,
    st.sampled_from(Operation),
    macs,
    st.ip_addresses(v=4),
    macs,
    st.ip_addresses(v=4),
)


def test_an_ipv4_announcement_is_a_request_for_the_address_itself() -> None:
    frame = announcement(VIP, MAC)
    assert frame[:14].hex(" ") == "ff ff ff ff ff ff 02 00 00 00 00 aa 08 06"
    assert frame[14:42].hex() == (
        "00010800" + "0604" + "0001" + "0200000000aa" + "0a000005" + "000000000000" + "0a000005"
    )


def test_an_ipv4_question_claims_nothing() -> None:
    assert decode(question(VIP, MAC)) == ArpPacket(
        Operation.REQUEST, MAC, IPv4Address("0.0.0.0"), NOBODY, VIP
    )


@pytest.mark.parametrize("frame", [announcement(VIP, MAC), question(VIP, MAC)])
def test_an_arp_frame_is_as_long_as_ethernet_asks(frame: bytes) -> None:
    assert len(frame) == 60


def test_all_forms_are_a_request_a_reply_and_a_question_to_each_witness_of_the_kind() -> None:
    vip, gateway, other = (
        IPv4Address("10.0.0.10"),
        IPv4Address("10.0.0.254"),
        IPv6Address("fe80::1"),
    )
    mac = "02:00:00:00:00:01"
    frames = announcements_in_all_forms(vip, mac, [gateway, other])
    assert frames[0] == announcement(vip, mac)
    said = [decode(frame) for frame in frames]
    assert [(p.operation, p.sender_ip, p.target_ip) for p in said] == [
        (Operation.REQUEST, vip, vip),
        (Operation.REPLY, vip, vip),
        (Operation.REQUEST, vip, gateway),
    ]
    assert {p.sender_mac for p in said} == {mac}
    assert announcements_in_all_forms(other, mac, [gateway]) == [announcement(other, mac)]


def test_an_ipv6_announcement_goes_to_all_nodes_and_overrides() -> None:
    frame = announcement(VIP6, MAC)
    assert frame[:14].hex() == "333300000001" + "0200000000aa" + "86dd"
    assert frame[14:22].hex() == "60000000" + "0020" + "3aff"
    assert IPv6Address(frame[22:38]) == VIP6
    assert IPv6Address(frame[38:54]) == IPv6Address("ff02::1")
    assert frame[54:56].hex() == "8800"
    assert frame[58:62].hex() == "20000000"
    assert IPv6Address(frame[62:78]) == VIP6
    assert frame[78:].hex() == "0201" + "0200000000aa"
    assert decode(frame) == NeighbourAdvertisement(VIP6, MAC)


def test_an_ipv6_question_comes_from_nobody_to_the_solicited_nodes() -> None:
    frame = question(VIP6, MAC)
    assert frame[:6].hex() == "3333ff123456"
    assert IPv6Address(frame[22:38]) == IPv6Address("::")
    assert IPv6Address(frame[38:54]) == IPv6Address("ff02::1:ff12:3456")
    assert len(frame) == 78, "no source option may follow"
    assert decode(frame) == NeighbourSolicitation(VIP6, IPv6Address("::"))


@given(packets, macs)
def test_an_arp_packet_comes_back(packet: ArpPacket, destination: str) -> None:
    frame = encode_arp(packet, destination)
    assert decode(frame) == packet
    assert frame[:6] == packed_mac(destination)


@given(st.ip_addresses(v=6), macs)
def test_a_neighbour_message_comes_back(address: IPv6Address, mac: str) -> None:
    assert decode(announcement(address, mac)) == NeighbourAdvertisement(address, mac)
    assert decode(question(address, mac)) == NeighbourSolicitation(address, IPv6Address("::"))


@given(st.integers(14, 85), st.integers(1, 255))
def test_a_damaged_neighbour_message_is_not_believed(place: int, damage: int) -> None:
    frame = bytearray(announcement(VIP6, MAC))
    frame[place] ^= damage
    with contextlib.suppress(WireError):
        assert decode(bytes(frame)) == NeighbourAdvertisement(VIP6, MAC)


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (b"", "frame of 0 bytes"),
        (bytes(60), "type 0x0000"),
        (announcement(VIP, MAC)[:41], "ARP packet of 27 bytes"),
        (announcement(VIP, MAC)[:14] + bytes(28), "not about IPv4"),
        (encode_arp(ArpPacket(Operation.REPLY, MAC, VIP, MAC, VIP), MAC)[:21] + b"\x09"
         + bytes(30), "operation 9"),
        (announcement(VIP6, MAC)[:70], "IPv6 packet of 56 bytes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(frame: bytes, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        decode(frame)


@given(st.binary(max_size=120))
def test_random_frames_are_survived(body: bytes) -> None:
    for kind in (b"\x08\x06", b"\x86\xdd", b""):
        with contextlib.suppress(WireError):
            decode(bytes(12) + kind + body)


@given(st.binary(max_size=60))
def test_random_options_are_survived(options: bytes) -> None:
    frame = bytearray(announcement(VIP6, MAC)[:78] + options)
    frame[18:20] = (24 + len(options)).to_bytes(2, "big")
    with contextlib.suppress(WireError):
        decode(bytes(frame))


@pytest.mark.parametrize("text", ["2:0:0:0:0:aa", "02:00:00:00:00:AA"])
def test_a_mac_may_be_written_in_two_ways(text: str) -> None:
    assert packed_mac(text) == b"\x02\0\0\0\0\xaa"


@pytest.mark.parametrize(
    "text", ["", "02:00:00:00:00", "02:00:00:00:00:00:00", "02:00:00:00:00:xx", "+2:0:0:0:0:0",
             "02:00:00:00:00:", "٣:0:0:0:0:0", "0200000000aa"],
)  # fmt: skip
def test_what_is_no_mac_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a MAC"):
        packed_mac(text)


def test_broadcast_is_everybody() -> None:
    assert packed_mac(BROADCAST) == b"\xff" * 6
