"""What is around the fields of every datagram between the nodes: a head, and behind them a seal.

The head has a magic that names the kind, the format version, flags, and the length of the fields.
A version is for readers that would misread what is new; a new field needs none, as fields.py skips
what it does not know. The lower four flags must be understood, the upper four may be ignored.
The seal is HMAC-SHA-256 over head and fields. It is looked at before anything else is decoded.
"""

import struct
from dataclasses import dataclass, field
from enum import Enum

from piranha.errors import WireError

FORMAT_VERSION = 1
LARGEST_DATAGRAM = 1200
SEAL_SIZE = 32
KEY_SIZE = 32
HEAD = struct.Struct("!4sBBH")
ROOM = LARGEST_DATAGRAM - HEAD.size - SEAL_SIZE
"""Bytes of fields that fit; the seal's place is kept free where nothing is sealed, too."""

_SEALED = 0x01
_UNDERSTOOD = _SEALED
_MUST_BE_UNDERSTOOD = 0x0F


class Kind(Enum):
    HEARTBEAT = b"PFHB"
    ASIDE = b"PFAS"
    """What is said besides heartbeats: aside.py."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of this node: every one opens, the first one seals. Without any, nothing is sealed
    and a seal proves nothing."""

    keys: tuple[bytes, ...] = field(default=(), repr=False)
    takes_unsealed: bool = False
    """While a pair is given its first key: what is not sealed is believed, too."""

    @property
    def is_needed(self) -> bool:
        """Whether only what is sealed is believed."""
        return bool(self.keys) and not self.takes_unsealed


NO_KEYS = KeyRing()


@dataclass(frozen=True, slots=True)
class Opened:
    """One datagram without head and seal."""

    kind: Kind
    body: bytes
    """The fields, see fields.py."""
    is_sealed: bool
    """It had a seal; it was held against the keys if there are any."""


def wrap(kind: Kind, body: bytes) -> bytes:
    """A datagram that is not sealed."""
    return HEAD.pack(kind.value, FORMAT_VERSION, 0, len(body)) + body


def seal(datagram: bytes, ring: KeyRing) -> bytes:
    """The datagram with the seal of the first key; as it was without a key."""
    if not ring.keys:
        return datagram
    magic, version, flags, length = HEAD.unpack_from(datagram)
    head = HEAD.pack(magic, version, flags | _SEALED, length)
    sealed = head + datagram[HEAD.size :]
    return sealed + _seal_of(ring.keys[0], sealed)


def open_datagram(datagram: bytes, ring: KeyRing = NO_KEYS) -> Opened:
    """Whatever the bytes are; raises WireError when malformed, or not sealed as they must be."""
    if len(datagram) < HEAD.size or len(datagram) > LARGEST_DATAGRAM:
        raise WireError(f"{len(datagram)} bytes, expected {HEAD.size} to {LARGEST_DATAGRAM}")
    magic, version, flags, length = HEAD.unpack_from(datagram)
    kind = _KINDS.get(magic)
    if kind is None:
        raise WireError("it is not a heartbeat")
    if version != FORMAT_VERSION:
        raise WireError(f"format version {version}, expected {FORMAT_VERSION}")
    if unknown := flags & _MUST_BE_UNDERSTOOD & ~_UNDERSTOOD:
        raise WireError(f"flags 0x{unknown:02x} are unknown here")
    is_sealed = bool(flags & _SEALED)
    found = len(datagram) - HEAD.size - (SEAL_SIZE if is_sealed else 0)
    if length != found:
        raise WireError(f"{found} bytes of fields, announced were {length}")
    if ring.keys:
        _hold_against(datagram, ring, is_sealed)
    return Opened(kind, datagram[HEAD.size : HEAD.size + length], is_sealed)


_KINDS = {kind.value: kind for kind in Kind}


def _hold_against(datagram: bytes, ring: KeyRing, is_sealed: bool) -> None:
    if not is_sealed:
        if not ring.takes_unsealed:
            raise WireError("it is not sealed; has the partner no heartbeat_key?")
        return
    said, found = datagram[:-SEAL_SIZE], datagram[-SEAL_SIZE:]
    if not any(_is_same(_seal_of(key, said), found) for key in ring.keys):
        raise WireError("its seal fits no key of this node; have both nodes the same key file?")


def prepare() -> None:
    """Load what makes seals, ahead of the first one: who has no key saves 0.5 MB of OpenSSL."""
    import hmac  # noqa: F401


def _seal_of(key: bytes, data: bytes) -> bytes:
    import hmac

    return hmac.digest(key, data, "sha256")


def _is_same(one: bytes, other: bytes) -> bool:
    import hmac

    return hmac.compare_digest(one, other)
