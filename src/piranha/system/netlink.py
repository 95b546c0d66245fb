"""Messages of rtnetlink(7) as bytes, and back; the few kinds that addresses and links need."""

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from socket import AF_INET, AF_INET6
from typing import NamedTuple

IPAddress = IPv4Address | IPv6Address

ERROR, DONE = 2, 3
NEW_LINK, DELETE_LINK, GET_LINK = 16, 17, 18
NEW_ADDRESS, DELETE_ADDRESS, GET_ADDRESS = 20, 21, 22
NEW_NEIGHBOUR, GET_NEIGHBOUR = 28, 30
REQUEST, ACKNOWLEDGE, DUMP = 0x01, 0x04, 0x300
REPLACE, CREATE = 0x100, 0x400
DUMP_INTERRUPTED = 0x10
FOREVER = 0xFFFFFFFF
"""Seconds, as the kernel writes the lifetime of a permanent address."""

_HEADER = struct.Struct("=IHHII")
_ADDRESS_BODY = struct.Struct("=BBBBI")
_LINK_BODY = struct.Struct("=BxHiII")
_NEIGHBOUR_BODY = struct.Struct("=B3xiHBB")
_ATTRIBUTE = struct.Struct("=HH")
_CACHE_INFO = struct.Struct("=IIII")
_IFA_ADDRESS, _IFA_LOCAL, _IFA_LABEL, _IFA_CACHEINFO, _IFA_FLAGS = 1, 2, 3, 6, 8
_IFLA_ADDRESS, _IFLA_IFNAME = 1, 3
_NDA_DST, _NDA_LLADDR = 1, 2
_NUD_INCOMPLETE, _NUD_FAILED = 0x01, 0x20
_IFA_F_NODAD = 0x02
_IFF_UP, _IFF_LOWER_UP = 0x1, 0x10000


class Message(NamedTuple):
    kind: int
    flags: int
    sequence: int
    body: bytes


class AddressRecord(NamedTuple):
    """One address on one device, as the kernel tells it."""

    address: IPAddress
    prefix_length: int
    device_index: int
    """The device's number."""
    lifetime_seconds: int
    """What is left, whole seconds rounded by the kernel; FOREVER for a permanent one."""


class LinkRecord(NamedTuple):
    """One device."""

    device_index: int
    name: str
    mac: str | None
    has_carrier: bool
    """It is up and so is the layer below it."""


def messages(data: bytes) -> Iterator[Message]:
    """The messages of one datagram from the kernel."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, flags, sequence, _port = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size:
            return
        yield Message(kind, flags, sequence, data[offset + _HEADER.size : offset + length])
        offset += _aligned(length)


def add_address(
    sequence: int, address: IPAddress, index: int, label: str, lifetime_seconds: int
) -> bytes:
    """Add this address as /32 or /128, or give the one that is there a new lifetime.

    An IPv6 address skips duplicate address detection, which would hold it back for a second, and
    is never chosen as a source (preferred lifetime 0). Labels are for IPv4 only.
    """
    is_ipv4 = address.version == 4
    preferred = lifetime_seconds if is_ipv4 else 0
    attributes = _host_attributes(address)
    attributes += _attribute(_IFA_CACHEINFO, _CACHE_INFO.pack(preferred, lifetime_seconds, 0, 0))
    if is_ipv4:
        attributes += _attribute(_IFA_LABEL, label.encode() + b"\0")
    else:
        attributes += _attribute(_IFA_FLAGS, struct.pack("=I", _IFA_F_NODAD))
    flags = REQUEST | ACKNOWLEDGE | CREATE | REPLACE
    return _message(NEW_ADDRESS, flags, sequence, _address_body(address, index) + attributes)


def delete_address(sequence: int, address: IPAddress, index: int) -> bytes:
    """Delete this /32 or /128; the same address with a shorter prefix is another one."""
    body = _address_body(address, index) + _host_attributes(address)
    return _message(DELETE_ADDRESS, REQUEST | ACKNOWLEDGE, sequence, body)


def list_addresses(sequence: int) -> bytes:
    """Ask for all addresses of both families."""
    return _message(GET_ADDRESS, REQUEST | DUMP, sequence, _ADDRESS_BODY.pack(0, 0, 0, 0, 0))


def list_links(sequence: int) -> bytes:
    """Ask for all devices."""
    return _message(GET_LINK, REQUEST | DUMP, sequence, _LINK_BODY.pack(0, 0, 0, 0, 0))


def ask_link(sequence: int, name: str) -> bytes:
    """Ask for one device by its name."""
    body = _LINK_BODY.pack(0, 0, 0, 0, 0) + _attribute(_IFLA_IFNAME, name.encode() + b"\0")
    return _message(GET_LINK, REQUEST, sequence, body)


def ask_neighbour(sequence: int, address: IPAddress, index: int) -> bytes:
    """Ask what the device's table of neighbours says of an address."""
    family = AF_INET if address.version == 4 else AF_INET6
    body = _NEIGHBOUR_BODY.pack(family, index, 0, 0, 0) + _attribute(_NDA_DST, address.packed)
    return _message(GET_NEIGHBOUR, REQUEST, sequence, body)


