"""One heartbeat: what a node says of itself, in one datagram of at most 1,200 bytes.

A datagram is the fields (fields.py) between a head and a seal (envelope.py). Fields that a reader
does not know are skipped. Names, states and numbers of every group are always in; service tags,
then reasons, then digests get the room that is left.
"""

import struct
from dataclasses import dataclass, field
from enum import IntEnum

from piranha.errors import WireError
from piranha.terms import Side
from piranha.wire import envelope, fields, group_beat
from piranha.wire.envelope import LARGEST_DATAGRAM as LARGEST_DATAGRAM
from piranha.wire.envelope import SEAL_SIZE as SEAL_SIZE
from piranha.wire.envelope import Kind
from piranha.wire.group_beat import GroupBeat as GroupBeat


@dataclass(frozen=True, slots=True)
class PathHeard:
    """What the sender last heard from its partner on one path."""

    path: int
    """0 is primary/backup, 1 the private pair."""
    incarnation: int
    sequence: int
    """The newest sequence number heard there: this acknowledges it and every earlier one."""
    age_seconds: float


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """All times are durations or ages in seconds: the nodes' clocks are never compared."""

    cluster: str
    node: Side
    incarnation: int
    """Random, 64 bits, new at each start of pulse."""
    sequence: int
    keepalive_seconds: float
    deadtime_seconds: float
    serial_no: int
    wants_answer: bool
    """The sender serves or claims, so it needs an acknowledgement at once. Answers do not want
    answers."""
    is_goodbye: bool
    """An orderly end: the partner need not wait for its deadtime."""
    has_carrier: bool
    sees_witness: bool | None
    """None: no witness is configured."""
    frozen_seconds: float
    """How long the sender itself stood still, told for one deadtime after it; else 0."""
    saw_segment: bool = False
    """While it served and its partner was silent, the sender saw frames of a third station."""
    heard: tuple[PathHeard, ...] = ()
    groups: tuple[GroupBeat, ...] = ()
    digests: dict[str, bytes] = field(default_factory=dict)


_NODE = struct.Struct("!BBQQQQQQ")
_HEARD = struct.Struct("!BQQQ")
RUN_OFFSET = envelope.HEAD.size + fields.OVERHEAD + 2
"""Where the incarnation stands in a datagram; the sequence number follows it, 64 bits each. A
filter in the kernel looks there, so the first field stays what it is."""
_DIGEST_SIZE = 8
_LONGEST_DURATION = 1 << 32
"""Seconds of keepalive or deadtime that a reader believes."""
_MOST_PATHS = 8
_SIDES = (Side.PRIMARY, Side.BACKUP)
_WANTS_ANSWER, _GOODBYE, _CARRIER, _HAS_WITNESS, _WITNESS, _SEGMENT = 1, 2, 4, 8, 16, 32


class _Field(IntEnum):
    NODE = 1
    CLUSTER = 2
    HEARD = 3
    GROUP = 4
    DIGEST = 5


def encode(beat: Heartbeat) -> bytes:
    """One datagram, not sealed. What does not fit is left out from the end, in the order that the
    head of this file gives.

    Raises WireError when not even the names and states of all groups fit. There is room for 8
    groups with names of 32 letters whatever happens to them, and for 20 with short names in
    everyday life.
    """
    parts = [
        fields.field(_Field.NODE, _pack_node(beat)),
        fields.field(_Field.CLUSTER, beat.cluster.encode()),
        *(fields.field(_Field.HEARD, _pack_heard(heard)) for heard in beat.heard),
    ]
    groups = [group_beat.pack(group) for group in beat.groups]
    room = envelope.ROOM
    room -= sum(map(len, parts)) + sum(len(group) + fields.OVERHEAD for group in groups)
    if room < 0:
        raise WireError(f"{len(groups)} groups do not fit into one heartbeat")
    for number, group in enumerate(beat.groups):
        tags, is_cut = group_beat.pack_tags(group, room)
        groups[number] = group_beat.pack(group, is_cut) + tags
        room -= len(tags)
    for number, group in enumerate(beat.groups):
        reasons = group_beat.pack_reasons(group, room)
        groups[number] += reasons
        room -= len(reasons)
    parts += [fields.field(_Field.GROUP, group) for group in groups]
    parts.append(_pack_digests(beat.digests, room))
    return envelope.wrap(Kind.HEARTBEAT, b"".join(parts))


