"""A heartbeat comes back as it was sent, fits into its datagram, and no bytes can hurt a reader."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.errors import WireError
from piranha.terms import Role, Side
from piranha.wire import fields
from piranha.wire.heartbeat import (
    LARGEST_DATAGRAM,
    RUN_OFFSET,
    SEAL_SIZE,
    GroupBeat,
    Heartbeat,
    PathHeard,
    decode,
    encode,
)
from tests.wire.heartbeats import heartbeats, undrawn

GROUP = GroupBeat("web", Role.ACTIVE, 7, True, False, judged=frozenset({1, 2}))
BEAT = Heartbeat(
    cluster="default",
    node=Side.PRIMARY,
    incarnation=0xFEDCBA9876543210,
    sequence=41,
    keepalive_seconds=0.01,
    deadtime_seconds=0.03,
    serial_no=3,
    wants_answer=True,
    is_goodbye=False,
    has_carrier=True,
    sees_witness=None,
    frozen_seconds=0.0,
    heard=(PathHeard(0, 99, 40, 0.0021), PathHeard(1, 99, 39, 0.0034)),
    groups=(GROUP,),
    digests={"global": b"01234567", "group web": b"abcdefgh"},
)


def with_body(body: bytes, version: int = 1, flags: int = 0, magic: bytes = b"PFHB") -> bytes:
    return struct.pack("!4sBBH", magic, version, flags, len(body)) + body


def body_of(beat: Heartbeat) -> bytes:
    return encode(beat)[8:]


def test_every_field_is_drawn_by_these_tests() -> None:
    assert undrawn() == set()


@given(heartbeats)
def test_a_heartbeat_comes_back_as_it_was_sent(beat: Heartbeat) -> None:
    assert decode(encode(beat)) == beat


@given(heartbeats)
def test_a_heartbeat_leaves_room_for_its_seal(beat: Heartbeat) -> None:
    assert len(encode(beat)) <= LARGEST_DATAGRAM - SEAL_SIZE


def test_the_layout_is_what_it_was_in_the_first_release() -> None:
    plain = replace(BEAT, heard=(), groups=(), digests={}, cluster="c")
    node = "0005fedcba98765432100000000000000029"
    durations = "00000000000027100000000000007530" + "0000000000000003" + "0000000000000000"
    assert encode(plain).hex() == (
        "50464842" + "0100" + "0039" + "010032" + node + durations + "020001" + "63"
    )


def test_200_services_fit_and_so_does_their_failure() -> None:
    tags = frozenset(range(0x80000000, 0x80000000 + 200))
    group = GroupBeat(
        "g" * 32,
        Role.ACTIVE,
        2**63,
        True,
        False,
        claim=1,
        claim_answered=2,
        claim_refused=3,
        active_from_age=1e6,
        active_to_age=1e5,
        repairing_seconds=5.0,
        judged=tags,
        failed=tags,
    )
    beat = replace(BEAT, cluster="c" * 32, groups=(group,))
    assert decode(encode(beat)).groups == (group,)


@pytest.mark.parametrize("field", ["judged", "failed"])
def test_tags_that_do_not_fit_are_left_out_and_said_to_be(field: str) -> None:
    tags = frozenset(range(400))
    beat = replace(BEAT, groups=(replace(GROUP, **{field: tags, "unfit_reason": "broken"}),))
    group = decode(encode(beat)).groups[0]
    kept = getattr(group, field)
    assert group.is_abridged
    assert kept < tags
    assert len(kept) > 200


def test_failed_tags_come_before_judged_ones() -> None:
    judged, failed = frozenset(range(300)), frozenset(range(1000, 1100))
    beat = replace(BEAT, groups=(replace(GROUP, judged=judged, failed=failed),))
    group = decode(encode(beat)).groups[0]
    assert group.is_abridged
    assert failed <= group.failed
    assert group.judged < judged


def test_long_reasons_are_cut_and_the_rest_stays() -> None:
    group = replace(GROUP, is_fit=False, unfit_reason="ä" * 1000, claim_reason="x" * 1000)
    found = decode(encode(replace(BEAT, groups=(group,)))).groups[0]
    assert found.unfit_reason == "ä" * 80
    assert found.claim_reason == "x" * 160
    assert replace(found, unfit_reason="", claim_reason="") == replace(
        group, unfit_reason="", claim_reason=""
    )


def test_digests_that_do_not_fit_are_left_out_from_the_end() -> None:
    digests = {f"failover {number}": b"12345678" for number in range(200)}
    found = decode(encode(replace(BEAT, digests=digests))).digests
    assert list(found) == list(digests)[: len(found)]
    assert 20 < len(found) < 200


def test_8_groups_fit_whatever_happens_to_them() -> None:
    busy = replace(
        GROUP,
        epoch=1 << 40,
        failed_services=200,
        claim=1 << 30,
        claim_answered=1 << 30,
        claim_refused=1 << 30,
        offer=1 << 30,
        repairing_seconds=30.0,
        active_from_age=1e9,
        active_to_age=1e9,
    )
    groups = tuple(replace(busy, name=f"{n:032}") for n in range(8))
    beat = replace(BEAT, cluster="c" * 32, groups=groups)
    assert undecided(decode(encode(beat)), groups) == []


def test_20_groups_fit_in_everyday_life() -> None:
    calm = replace(GROUP, epoch=900, claim_answered=1 << 16, active_from_age=1e7)
    groups = tuple(replace(calm, name=f"customer{n:02}") for n in range(20))
    assert undecided(decode(encode(replace(BEAT, groups=groups))), groups) == []


def undecided(beat: Heartbeat, groups: tuple[GroupBeat, ...]) -> list[str]:
    """Groups of which not everything but tags came over."""
    bare = [replace(g, judged=frozenset(), is_abridged=False) for g in beat.groups]
    wanted = [replace(g, judged=frozenset()) for g in groups]
    return [w.name for w, b in zip(wanted, bare, strict=True) if w != b]


def test_too_many_groups_are_refused_by_the_sender() -> None:
    groups = tuple(replace(GROUP, name=f"group{n}") for n in range(60))
    with pytest.raises(WireError, match="60 groups do not fit"):
        encode(replace(BEAT, groups=groups))


@given(heartbeats)
def test_run_and_number_stand_where_a_filter_looks_for_them(beat: Heartbeat) -> None:
    found = struct.unpack_from("!QQ", encode(beat), RUN_OFFSET)
    assert found == (beat.incarnation, beat.sequence)


def test_fields_of_a_newer_version_are_skipped() -> None:
    newer = body_of(BEAT) + fields.field(200, b"something new")
    assert decode(with_body(newer)) == BEAT


def test_numbers_added_by_a_newer_version_are_skipped() -> None:
    (kind, node), *others = fields.fields(body_of(BEAT))
    newer = [(kind, node + b"more"), *others]
    assert decode(with_body(b"".join(fields.field(k, v) for k, v in newer))) == BEAT


@pytest.mark.parametrize(
    ("datagram", "complaint"),
    [
        (b"", "0 bytes"),
        (b"PFHB", "4 bytes"),
        (bytes(1201), "1201 bytes"),
        (with_body(b"", magic=b"HTTP"), "it is not a heartbeat"),
        (with_body(b"", version=2), "format version 2, expected 1"),
        (with_body(b"", flags=2), "flags 0x02 are unknown"),
        (with_body(b"", magic=b"PFAS"), "it is not a heartbeat"),
        (with_body(b"") + b"x", "1 bytes of fields, announced were 0"),
        (with_body(b""), "it does not say who sends it"),
        (with_body(fields.field(2, b"c")), "it does not say who sends it"),
        (with_body(fields.field(2, b"c\n")), "not printable"),
        (with_body(fields.field(1, bytes(50)) + fields.field(2, b"c")), "keepalive 0"),
        (with_body(fields.field(1, b"\x02" * 50) + fields.field(2, b"c")), "side 2 is unknown"),
        (with_body(fields.field(1, bytes(49)) + fields.field(2, b"c")), "field of 49 bytes"),
        (with_body(body_of(BEAT) + fields.field(4, b"")), "group without a name"),
        (with_body(body_of(BEAT) + fields.field(5, b"1234567")), "name that is empty"),
        (with_body(body_of(BEAT) + fields.field(3, bytes(25)) * 7), "9 paths"),
    ],
)
def test_what_is_wrong_is_named(datagram: bytes, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        decode(datagram)


@pytest.mark.parametrize("length", range(len(encode(BEAT))))
def test_a_datagram_cut_short_is_refused(length: int) -> None:
    with pytest.raises(WireError):
        decode(encode(BEAT)[:length])


def survives(datagram: bytes) -> None:
    """Either a heartbeat that can be sent on, or a WireError; nothing else."""
    try:
        beat = decode(datagram)
    except WireError:
        return
    assert decode(encode(beat)).incarnation == beat.incarnation
    ages = [heard.age_seconds for heard in beat.heard]
    assert all(0 <= age < float("inf") for age in [*ages, beat.frozen_seconds])


@given(st.binary(max_size=1300))
def test_random_bytes_are_survived(datagram: bytes) -> None:
    survives(datagram)


@given(st.binary(max_size=1190))
def test_random_fields_are_survived(body: bytes) -> None:
    survives(with_body(body))


@given(st.lists(st.tuples(st.integers(0, 12), st.binary(max_size=80)), max_size=8))
def test_random_values_of_known_fields_are_survived(pairs: list[tuple[int, bytes]]) -> None:
    inner = b"".join(fields.field(kind, value) for kind, value in pairs)
    survives(with_body(inner))
    survives(with_body((body_of(BEAT) + fields.field(4, inner))[:1190]))


@given(heartbeats, st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=6))
def test_mutated_heartbeats_are_survived(beat: Heartbeat, mutations: list[tuple[int, int]]) -> None:
    datagram = bytearray(encode(beat))
    for place, value in mutations:
        datagram[place % len(datagram)] = value
    survives(bytes(datagram))
