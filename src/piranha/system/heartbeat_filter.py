"""What the kernel keeps away from the heartbeat's socket in a flood, so that it wakes nobody.

Classic BPF on a UDP socket: offset 0 is the UDP header; the IP header is at a negative offset.
Ordinarily nothing is filtered, for a stranger is to be named with his address.
"""

import socket
import struct
from dataclasses import dataclass

from piranha.system.netlink import IPAddress
from piranha.system.packet_filter import (
    JUMP_IF_EQUAL,
    LOAD_WORD,
    RETURN,
    WHOLE_FRAME,
    attach,
    detach,
    instruction,
)

_LOAD_LENGTH, _JUMP_IF_GREATER, _AND = 0x80, 0x25, 0x54
_NETWORK_HEADER = 0xFFF00000
"""SKF_NET_OFF of linux/filter.h."""
_RANDOM = 0xFFFFF000 + 56
"""SKF_AD_OFF + SKF_AD_RANDOM: a load from there is a random number."""
_UDP_HEADER = 8
_SO_MEMINFO = 55
_DROPS = 8
"""Of the numbers that SO_MEMINFO tells (sock_diag(7)): what this socket was not given."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a flood that has the partner's address is held against: the datagram has this size at
    most, begins with one of these words, and where the run that is heard stands in it and a
    greater sequence number, it is let through. Of the others one of `one_of` is."""

    largest: int
    magics: tuple[bytes, ...]
    run_at: int
    """Offset of the run's 64 bits in the datagram; the 64 bits of the number follow."""
    run: int
    number: int
    """The newest sequence number heard, on any path."""
    one_of: int = 16
    """A power of two."""


@dataclass(frozen=True, slots=True)
class Shield:
    """What is kept away: everything that is not the partner's, and what a flood in its name has."""

    partner: IPAddress
    known: Known | None = None


def raise_shield(hearing: socket.socket, shield: Shield) -> None:
    """In place of the last one. Raises OSError."""
    attach(hearing, program(shield))


def lower_shield(hearing: socket.socket) -> None:
    detach(hearing)


def kept_away(hearing: socket.socket) -> int:
    """Datagrams that the kernel has not given to this socket since it was made: kept away by a
    shield, or for want of room."""
    told = hearing.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 4 * (_DROPS + 1))
    drops: int = struct.unpack_from("=I", told, 4 * _DROPS)[0]
    return drops


def program(shield: Shield) -> list[bytes]:
    """The steps; every jump that finds something wrong goes to the last one, which drops."""
    steps = _source_steps(shield.partner)
    if shield.known is not None:
        steps += _known_steps(shield.known)
    count = len(steps) + 2
    built = [
        instruction(code, value, *(_distance(jump, place, count) for jump in jumps))
        for place, (code, value, *jumps) in enumerate(steps)
    ]
    return [*built, instruction(RETURN, WHOLE_FRAME), instruction(RETURN, 0)]


Step = tuple[int, ...] | tuple[int, int, int | str, int | str]
"""Code, value, and how many steps to leave out; "keep" and "drop" are the last two steps."""


def _distance(jump: int | str, place: int, count: int) -> int:
    if isinstance(jump, int):
        return jump
    return (count - 2 if jump == "keep" else count - 1) - place - 1


def _source_steps(partner: IPAddress) -> list[Step]:
    offset = 12 if partner.version == 4 else 8
    words = struct.unpack(f"!{len(partner.packed) // 4}I", partner.packed)
    steps: list[Step] = []
    for number, word in enumerate(words):
        steps.append((LOAD_WORD, _NETWORK_HEADER + offset + 4 * number))
        steps.append((JUMP_IF_EQUAL, word, 0, "drop"))
    return steps


def _known_steps(known: Known) -> list[Step]:
    run, number = (divmod(value, 1 << 32) for value in (known.run, known.number))
    at = _UDP_HEADER + known.run_at
    magics = [int.from_bytes(magic, "big") for magic in known.magics]
    heads: list[Step] = [
        (JUMP_IF_EQUAL, magic, len(magics) - 1 - place, 0 if magic != magics[-1] else "drop")
        for place, magic in enumerate(magics)
    ]
    sample = 8
    return [
        (_LOAD_LENGTH, 0),
        (_JUMP_IF_GREATER, _UDP_HEADER + known.largest, "drop", 0),
        (LOAD_WORD, _UDP_HEADER),
        *heads,
        (LOAD_WORD, at),
        (JUMP_IF_EQUAL, run[0], 0, sample - 2),
        (LOAD_WORD, at + 4),
        (JUMP_IF_EQUAL, run[1], 0, sample - 4),
        (LOAD_WORD, at + 8),
        (JUMP_IF_EQUAL, number[0], 0, sample - 6),
        (LOAD_WORD, at + 12),
        (_JUMP_IF_GREATER, number[1], "keep", 0),
        (LOAD_WORD, _RANDOM),
        (_AND, known.one_of - 1),
        (JUMP_IF_EQUAL, 0, "keep", "drop"),
    ]
