"""One group's part of a heartbeat: the values, and their fields (fields.py) in a datagram."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from piranha.errors import WireError
from piranha.terms import Role
from piranha.wire import fields


@dataclass(frozen=True, slots=True)
class GroupBeat:
    """What a node says of one group."""

    name: str
    role: Role
    epoch: int
    """The newest epoch the sender knows; its own when it is starting, active or releasing."""
    is_fit: bool
    is_held: bool
    unfit_reason: str = ""
    failed_services: int = 0
    claim: int = 0
    """The sender's own open claim; 0: none."""
    claim_reason: str = ""
    claim_answered: int = 0
    """The partner's claim that the sender has answered by releasing, or while inactive."""
    claim_refused: int = 0
    offer: int = 0
    """The sender serves, and its operator asks the partner to claim: a number for each request;
    0: no."""
    claim_is_fault: bool = False
    """The claim says that a service failed here (only that makes the releaser unfit)."""
    claim_is_unfit: bool = False
    """The claim says that the node which serves is unfit, without a failed service."""
    repairing_seconds: float = 0.0
    """How much longer the sender asks claims to wait; 0: it does not."""
    active_from_age: float | None = None
    """Seconds since the sender last became the holder of the VIPs; None: never."""
    active_to_age: float | None = None
    """Seconds since it last dropped them; None: it holds them, or never did."""
    judged: frozenset[int] = frozenset()
    """Tags of services started here and past their first wait: what a partner may judge."""
    failed: frozenset[int] = frozenset()
    """Tags of services that the sender's own probes call failed (local or remote)."""
    vips_seen_epoch: int = 0
    """The receiver's serving period for which the sender has asked the segment; 0: none."""
    vips_seen_number: int = 0
    """How many answers it had."""
    vips_are_wrong: bool = False
    """The newest one: the segment does not find the receiver's VIPs at the receiver."""
    vips_evidence: str = ""
    withholds: bool = False
    """The sender claims in vain: its acknowledgements do not count for this group any more."""
    is_abridged: bool = False
    """Not all tags fitted into the datagram; those left out are not judged."""


_STATE = struct.Struct("!BB")
_LONGEST_REASON = 160
"""Bytes of UTF-8."""
_ROLES = (
    Role.LISTENING,
    Role.STANDBY,
    Role.CLAIMING,
    Role.STARTING,
    Role.ACTIVE,
    Role.RELEASING,
)
_FIT, _HELD, _FAULT, _ABRIDGED, _WITHHOLDS, _UNFIT, _WRONG = 1, 2, 4, 8, 16, 32, 64


class _Field(IntEnum):
    NAME = 1
    STATE = 2
    UNFIT_REASON = 3
    CLAIM_REASON = 4
    JUDGED = 5
    FAILED_OF_JUDGED = 6
    """One bit for each judged tag, the first is the highest bit of the first byte."""
    FAILED = 7
    """Failed ones that are not judged."""
    EPOCH = 8
    FAILED_SERVICES = 9
    CLAIM = 10
    CLAIM_ANSWERED = 11
    CLAIM_REFUSED = 12
    OFFER = 13
    REPAIRING = 14
    ACTIVE_FROM = 15
    ACTIVE_TO = 16
    VIPS_SEEN_EPOCH = 17
    VIPS_SEEN_NUMBER = 18
    VIPS_EVIDENCE = 19


def pack(group: GroupBeat, is_cut: bool = False) -> bytes:
    """Everything but tags and reasons; its length does not depend on `is_cut`."""
    flags = (
        (_FIT if group.is_fit else 0)
        | (_HELD if group.is_held else 0)
        | (_FAULT if group.claim_is_fault else 0)
        | (_UNFIT if group.claim_is_unfit else 0)
        | (_WRONG if group.vips_are_wrong else 0)
        | (_WITHHOLDS if group.withholds else 0)
        | (_ABRIDGED if group.is_abridged or is_cut else 0)
    )
    parts = [
        fields.field(_Field.NAME, group.name.encode()),
        fields.field(_Field.STATE, _STATE.pack(_ROLES.index(group.role), flags)),
    ]
    for kind, number in (
        (_Field.EPOCH, group.epoch),
        (_Field.FAILED_SERVICES, group.failed_services),
        (_Field.CLAIM, group.claim),
        (_Field.CLAIM_ANSWERED, group.claim_answered),
        (_Field.CLAIM_REFUSED, group.claim_refused),
        (_Field.OFFER, group.offer),
        (_Field.VIPS_SEEN_EPOCH, group.vips_seen_epoch),
        (_Field.VIPS_SEEN_NUMBER, group.vips_seen_number),
        (_Field.REPAIRING, fields.microseconds(group.repairing_seconds)),
    ):
        if number:
            parts.append(fields.field(kind, fields.pack_number(number)))
    for kind, age in (
        (_Field.ACTIVE_FROM, group.active_from_age),
        (_Field.ACTIVE_TO, group.active_to_age),
    ):
        if age is not None:
            parts.append(fields.field(kind, fields.pack_number(fields.microseconds(age))))
    return b"".join(parts)


