"""What the nodes say besides heartbeats: does this run of you live, and what says your file?

A challenge has a number that was never sent before; whoever answers it lives now, however old the
heartbeats are that somebody plays. A section of the file is told in pages, each in one datagram.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from piranha.errors import WireError
from piranha.terms import Side
from piranha.wire import envelope, fields
from piranha.wire.envelope import Kind

MOST_PAGES = 32
LONGEST_VALUE = 300
"""Bytes of UTF-8; longer ones are cut, and their digest tells whether they differ."""
DIGEST_SIZE = 4


@dataclass(frozen=True, slots=True)
class Challenge:
    """Which run of you lives now?"""

    nonce: int
    """64 random bits, never sent before."""


@dataclass(frozen=True, slots=True)
class ChallengeAnswered:
    """This one, and these heartbeats of it are sent already."""

    nonce: int
    incarnation: int
    sequence: int
    """Of the newest heartbeat sent."""


@dataclass(frozen=True, slots=True)
class SectionAsked:
    """What does your file say in this section?"""

    number: int
    """Of the question, 32 bits; the answer repeats it."""
    page: int
    section: str


@dataclass(frozen=True, slots=True)
class EntryTold:
    keyword: str
    value: str
    """As it is written; empty where it is a secret."""
    is_secret: bool
    digest: bytes
    """The first 4 bytes of SHA-256 over the whole value."""


@dataclass(frozen=True, slots=True)
class SectionTold:
    """One page of a section as the running pulse read it."""

    number: int
    page: int
    pages: int
    is_there: bool
    """False: the file has no such section."""
    entries: tuple[EntryTold, ...]


Talk = Challenge | ChallengeAnswered | SectionAsked | SectionTold


@dataclass(frozen=True, slots=True)
class Aside:
    cluster: str
    node: Side
    talk: Talk


_SIDES = (Side.PRIMARY, Side.BACKUP)
_NODE = struct.Struct("!B")
_CHALLENGE = struct.Struct("!Q")
_ANSWERED = struct.Struct("!QQQ")
_ASKED = struct.Struct("!IH")
_TOLD = struct.Struct("!IHHB")
_ENTRY = struct.Struct(f"!B{DIGEST_SIZE}sB")


class _Field(IntEnum):
    NODE = 1
    CLUSTER = 2
    CHALLENGE = 3
    ANSWERED = 4
    ASKED = 5
    TOLD = 6
    ENTRY = 7


def encode(aside: Aside) -> bytes:
    """One datagram, not sealed. Raises WireError when its entries do not fit (see `pages`)."""
    talk = aside.talk
    parts = [
        fields.field(_Field.NODE, _NODE.pack(_SIDES.index(aside.node))),
        fields.field(_Field.CLUSTER, aside.cluster.encode()),
    ]
    match talk:
        case Challenge():
            parts.append(fields.field(_Field.CHALLENGE, _CHALLENGE.pack(talk.nonce)))
        case ChallengeAnswered():
            value = _ANSWERED.pack(talk.nonce, talk.incarnation, talk.sequence)
            parts.append(fields.field(_Field.ANSWERED, value))
        case SectionAsked():
            value = _ASKED.pack(talk.number, talk.page) + talk.section.encode()
            parts.append(fields.field(_Field.ASKED, value))
        case SectionTold():
            value = _TOLD.pack(talk.number, talk.page, talk.pages, talk.is_there)
            parts.append(fields.field(_Field.TOLD, value))
            parts += [fields.field(_Field.ENTRY, _pack_entry(entry)) for entry in talk.entries]
    body = b"".join(parts)
    if len(body) > envelope.ROOM:
        raise WireError(f"{len(body)} bytes do not fit into one datagram")
    return envelope.wrap(Kind.ASIDE, body)


def read(body: bytes) -> Aside:
    """What stands in the fields of an aside; a kind of talk that is unknown here is a WireError,
    as everything else that is malformed."""
    found: dict[int, bytes] = {}
    entries: list[EntryTold] = []
    for kind, value in fields.fields(body):
        if kind == _Field.ENTRY:
            entries.append(_read_entry(value))
        else:
            found[kind] = value
    (side,) = fields.record(_NODE, found.get(_Field.NODE, b""))
    if side >= len(_SIDES):
        raise WireError(f"side {side} is unknown")
    cluster = fields.name(found.get(_Field.CLUSTER, b""))
    return Aside(cluster, _SIDES[side], _read_talk(found, tuple(entries)))


def _read_talk(found: dict[int, bytes], entries: tuple[EntryTold, ...]) -> Talk:
    if _Field.CHALLENGE in found:
        return Challenge(*fields.record(_CHALLENGE, found[_Field.CHALLENGE]))
    if _Field.ANSWERED in found:
        return ChallengeAnswered(*fields.record(_ANSWERED, found[_Field.ANSWERED]))
    if _Field.ASKED in found:
        value = found[_Field.ASKED]
        number, page = fields.record(_ASKED, value)
        return SectionAsked(number, page, fields.name(value[_ASKED.size :]))
    if _Field.TOLD in found:
        number, page, pages, is_there = fields.record(_TOLD, found[_Field.TOLD])
        if not 0 < pages <= MOST_PAGES:
            raise WireError(f"{pages} pages, expected 1 to {MOST_PAGES}")
        return SectionTold(number, page, pages, bool(is_there), entries)
    raise WireError("what it says is unknown here")


def pages(entries: tuple[EntryTold, ...], room: int = envelope.ROOM) -> list[tuple[EntryTold, ...]]:
    """The entries in as many pages as they need, at least one and at most MOST_PAGES; what does
    not fit into those is left out. Room is kept for the longest name of a cluster."""
    free = room - 4 * fields.OVERHEAD - _NODE.size - _TOLD.size - fields.LONGEST_NAME
    found: list[tuple[EntryTold, ...]] = []
    page: list[EntryTold] = []
    left = free
    for entry in entries:
        size = fields.OVERHEAD + len(_pack_entry(entry))
        if size > left and page:
            found.append(tuple(page))
            page, left = [], free
        page.append(entry)
        left -= size
    return [*found, tuple(page)][:MOST_PAGES]


def _pack_entry(entry: EntryTold) -> bytes:
    keyword = fields.cut_text(entry.keyword, fields.LONGEST_NAME)
    head = _ENTRY.pack(entry.is_secret, entry.digest[:DIGEST_SIZE], len(keyword))
    value = b"" if entry.is_secret else fields.cut_text(entry.value, LONGEST_VALUE)
    return head + keyword + value


def _read_entry(value: bytes) -> EntryTold:
    if len(value) < _ENTRY.size:
        raise WireError(f"entry of {len(value)} bytes, expected at least {_ENTRY.size}")
    is_secret, digest, length = _ENTRY.unpack_from(value)
    end = _ENTRY.size + length
    if end > len(value):
        raise WireError("entry whose keyword is longer than itself")
    keyword = fields.name(value[_ENTRY.size : end])
    return EntryTold(keyword, fields.text(value[end:]), bool(is_secret), digest)
