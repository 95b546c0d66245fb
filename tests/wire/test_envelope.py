"""A seal says who sent a datagram, and two versions of the format hear each other."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.errors import WireError
from piranha.wire import envelope, fields, heartbeat
from piranha.wire.envelope import NO_KEYS, KeyRing, Kind, open_datagram, seal, wrap
from tests.wire.heartbeats import heartbeats

OLD, NEW = b"o" * 32, b"n" * 32
KEY = KeyRing((NEW,))
PLAIN = wrap(Kind.HEARTBEAT, b"fields")
SEALED = seal(PLAIN, KEY)


def test_a_sealed_datagram_is_opened_with_its_key() -> None:
    opened = open_datagram(SEALED, KEY)
    assert (opened.kind, opened.body, opened.is_sealed) == (Kind.HEARTBEAT, b"fields", True)
    assert len(SEALED) == len(PLAIN) + envelope.SEAL_SIZE


def test_without_a_key_nothing_is_sealed_and_a_seal_proves_nothing() -> None:
    assert seal(PLAIN, NO_KEYS) == PLAIN
    assert open_datagram(SEALED, NO_KEYS).body == b"fields"


@pytest.mark.parametrize(
    ("datagram", "ring", "complaint"),
    [
        (PLAIN, KEY, "not sealed; has the partner no heartbeat_key"),
        (SEALED, KeyRing((OLD,)), "fits no key of this node"),
        (SEALED[:-1], KEY, "5 bytes of fields, announced were 6"),
        (SEALED + b"x", KEY, "7 bytes of fields"),
        (SEALED[:-1] + bytes([SEALED[-1] ^ 1]), KEY, "fits no key"),
        (SEALED.replace(b"PFHB", b"PFAS"), KEY, "fits no key"),
    ],
)
def test_what_is_wrong_is_named(datagram: bytes, ring: KeyRing, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        open_datagram(datagram, ring)


def test_every_key_opens_and_the_first_one_seals() -> None:
    both = KeyRing((OLD, NEW))
    assert open_datagram(SEALED, both).is_sealed
    assert open_datagram(seal(PLAIN, both), KeyRing((OLD,))).is_sealed


def test_while_a_pair_gets_its_first_key_what_is_not_sealed_is_taken_but_no_wrong_seal() -> None:
    ring = KeyRing((NEW,), takes_unsealed=True)
    assert not open_datagram(PLAIN, ring).is_sealed
    with pytest.raises(WireError):
        open_datagram(seal(PLAIN, KeyRing((OLD,))), ring)


def test_a_key_is_never_shown() -> None:
    assert "nnn" not in repr(KEY)


@given(st.integers(0), st.integers(0, 7))
def test_no_bit_can_be_flipped(place: int, bit: int) -> None:
    changed = bytearray(SEALED)
    changed[place % len(SEALED)] ^= 1 << bit
    with pytest.raises(WireError):
        open_datagram(bytes(changed), KEY)


@given(st.binary(max_size=1300))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        open_datagram(data, KEY)


def of_a_newer_program(beat: heartbeat.Heartbeat, ring: KeyRing) -> bytes:
    """The same heartbeat with a flag, a field and bytes in a known field that nobody knows yet."""
    kept = [(kind, value + b"!" if kind == 1 else value) for kind, value in _fields(beat)]
    body = b"".join(fields.field(kind, value) for kind, value in [*kept, (99, b"news")])
    head = struct.pack("!4sBBH", b"PFHB", envelope.FORMAT_VERSION, 0x80, len(body))
    return seal(head + body, ring)


def _fields(beat: heartbeat.Heartbeat) -> list[tuple[int, bytes]]:
    return list(fields.fields(open_datagram(heartbeat.encode(beat)).body))


@given(heartbeats, st.sampled_from([NO_KEYS, KEY]))
def test_a_newer_program_is_heard_by_an_older_one(beat: heartbeat.Heartbeat, ring: KeyRing) -> None:
    short = replace(beat, groups=beat.groups[:2], digests={})
    sent = of_a_newer_program(short, ring)
    assert heartbeat.read(open_datagram(sent, ring).body) == short


def test_a_flag_that_must_be_understood_and_another_version_are_refused() -> None:
    for head in ((1, 0x02), (2, 0x00)):
        datagram = struct.pack("!4sBBH", b"PFHB", *head, 0)
        with pytest.raises(WireError):
            open_datagram(datagram)