def read_error(message: Message) -> int:
    """The errno of an ERROR message; 0 is an acknowledgement."""
    return -int(struct.unpack_from("=i", message.body)[0])


def read_address(message: Message) -> AddressRecord | None:
    """What a NEW_ADDRESS or DELETE_ADDRESS message says; None for other families."""
    family, prefix_length, _flags, _scope, index = _ADDRESS_BODY.unpack_from(message.body)
    attributes = _read_attributes(message.body, _ADDRESS_BODY.size)
    packed = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
    if packed is None or family not in (AF_INET, AF_INET6):
        return None
    cache = attributes.get(_IFA_CACHEINFO)
    lifetime = _CACHE_INFO.unpack(cache)[1] if cache else FOREVER
    address = IPv4Address(packed) if family == AF_INET else IPv6Address(packed)
    return AddressRecord(address, prefix_length, index, lifetime)


def read_link(message: Message) -> LinkRecord:
    """What a NEW_LINK or DELETE_LINK message says."""
    _family, _type, index, flags, _change = _LINK_BODY.unpack_from(message.body)
    attributes = _read_attributes(message.body, _LINK_BODY.size)
    name = attributes.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode(errors="replace")
    packed = attributes.get(_IFLA_ADDRESS, b"")
    mac = packed.hex(":") if len(packed) == 6 else None
    needed = _IFF_UP | _IFF_LOWER_UP
    return LinkRecord(index, name, mac, flags & needed == needed)


def read_neighbour(message: Message) -> str | None:
    """The MAC that a NEW_NEIGHBOUR message tells; None: nobody has answered for the address."""
    _family, _index, state, _flags, _type = _NEIGHBOUR_BODY.unpack_from(message.body)
    packed = _read_attributes(message.body, _NEIGHBOUR_BODY.size).get(_NDA_LLADDR, b"")
    is_known = packed and not state & (_NUD_INCOMPLETE | _NUD_FAILED)
    return packed.hex(":") if is_known else None


def _message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body


def _address_body(address: IPAddress, index: int) -> bytes:
    family = AF_INET if address.version == 4 else AF_INET6
    return _ADDRESS_BODY.pack(family, address.max_prefixlen, 0, 0, index)


def _host_attributes(address: IPAddress) -> bytes:
    return _attribute(_IFA_LOCAL, address.packed) + _attribute(_IFA_ADDRESS, address.packed)


def _attribute(kind: int, value: bytes) -> bytes:
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + bytes(_aligned(length) - length)


def _read_attributes(body: bytes, offset: int) -> dict[int, bytes]:
    attributes = {}
    while offset + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, offset)
        if length < _ATTRIBUTE.size:
            break
        attributes[kind & 0x3FFF] = body[offset + _ATTRIBUTE.size : offset + length]
        offset += _aligned(length)
    return attributes


def _aligned(length: int) -> int:
    return (length + 3) & ~3
