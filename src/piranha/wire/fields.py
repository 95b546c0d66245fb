"""Fields of a datagram: a type (1 byte), a length (2 bytes), a value; all in network byte order.

A reader skips types that it does not know and bytes behind those that it does, so that a newer
version can add both.
"""

import struct
from collections.abc import Iterator

from piranha.errors import WireError

OVERHEAD = 3
"""Bytes that a field takes besides its value."""
LONGEST_NAME = 255
"""Bytes of UTF-8."""

_HEAD = struct.Struct("!BH")
_MICROSECONDS = 1_000_000
LARGEST_NUMBER = (1 << 64) - 1
_LARGEST_DURATION = (1 << 63) - 1


def field(kind: int, value: bytes) -> bytes:
    """One field."""
    return _HEAD.pack(kind, len(value)) + value


def fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and value of each field, in order. Raises WireError when they do not end with the
    data."""
    offset, end = 0, len(data)
    while offset < end:
        if offset + OVERHEAD > end:
            raise WireError("field without a length")
        kind, length = _HEAD.unpack_from(data, offset)
        offset += OVERHEAD
        if offset + length > end:
            raise WireError(f"field {kind} is longer than the datagram")
        yield kind, data[offset : offset + length]
        offset += length


def record(layout: struct.Struct, value: bytes) -> tuple[int, ...]:
    """The numbers of a value that is at least as long as its layout. Raises WireError."""
    if len(value) < layout.size:
        raise WireError(f"field of {len(value)} bytes, expected {layout.size}")
    return layout.unpack_from(value)


def pack_number(value: int) -> bytes:
    """A number from 0 to 2^64 - 1 in as few bytes as it needs; larger ones are sent as that."""
    value = min(value, LARGEST_NUMBER)
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def number(value: bytes) -> int:
    """Raises WireError when it has more than 64 bits."""
    if len(value) > 8:
        raise WireError(f"number in {len(value)} bytes")
    return int.from_bytes(value, "big")


def numbers(value: bytes) -> tuple[int, ...]:
    """A list of 32-bit numbers. Raises WireError."""
    if len(value) % 4:
        raise WireError(f"list of 32-bit numbers in {len(value)} bytes")
    return struct.unpack(f"!{len(value) // 4}I", value)


def pack_numbers(values: list[int]) -> bytes:
    return struct.pack(f"!{len(values)}I", *values)


def name(value: bytes) -> str:
    """A name: printable, not empty, not longer than LONGEST_NAME. Raises WireError."""
    found = text(value)
    if not found or len(value) > LONGEST_NAME or not found.isprintable():
        raise WireError("name that is empty, too long or not printable")
    return found


def text(value: bytes) -> str:
    """Text for people. Raises WireError when it is not UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise WireError("text that is not UTF-8") from None


def cut_text(value: str, size: int) -> bytes:
    """The text in at most `size` bytes, cut between characters."""
    packed = value.encode("utf-8", "replace")
    if len(packed) <= size:
        return packed
    return packed[: max(size, 0)].decode("utf-8", "ignore").encode()


def microseconds(seconds: float) -> int:
    """A duration as it is sent; what is below zero or beyond all bounds is sent as the bound."""
    if not seconds > 0:
        return 0
    return _LARGEST_DURATION if seconds > 9e12 else round(seconds * _MICROSECONDS)


def seconds(sent: int) -> float:
    """A duration as it was sent."""
    return sent / _MICROSECONDS