def decode(datagram: bytes) -> Heartbeat:
    """The heartbeat of one datagram, whatever the bytes are; no seal is looked at. Raises
    WireError."""
    opened = envelope.open_datagram(datagram)
    if opened.kind is not Kind.HEARTBEAT:
        raise WireError("it is not a heartbeat")
    return read(opened.body)


def read(body: bytes) -> Heartbeat:
    """The heartbeat whose fields these are. Raises WireError."""
    node: bytes | None = None
    cluster: str | None = None
    heard: list[PathHeard] = []
    groups: dict[str, GroupBeat] = {}
    digests: dict[str, bytes] = {}
    for kind, value in fields.fields(body):
        if kind == _Field.NODE:
            node = value
        elif kind == _Field.CLUSTER:
            cluster = fields.name(value)
        elif kind == _Field.HEARD:
            heard.append(_read_heard(value))
        elif kind == _Field.GROUP:
            group = group_beat.read(value)
            groups[group.name] = group
        elif kind == _Field.DIGEST:
            digests[fields.name(value[_DIGEST_SIZE:])] = value[:_DIGEST_SIZE]
    if node is None or cluster is None:
        raise WireError("it does not say who sends it")
    if len(heard) > _MOST_PATHS:
        raise WireError(f"{len(heard)} paths")
    return _read_node(node, cluster, tuple(heard), tuple(groups.values()), digests)


def _pack_node(beat: Heartbeat) -> bytes:
    flags = (
        (_WANTS_ANSWER if beat.wants_answer else 0)
        | (_GOODBYE if beat.is_goodbye else 0)
        | (_CARRIER if beat.has_carrier else 0)
        | (0 if beat.sees_witness is None else _HAS_WITNESS)
        | (_WITNESS if beat.sees_witness else 0)
        | (_SEGMENT if beat.saw_segment else 0)
    )
    return _NODE.pack(
        _SIDES.index(beat.node),
        flags,
        beat.incarnation,
        beat.sequence,
        fields.microseconds(beat.keepalive_seconds),
        fields.microseconds(beat.deadtime_seconds),
        min(beat.serial_no, fields.LARGEST_NUMBER),
        fields.microseconds(beat.frozen_seconds),
    )


def _read_node(
    value: bytes,
    cluster: str,
    heard: tuple[PathHeard, ...],
    groups: tuple[GroupBeat, ...],
    digests: dict[str, bytes],
) -> Heartbeat:
    side, flags, incarnation, sequence, *rest = fields.record(_NODE, value)
    keepalive, deadtime, serial_no, frozen = rest
    if side >= len(_SIDES):
        raise WireError(f"side {side} is unknown")
    if not (keepalive > 0 and 0 < deadtime < _LONGEST_DURATION * 1_000_000):
        raise WireError(f"keepalive {keepalive} and deadtime {deadtime} microseconds")
    return Heartbeat(
        cluster=cluster,
        node=_SIDES[side],
        incarnation=incarnation,
        sequence=sequence,
        keepalive_seconds=fields.seconds(keepalive),
        deadtime_seconds=fields.seconds(deadtime),
        serial_no=serial_no,
        wants_answer=bool(flags & _WANTS_ANSWER),
        is_goodbye=bool(flags & _GOODBYE),
        has_carrier=bool(flags & _CARRIER),
        sees_witness=bool(flags & _WITNESS) if flags & _HAS_WITNESS else None,
        frozen_seconds=fields.seconds(frozen),
        saw_segment=bool(flags & _SEGMENT),
        heard=heard,
        groups=groups,
        digests=digests,
    )


def _pack_heard(heard: PathHeard) -> bytes:
    age = fields.microseconds(heard.age_seconds)
    return _HEARD.pack(heard.path, heard.incarnation, heard.sequence, age)


def _read_heard(value: bytes) -> PathHeard:
    path, incarnation, sequence, age = fields.record(_HEARD, value)
    return PathHeard(path, incarnation, sequence, fields.seconds(age))


def _pack_digests(digests: dict[str, bytes], room: int) -> bytes:
    """In their own order, so whoever composes a heartbeat puts the telling ones first."""
    parts = []
    for name, digest in digests.items():
        packed = fields.field(
            _Field.DIGEST, digest[:_DIGEST_SIZE].ljust(_DIGEST_SIZE, b"\0") + name.encode()
        )
        if len(packed) > room:
            break
        parts.append(packed)
        room -= len(packed)
    return b"".join(parts)
