"""Pure: the Ethernet frames that say, or ask, which MAC an address is at; encode beside decode.

IPv4: ARP (RFC 826) with the announcement and the probe of RFC 5227. IPv6: neighbour advertisement
and solicitation (RFC 4861). Frames are whole, from the Ethernet header on, for a packet socket.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address

from piranha.errors import WireError

IPAddress = IPv4Address | IPv6Address

BROADCAST = "ff:ff:ff:ff:ff:ff"
NOBODY = "00:00:00:00:00:00"

_ETHERNET = struct.Struct("!6s6sH")
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_IPV6 = struct.Struct("!IHBB16s16s")
_NEIGHBOUR = struct.Struct("!BBHI16s")
_LINK_ADDRESS_OPTION = struct.Struct("!BB6s")
_TYPE_ARP, _TYPE_IPV6 = 0x0806, 0x86DD
_HARDWARE_ETHERNET, _PROTOCOL_IPV4 = 1, 0x0800
_ICMPV6 = 58
_HOP_LIMIT = 255
"""A neighbour message with another one came over a router and is forged (RFC 4861, 7.1)."""
_SOLICITATION, _ADVERTISEMENT = 135, 136
_OVERRIDE = 0x20000000
_SOURCE_OPTION, _TARGET_OPTION = 1, 2
_SHORTEST_FRAME = 60
"""What Ethernet pads to; some switches drop shorter frames of a packet socket."""
_ALL_NODES = IPv6Address("ff02::1")
_UNSPECIFIED = IPv6Address("::")
_HEX_DIGITS = set("0123456789abcdefABCDEF")


class Operation(IntEnum):
    REQUEST = 1
    REPLY = 2


@dataclass(frozen=True, slots=True)
class ArpPacket:
    """The contents of one ARP packet; MACs are written aa:bb:cc:dd:ee:ff."""

    operation: Operation
    sender_mac: str
    sender_ip: IPv4Address
    target_mac: str
    target_ip: IPv4Address


@dataclass(frozen=True, slots=True)
class NeighbourAdvertisement:
    """Somebody says that it has this IPv6 address at this MAC."""

    address: IPv6Address
    mac: str


@dataclass(frozen=True, slots=True)
class NeighbourSolicitation:
    """Somebody asks who has this IPv6 address."""

    address: IPv6Address
    asker: IPv6Address
    """`::` when it only wants to know whether the address is in use (RFC 4862, 5.4)."""


Frame = ArpPacket | NeighbourAdvertisement | NeighbourSolicitation


def announcement(address: IPAddress, mac: str) -> bytes:
    """Tell the whole segment that `address` is at `mac` now.

    IPv4: an ARP request whose target is the address itself (RFC 5227, 2.3). Linux hosts believe
    it at once; the reply form with another target they ignore for a second after they learned
    the old MAC. IPv6: an unsolicited advertisement with the override flag (RFC 4861, 7.2.6).
    """
    if isinstance(address, IPv4Address):
        return encode_arp(ArpPacket(Operation.REQUEST, mac, address, NOBODY, address), BROADCAST)
    return _advertisement(address, mac)


def announcements_in_all_forms(
    address: IPAddress, mac: str, told: Iterable[IPAddress]
) -> list[bytes]:
    """The announcement and what else makes others believe it. IPv4: an unasked reply to
    everybody, and a question from the address to each of `told`, who must enter the asker into
    its table (RFC 826); those of the other kind are left out."""
    frames = [announcement(address, mac)]
    if isinstance(address, IPv4Address):
        reply = ArpPacket(Operation.REPLY, mac, address, BROADCAST, address)
        questions = (
            ArpPacket(Operation.REQUEST, mac, address, NOBODY, other)
            for other in told
            if isinstance(other, IPv4Address)
        )
        frames += [encode_arp(packet, BROADCAST) for packet in (reply, *questions)]
    return frames


def question(address: IPAddress, mac: str) -> bytes:
    """Ask who has `address`, from `mac`, without claiming any address for the asker.

    IPv4: an ARP probe, sender 0.0.0.0 (RFC 5227, 2.1.1). IPv6: a solicitation from the
    unspecified address, answered to all nodes (RFC 4862, 5.4.2).
    """
    if isinstance(address, IPv4Address):
        nobody = IPv4Address(0)
        return encode_arp(ArpPacket(Operation.REQUEST, mac, nobody, NOBODY, address), BROADCAST)
    return _solicitation(address, mac)


def encode_arp(packet: ArpPacket, destination_mac: str) -> bytes:
    """One ARP packet in an Ethernet frame from its own sender MAC to `destination_mac`."""
    sender = packed_mac(packet.sender_mac)
    body = _ARP.pack(
        _HARDWARE_ETHERNET,
        _PROTOCOL_IPV4,
        6,
        4,
        packet.operation,
        sender,
        packet.sender_ip.packed,
        packed_mac(packet.target_mac),
        packet.target_ip.packed,
    )
    frame = _ETHERNET.pack(packed_mac(destination_mac), sender, _TYPE_ARP) + body
    return frame.ljust(_SHORTEST_FRAME, b"\0")


def decode(frame: bytes) -> Frame:
    """What a frame says. Raises WireError for anything but a sound packet of these kinds."""
    if len(frame) < _ETHERNET.size:
        raise WireError(f"frame of {len(frame)} bytes is too short")
    _destination, _source, kind = _ETHERNET.unpack_from(frame)
    body = frame[_ETHERNET.size :]
    if kind == _TYPE_ARP:
        return _decode_arp(body)
    if kind == _TYPE_IPV6:
        return _decode_neighbour(body)
    raise WireError(f"frame of type 0x{kind:04x} is neither ARP nor IPv6")


def packed_mac(text: str) -> bytes:
    """aa:bb:cc:dd:ee:ff as six bytes; one-digit parts are allowed. Raises ValueError."""
    parts = text.split(":")
    if len(parts) != 6 or not all(1 <= len(p) <= 2 and set(p) <= _HEX_DIGITS for p in parts):
        raise ValueError(f'"{text}" is not a MAC such as 00:16:3e:01:02:03')
    return bytes(int(part, 16) for part in parts)


def _decode_arp(body: bytes) -> ArpPacket:
    if len(body) < _ARP.size:
        raise WireError(f"ARP packet of {len(body)} bytes is too short")
    hardware, protocol, mac_length, ip_length, operation, *rest = _ARP.unpack_from(body)
    if (hardware, protocol, mac_length, ip_length) != (_HARDWARE_ETHERNET, _PROTOCOL_IPV4, 6, 4):
        raise WireError("ARP packet is not about IPv4 over Ethernet")
    if operation not in tuple(Operation):
        raise WireError(f"ARP operation {operation} is unknown")
    sender_mac, sender_ip, target_mac, target_ip = rest
    return ArpPacket(
        Operation(operation),
        sender_mac.hex(":"),
        IPv4Address(sender_ip),
        target_mac.hex(":"),
        IPv4Address(target_ip),
    )


def _advertisement(address: IPv6Address, mac: str) -> bytes:
    option = _LINK_ADDRESS_OPTION.pack(_TARGET_OPTION, 1, packed_mac(mac))
    message = _NEIGHBOUR.pack(_ADVERTISEMENT, 0, 0, _OVERRIDE, address.packed) + option
    return _icmpv6_frame(mac, address, _ALL_NODES, message)


def _solicitation(address: IPv6Address, mac: str) -> bytes:
    """Without a source option: it must not be there when the source is unspecified."""
    multicast = IPv6Address(IPv6Address("ff02::1:ff00:0").packed[:13] + address.packed[13:])
    message = _NEIGHBOUR.pack(_SOLICITATION, 0, 0, 0, address.packed)
    return _icmpv6_frame(mac, _UNSPECIFIED, multicast, message)


def _icmpv6_frame(mac: str, source: IPv6Address, destination: IPv6Address, message: bytes) -> bytes:
    """To a multicast address, whose MAC is 33:33 and its last four bytes (RFC 2464, 7)."""
    checksum = _checksum(source, destination, message)
    message = message[:2] + struct.pack("!H", checksum) + message[4:]
    header = _IPV6.pack(
        6 << 28, len(message), _ICMPV6, _HOP_LIMIT, source.packed, destination.packed
    )
    group = b"\x33\x33" + destination.packed[12:]
    return _ETHERNET.pack(group, packed_mac(mac), _TYPE_IPV6) + header + message


def _decode_neighbour(body: bytes) -> NeighbourAdvertisement | NeighbourSolicitation:
    if len(body) < _IPV6.size + _NEIGHBOUR.size:
        raise WireError(f"IPv6 packet of {len(body)} bytes is too short")
    first, length, protocol, hop_limit, source, destination = _IPV6.unpack_from(body)
    message = body[_IPV6.size : _IPV6.size + length]
    if first >> 28 != 6 or protocol != _ICMPV6 or len(message) != length:
        raise WireError("IPv6 packet is not a whole ICMPv6 message")
    if len(message) < _NEIGHBOUR.size or hop_limit != _HOP_LIMIT:
        raise WireError("ICMPv6 message is not from a neighbour")
    if _checksum(IPv6Address(source), IPv6Address(destination), message) != 0:
        raise WireError("ICMPv6 message has a wrong checksum")
    kind, code, _sum, _flags, target = _NEIGHBOUR.unpack_from(message)
    if code != 0 or kind not in (_SOLICITATION, _ADVERTISEMENT):
        raise WireError(f"ICMPv6 message of type {kind} is not about a neighbour")
    if kind == _SOLICITATION:
        return NeighbourSolicitation(IPv6Address(target), IPv6Address(source))
    mac = _link_address(message[_NEIGHBOUR.size :], _TARGET_OPTION)
    if mac is None:
        raise WireError("neighbour advertisement does not say at which MAC")
    return NeighbourAdvertisement(IPv6Address(target), mac)


def _link_address(options: bytes, wanted: int) -> str | None:
    """Options are pieces of eight bytes (RFC 4861, 4.6)."""
    while len(options) >= 8:
        kind, pieces = options[0], options[1]
        if pieces == 0:
            raise WireError("neighbour option without a length")
        if kind == wanted and pieces == 1:
            return options[2:8].hex(":")
        options = options[8 * pieces :]
    return None


def _checksum(source: IPv6Address, destination: IPv6Address, message: bytes) -> int:
    """RFC 4443, 2.3; 0 over a message that already has a right one."""
    pseudo = source.packed + destination.packed + struct.pack("!II", len(message), _ICMPV6)
    data = pseudo + message + bytes(len(message) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