def pack_tags(group: GroupBeat, room: int) -> tuple[bytes, bool]:
    """The tags that fit, failed ones first, and whether some did not. Failed tags that are also
    judged take a bit each, so that 200 services fit even when all of them have failed."""
    judged, others = sorted(group.judged), sorted(group.failed - group.judged)
    tags = _tag_fields(judged, others, group.failed)
    if len(tags) <= room:
        return tags, False
    others = others[: max(0, (room - fields.OVERHEAD) // 4)]
    left = room - len(_tag_fields([], others, frozenset()))
    bits_for_each = 32 + 1
    judged = judged[: max(0, (left - 2 * fields.OVERHEAD - 1) * 8 // bits_for_each)]
    return _tag_fields(judged, others, group.failed), True


def _tag_fields(judged: list[int], others: list[int], failed: frozenset[int]) -> bytes:
    parts = []
    if judged:
        parts.append(fields.field(_Field.JUDGED, fields.pack_numbers(judged)))
    if not failed.isdisjoint(judged):
        parts.append(fields.field(_Field.FAILED_OF_JUDGED, _pack_bits(judged, failed)))
    if others:
        parts.append(fields.field(_Field.FAILED, fields.pack_numbers(others)))
    return b"".join(parts)


def _pack_bits(judged: list[int], failed: frozenset[int]) -> bytes:
    bits = "".join("1" if tag in failed else "0" for tag in judged)
    size = (len(bits) + 7) // 8
    return int(bits.ljust(size * 8, "0"), 2).to_bytes(size, "big")


def _failed_of(judged: tuple[int, ...], bits: bytes) -> Iterator[int]:
    """The tags whose bit is set; bits behind the last tag mean nothing."""
    for number, tag in enumerate(judged[: len(bits) * 8]):
        if bits[number // 8] & (0x80 >> number % 8):
            yield tag


def pack_reasons(group: GroupBeat, room: int) -> bytes:
    parts = []
    for kind, reason in (
        (_Field.UNFIT_REASON, group.unfit_reason),
        (_Field.CLAIM_REASON, group.claim_reason),
        (_Field.VIPS_EVIDENCE, group.vips_evidence),
    ):
        packed = fields.cut_text(reason, min(_LONGEST_REASON, room - fields.OVERHEAD))
        if packed:
            parts.append(fields.field(kind, packed))
            room -= fields.OVERHEAD + len(packed)
    return b"".join(parts)


def read(value: bytes) -> GroupBeat:
    found = dict(fields.fields(value))
    if _Field.NAME not in found or _Field.STATE not in found:
        raise WireError("group without a name or a state")
    role, flags = fields.record(_STATE, found[_Field.STATE])
    if role >= len(_ROLES):
        raise WireError(f"role {role} is unknown")
    judged = fields.numbers(found.get(_Field.JUDGED, b""))
    failed_of_judged = _failed_of(judged, found.get(_Field.FAILED_OF_JUDGED, b""))
    others = fields.numbers(found.get(_Field.FAILED, b""))
    return GroupBeat(
        name=fields.name(found[_Field.NAME]),
        role=_ROLES[role],
        epoch=_number(found, _Field.EPOCH),
        is_fit=bool(flags & _FIT),
        is_held=bool(flags & _HELD),
        unfit_reason=fields.text(found.get(_Field.UNFIT_REASON, b"")),
        failed_services=_number(found, _Field.FAILED_SERVICES),
        claim=_number(found, _Field.CLAIM),
        claim_reason=fields.text(found.get(_Field.CLAIM_REASON, b"")),
        claim_answered=_number(found, _Field.CLAIM_ANSWERED),
        claim_refused=_number(found, _Field.CLAIM_REFUSED),
        offer=_number(found, _Field.OFFER),
        claim_is_fault=bool(flags & _FAULT),
        claim_is_unfit=bool(flags & _UNFIT),
        repairing_seconds=fields.seconds(_number(found, _Field.REPAIRING)),
        active_from_age=_age(found, _Field.ACTIVE_FROM),
        active_to_age=_age(found, _Field.ACTIVE_TO),
        judged=frozenset(judged),
        failed=frozenset(failed_of_judged) | frozenset(others),
        vips_seen_epoch=_number(found, _Field.VIPS_SEEN_EPOCH),
        vips_seen_number=_number(found, _Field.VIPS_SEEN_NUMBER),
        vips_are_wrong=bool(flags & _WRONG),
        vips_evidence=fields.text(found.get(_Field.VIPS_EVIDENCE, b"")),
        withholds=bool(flags & _WITHHOLDS),
        is_abridged=bool(flags & _ABRIDGED),
    )


def _number(found: dict[int, bytes], kind: _Field) -> int:
    return fields.number(found.get(kind, b""))


def _age(found: dict[int, bytes], kind: _Field) -> float | None:
    value = found.get(kind)
    return None if value is None else fields.seconds(fields.number(value))
