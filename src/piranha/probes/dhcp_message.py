"""Pure: DHCP messages as a relay agent sends and gets them (RFC 2131, RFC 2132).

A probe asks as a relay agent does (`giaddr`), for then the answer comes straight to this node's own
address; docs/why/dhcp-as-a-relay.md says what was measured.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from piranha.script.queries import DhcpKind

SERVER_PORT = 67
"""Servers listen on it, and relay agents, too."""
_FIXED = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
_COOKIE = b"\x63\x82\x53\x63"
_REQUEST, _REPLY = 1, 2
_ETHERNET = 1
_SHORTEST = 300
"""Bytes of a message; old relay agents and servers drop shorter ones (RFC 1542 section 2.1)."""
_PAD, _KIND, _SERVER, _WISHES, _CLIENT, _END = 0, 53, 54, 55, 61, 255
_UDP = struct.Struct("!HHHH")


_NUMBERS = {DhcpKind.DISCOVER: 1, DhcpKind.INFORM: 8}
_NAMES = {1: "DISCOVER", 2: "OFFER", 3: "REQUEST", 4: "DECLINE", 5: "ACK", 6: "NAK", 8: "INFORM"}
WANTED = {DhcpKind.DISCOVER: "OFFER", DhcpKind.INFORM: "ACK"}


class Malformed(Exception):
    """It is no DHCP message."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says."""

    transaction: int
    hardware: bytes
    kind: str
    offered: IPv4Address
    """0.0.0.0: none."""
    server: IPv4Address
    """0.0.0.0: it does not say."""


def hardware_address(relay: IPv4Address) -> bytes:
    """The one hardware address in whose name a node asks: locally administered, "P" for us, and
    its own address. So a server sees the same client in every probe, and needs one address for it
    at most."""
    return b"\x02\x50" + relay.packed


def question(kind: DhcpKind, transaction: int, relay: IPv4Address) -> bytes:
    """The message that asks, for the network of this node's address `relay`."""
    hardware = hardware_address(relay)
    client = relay.packed if kind is DhcpKind.INFORM else bytes(4)
    fixed = _FIXED.pack(
        _REQUEST, _ETHERNET, 6, 1, transaction, 0, 0,
        client, bytes(4), bytes(4), relay.packed, hardware, b"", b"",
    )  # fmt: skip
    options = [
        bytes([_KIND, 1, _NUMBERS[kind]]),
        bytes([_CLIENT, 7, _ETHERNET]) + hardware,
        bytes([_WISHES, 2, 1, 3]),
        bytes([_END]),
    ]
    return (fixed + _COOKIE + b"".join(options)).ljust(_SHORTEST, b"\0")


def in_udp(message: bytes) -> bytes:
    """The message in a UDP datagram from a relay agent's port to a server's, as a raw socket sends
    it; without a checksum, which IPv4 allows."""
    return _UDP.pack(SERVER_PORT, SERVER_PORT, _UDP.size + len(message), 0) + message


def out_of_ip(packet: bytes) -> bytes:
    """What a raw socket received, without its IP and UDP headers; empty when it is too short."""
    header = (packet[0] & 0x0F) * 4 if packet else 0
    return packet[header + _UDP.size :]


def transaction_of(datagram: bytes) -> int | None:
    """Our transaction in a datagram that came back inside of an ICMP error, as far as it goes; None
    when it was not from our port to a server's."""
    if len(datagram) < _UDP.size + 8:
        return None
    source, target, _, _ = _UDP.unpack_from(datagram)
    if source != SERVER_PORT or target != SERVER_PORT:
        return None
    return int.from_bytes(datagram[_UDP.size + 4 : _UDP.size + 8])


def read(message: bytes) -> Answer:
    """Read a server's answer. Raises Malformed."""
    start = _FIXED.size + len(_COOKIE)
    if len(message) < start or message[_FIXED.size : start] != _COOKIE:
        raise Malformed("no DHCP message")
    fields = _FIXED.unpack_from(message)
    operation, hardware_kind, hardware_size, transaction = (
        fields[0],
        fields[1],
        fields[2],
        fields[4],
    )
    if operation != _REPLY:
        raise Malformed("a question, not an answer")
    if (hardware_kind, hardware_size) != (_ETHERNET, 6):
        raise Malformed("an answer for another kind of hardware")
    options = _options(message[start:])
    kind = options.get(_KIND, b"")
    server = options.get(_SERVER, b"")
    return Answer(
        transaction=transaction,
        hardware=fields[11][:6],
        kind=_NAMES.get(kind[0], f"type {kind[0]}") if len(kind) == 1 else "an answer of no type",
        offered=IPv4Address(fields[8]),
        server=IPv4Address(server) if len(server) == 4 else IPv4Address(0),
    )


def _options(data: bytes) -> dict[int, bytes]:
    """The first of each; what is cut off at the end is left out."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data) and data[at] != _END:
        if data[at] == _PAD:
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 0
        value = data[at + 2 : at + 2 + size]
        if len(value) < size or at + 1 >= len(data):
            break
        found.setdefault(data[at], value)
        at += 2 + size
    return found
