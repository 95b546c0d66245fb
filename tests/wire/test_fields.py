"""Fields of a datagram: what is known comes back, what is unknown is skipped."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.errors import WireError
from piranha.wire import fields


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=5))
def test_fields_come_back_in_order(pairs: list[tuple[int, bytes]]) -> None:
    data = b"".join(fields.field(kind, value) for kind, value in pairs)
    assert list(fields.fields(data)) == pairs


@pytest.mark.parametrize("data", [b"\x01", b"\x01\x00", b"\x01\x00\x02a", b"\x01\xff\xff"])
def test_a_field_that_ends_behind_the_data_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        list(fields.fields(data))


def test_bytes_behind_a_record_are_a_newer_version() -> None:
    layout = struct.Struct("!HB")
    assert fields.record(layout, b"\x00\x07\x05 and more") == (7, 5)


def test_a_record_that_is_too_short_is_refused() -> None:
    with pytest.raises(WireError, match="field of 2 bytes, expected 3"):
        fields.record(struct.Struct("!HB"), b"ab")


def test_a_list_of_numbers_has_whole_numbers() -> None:
    assert fields.numbers(fields.pack_numbers([1, 0xFFFFFFFF])) == (1, 0xFFFFFFFF)
    with pytest.raises(WireError):
        fields.numbers(b"12345")


@given(st.integers(0, (1 << 64) - 1))
def test_a_number_comes_back_in_as_few_bytes_as_it_needs(number: int) -> None:
    packed = fields.pack_number(number)
    assert fields.number(packed) == number
    assert len(packed) == (number.bit_length() + 7) // 8


def test_a_number_that_is_too_large_is_sent_as_the_largest_and_refused_by_the_reader() -> None:
    assert fields.pack_number(1 << 70) == b"\xff" * 8
    with pytest.raises(WireError, match="number in 9 bytes"):
        fields.number(bytes(9))


@pytest.mark.parametrize("value", [b"", b"\xff", b"a\nb", b"\x1b[2J", b"x" * 256])
def test_a_name_that_could_not_be_shown_is_refused(value: bytes) -> None:
    with pytest.raises(WireError):
        fields.name(value)


def test_text_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(WireError):
        fields.text(b"caf\xe9")


@given(st.text(max_size=50), st.integers(-5, 60))
def test_cut_text_is_a_part_of_the_text(text: str, size: int) -> None:
    packed = fields.cut_text(text, size)
    assert len(packed) <= max(size, 0)
    assert text.encode("utf-8", "replace").decode().startswith(packed.decode())


def test_text_is_cut_between_characters() -> None:
    assert fields.cut_text("aéé", 4) == "aé".encode()


@pytest.mark.parametrize(
    ("seconds", "sent"),
    [
        (0.000001, 1),
        (0.0123456, 12346),
        (5.0, 5_000_000),
        (-1.0, 0),
        (math.nan, 0),
        (math.inf, (1 << 63) - 1),
        (1e300, (1 << 63) - 1),
    ],
)
def test_a_duration_is_sent_as_microseconds_within_bounds(seconds: float, sent: int) -> None:
    assert fields.microseconds(seconds) == sent


@given(st.floats(0, 1e9))
def test_a_duration_loses_less_than_a_microsecond(seconds: float) -> None:
    assert abs(fields.seconds(fields.microseconds(seconds)) - seconds) < 1e-6
