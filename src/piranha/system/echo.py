"""ICMP echo, IPv4 and IPv6: asks an address, hears which questions were answered (RFC 792, 4443).

One raw socket a family. The kernel drops everything but echo replies to this socket's identifier,
so that no other ICMP wakes anybody.
"""

import contextlib
import errno
import os
import socket
import struct
from ipaddress import IPv4Address
from typing import NamedTuple

from piranha.system import packet_filter
from piranha.system.netlink import IPAddress
from piranha.system.packet_filter import JUMP_IF_EQUAL, LOAD_BYTE, LOAD_HALF, RETURN, instruction
from piranha.system.randomness import draw, token
from piranha.system.refused import refused

_ECHO = struct.Struct("!BBHHH")
_REQUEST, _REPLY = 8, 0
_REQUEST6, _REPLY6 = 128, 129
_LOAD_HEADER_LENGTH, _LOAD_BYTE_BEHIND, _LOAD_HALF_BEHIND = 0xB1, 0x50, 0x48
"""BPF: X = length of the IPv4 header; loads from X on."""
_IDENTIFIER_OFFSET = 4
_TOKEN_SIZE = 8
_LARGEST_REPLY = 256
_LARGEST_DRAIN = 64
"""Replies in one call, so that a flood cannot hold the loop."""
_RECEIVE_BUFFER = 16 * 1024


class EchoReply(NamedTuple):
    """This address has answered that question."""

    address: str
    """As the kernel writes it, "fe80::1%eth0" with its scope."""
    number: int


class Echo:
    """One family: 4 or 6."""

    def __init__(self, version: int) -> None:
        """Raises OSError."""
        self.version = version
        self._identifier = draw(16)
        self._token = token(_TOKEN_SIZE)
        """Nobody who does not see our questions can answer them."""
        family, protocol = (
            (socket.AF_INET, socket.IPPROTO_ICMP)
            if version == 4
            else (socket.AF_INET6, socket.IPPROTO_ICMPV6)
        )
        try:
            self._socket = socket.socket(family, socket.SOCK_RAW, protocol)
        except OSError as error:
            raise refused(f"cannot ask by ICMP (IPv{version})", error) from error
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        packet_filter.attach(self._socket, _reply_filter(version, self._identifier))

    def fileno(self) -> int:
        return self._socket.fileno()

    def ask(self, address: IPAddress, number: int) -> str:
        """Send question `number` (16 bits). Returns why it could not be sent; empty when it was."""
        kind = _REQUEST if self.version == 4 else _REQUEST6
        head = _ECHO.pack(kind, 0, 0, self._identifier, number)
        if isinstance(address, IPv4Address):  # for IPv6 the kernel does it
            head = _ECHO.pack(kind, 0, _checksum(head + self._token), self._identifier, number)
        try:
            self._socket.sendto(head + self._token, _destination(address))
        except OSError as error:
            return os.strerror(error.errno or errno.EIO)
        return ""

    def replies(self) -> list[EchoReply]:
        """What was answered since the last call, in the order of arrival."""
        found: list[EchoReply] = []
        with contextlib.suppress(OSError):  # nothing more, or an error of sending told late
            for _ in range(_LARGEST_DRAIN):
                data, source = self._socket.recvfrom(_LARGEST_REPLY)
                number = self._number(data)
                if number is not None:
                    found.append(EchoReply(source[0], number))
        return found

    def close(self) -> None:
        self._socket.close()

    def _number(self, data: bytes) -> int | None:
        """The number of a reply to us; None for anything else. An IPv4 packet comes whole."""
        body = data[(data[0] & 0xF) * 4 :] if self.version == 4 and data else data
        if len(body) != _ECHO.size + _TOKEN_SIZE or body[_ECHO.size :] != self._token:
            return None
        kind, code, _sum, identifier, number = _ECHO.unpack_from(body)
        wanted = _REPLY if self.version == 4 else _REPLY6
        if (kind, code, identifier) != (wanted, 0, self._identifier):
            return None
        return int(number)


def _destination(address: IPAddress) -> tuple[object, ...]:
    """With the scope of a link-local address (fe80::1%eth0)."""
    found = socket.getaddrinfo(str(address), 0, flags=socket.AI_NUMERICHOST)
    return found[0][4]


def _checksum(data: bytes) -> int:
    """RFC 1071, over an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _reply_filter(version: int, identifier: int) -> list[bytes]:
    """Classic BPF: echo replies with this identifier, whole."""
    if version == 4:
        start = [instruction(_LOAD_HEADER_LENGTH, 0)]
        load_byte, load_half, reply = _LOAD_BYTE_BEHIND, _LOAD_HALF_BEHIND, _REPLY
    else:
        start, load_byte, load_half, reply = [], LOAD_BYTE, LOAD_HALF, _REPLY6
    return [
        *start,
        instruction(load_byte, 0),
        instruction(JUMP_IF_EQUAL, reply, if_not=3),
        instruction(load_half, _IDENTIFIER_OFFSET),
        instruction(JUMP_IF_EQUAL, identifier, if_not=1),
        instruction(RETURN, _LARGEST_REPLY),
        instruction(RETURN, 0),
    ]
