"""Heartbeats of every kind, for tests that draw them."""

from dataclasses import fields as dataclass_fields

from hypothesis import strategies as st

from piranha.terms import Role, Side
from piranha.wire.heartbeat import GroupBeat, Heartbeat, PathHeard

u32, u64 = st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 64) - 1)
durations = st.integers(0, 10**15).map(lambda microseconds: microseconds / 1e6)
positive_durations = st.integers(1, 10**12).map(lambda microseconds: microseconds / 1e6)
names = st.text(st.characters(codec="ascii", categories=["L", "Nd"]), min_size=1, max_size=32)
reasons = st.text(st.characters(codec="utf-8"), max_size=40)
tags = st.frozensets(u32, max_size=40)

_GROUP_PARTS = {
    "name": names,
    "role": st.sampled_from(Role),
    "epoch": u64,
    "is_fit": st.booleans(),
    "is_held": st.booleans(),
    "unfit_reason": reasons,
    "failed_services": st.integers(0, 65535),
    "claim": u64,
    "claim_reason": reasons,
    "claim_answered": u64,
    "claim_refused": u64,
    "offer": u64,
    "claim_is_fault": st.booleans(),
    "claim_is_unfit": st.booleans(),
    "repairing_seconds": durations,
    "active_from_age": st.none() | durations,
    "active_to_age": st.none() | durations,
    "judged": tags,
    "failed": tags,
    "vips_seen_epoch": u64,
    "vips_seen_number": u64,
    "vips_are_wrong": st.booleans(),
    "vips_evidence": reasons,
    "withholds": st.booleans(),
    "is_abridged": st.just(False),
}
_HEARTBEAT_PARTS = {
    "cluster": names,
    "node": st.sampled_from(Side),
    "incarnation": u64,
    "sequence": u64,
    "keepalive_seconds": positive_durations,
    "deadtime_seconds": positive_durations,
    "serial_no": u64,
    "wants_answer": st.booleans(),
    "is_goodbye": st.booleans(),
    "has_carrier": st.booleans(),
    "sees_witness": st.none() | st.booleans(),
    "frozen_seconds": durations,
    "saw_segment": st.booleans(),
    "heard": st.lists(
        st.builds(PathHeard, st.integers(0, 255), u64, u64, durations), max_size=4
    ).map(tuple),
    "groups": st.lists(
        st.builds(GroupBeat, **_GROUP_PARTS), max_size=2, unique_by=lambda group: group.name
    ).map(tuple),
    "digests": st.dictionaries(names, st.binary(min_size=8, max_size=8), max_size=4),
}

heartbeats = st.builds(Heartbeat, **_HEARTBEAT_PARTS)


def undrawn() -> set[str]:
    """Fields that were added to a heartbeat and are not drawn here."""
    return ({field.name for field in dataclass_fields(Heartbeat)} - _HEARTBEAT_PARTS.keys()) | (
        {field.name for field in dataclass_fields(GroupBeat)} - _GROUP_PARTS.keys()
    )
