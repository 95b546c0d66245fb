"""One group's part of a heartbeat: every tag is in, or the group says that it is abridged."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.errors import WireError
from piranha.terms import Role
from piranha.wire import fields
from piranha.wire.group_beat import GroupBeat, pack, pack_reasons, pack_tags, read

GROUP = GroupBeat("web", Role.STANDBY, 7, True, False)
tag_sets = st.frozensets(st.integers(0, (1 << 32) - 1), max_size=60)


def through(group: GroupBeat, room: int) -> GroupBeat:
    """The group as it arrives when so many bytes are left for its tags."""
    tags, is_cut = pack_tags(group, room)
    assert len(tags) <= max(room, 0)
    return read(pack(group, is_cut) + tags)


@given(tag_sets, tag_sets, st.integers(0, 600))
def test_tags_are_all_there_or_said_to_be_cut(
    judged: frozenset[int], failed: frozenset[int], room: int
) -> None:
    group = replace(GROUP, judged=judged, failed=failed)
    found = through(group, room)
    assert found == group or found.is_abridged
    assert found.judged <= judged
    assert found.failed <= failed


@given(tag_sets, tag_sets)
def test_failed_tags_that_are_judged_take_a_bit_each(
    judged: frozenset[int], failed: frozenset[int]
) -> None:
    quiet, _ = pack_tags(replace(GROUP, judged=judged), 1000)
    alarmed, _ = pack_tags(replace(GROUP, judged=judged, failed=failed & judged), 1000)
    assert len(alarmed) - len(quiet) <= 3 + (len(judged) + 7) // 8


@pytest.mark.parametrize("role", Role)
def test_each_role_comes_back(role: Role) -> None:
    group = replace(GROUP, role=role)
    assert read(pack(group)) == group


def test_being_cut_does_not_change_the_length() -> None:
    assert len(pack(GROUP, is_cut=True)) == len(pack(GROUP))
    assert read(pack(GROUP, is_cut=True)).is_abridged


def test_a_quiet_group_is_small() -> None:
    assert len(pack(replace(GROUP, active_from_age=86_400.0))) < 30


def test_reasons_get_the_room_that_is_left() -> None:
    group = replace(GROUP, unfit_reason="carrier lost", claim_reason="web failed")
    packed = pack_reasons(group, 22)
    found = read(pack(group) + packed)
    assert (found.unfit_reason, found.claim_reason) == ("carrier lost", "web ")
    assert len(packed) == 22


def test_bits_for_tags_that_are_not_there_mean_nothing() -> None:
    extra = fields.field(5, fields.pack_numbers([9])) + fields.field(6, b"\xff\xff")
    assert read(pack(GROUP) + extra).failed == frozenset({9})


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "without a name or a state"),
        (fields.field(1, b"web"), "without a name or a state"),
        (fields.field(1, b"web") + fields.field(2, b"\x06\x00"), "role 6 is unknown"),
        (fields.field(1, b"web") + fields.field(2, b"\x00"), "field of 1 bytes"),
        (pack(GROUP) + fields.field(5, b"123"), "32-bit numbers in 3 bytes"),
        (pack(GROUP) + fields.field(3, b"\xff"), "not UTF-8"),
        (pack(GROUP) + fields.field(8, bytes(9)), "number in 9 bytes"),
    ],
)
def test_what_is_wrong_is_named(data: bytes, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        read(data)
