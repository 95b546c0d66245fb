"""Lines of JSON that carry dataclasses: what is encoded comes back, what is wrong is named."""

from dataclasses import dataclass
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.wire.json_line import LineCodec, WireError, kind_name


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Dot:
    x: int
    colour: Colour = Colour.RED


@dataclass(frozen=True, slots=True)
class DotsDrawn:
    name: str
    dots: tuple[Dot, ...]
    scale: float
    tags: frozenset[int]
    ages: dict[str, float]
    note: str | None = None
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Cleared:
    pass


CODEC: LineCodec[DotsDrawn | Cleared] = LineCodec("event", (DotsDrawn, Cleared))
DRAWN = DotsDrawn("a", (Dot(1), Dot(2, Colour.BLUE)), 0.5, frozenset({3, 1}), {"k": 1.5}, "n", True)

simple_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
json_values = (
    simple_values
    | st.lists(simple_values, max_size=3)
    | st.dictionaries(st.text(max_size=3), simple_values, max_size=3)
)


def test_a_message_comes_back() -> None:
    assert CODEC.decode(CODEC.encode(DRAWN)) == DRAWN


def test_the_kind_comes_first_in_the_line() -> None:
    assert CODEC.encode(Cleared()) == b'{"event":"cleared"}'


def test_a_field_with_a_default_may_be_left_out() -> None:
    line = b'{"event":"dots_drawn","name":"a","dots":[{"x":1}],"scale":1,"tags":[],"ages":{}}'
    assert CODEC.decode(line) == DotsDrawn("a", (Dot(1),), 1.0, frozenset(), {})


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"", "not a line of JSON"),
        (b"\xff\xfe", "not a line of JSON"),
        (b"[" * 100_000, "not a line of JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "unknown event None"),
        (b'{"event":["cleared"]}', "unknown event"),
        (b'{"event":"cleared","x":1}', "cleared: unknown field 'x'"),
        (b'{"event":"dots_drawn"}', "dots_drawn: name is missing"),
        (b'{"event":"dots_drawn","name":1}', "name: expected a text, got 1"),
        (b'{"event":"dots_drawn","name":"","dots":1}', "dots: expected a list, got 1"),
        (b'{"event":"dots_drawn","name":"","dots":[1]}', "dots: expected an object"),
        (b'{"event":"dots_drawn","name":"","dots":[{"x":true}]}', "x: expected a whole number"),
        (
            b'{"event":"dots_drawn","name":"","dots":[{"x":1,"colour":"red "}]}',
            "colour: expected one of red, blue",
        ),
        (b'{"event":"dots_drawn","name":"","dots":[],"scale":NaN}', "expected a number"),
        (
            b'{"event":"dots_drawn","name":"","dots":[],"scale":1' + b"0" * 400 + b"}",
            "a number that is not so large",
        ),
    ],
)
def test_what_is_wrong_is_named(line: bytes, complaint: str) -> None:
    with pytest.raises(WireError) as raised:
        CODEC.decode(line)
    assert complaint in str(raised.value)


@given(st.binary())
def test_any_bytes_are_a_message_or_a_wire_error(line: bytes) -> None:
    try:
        message = CODEC.decode(line)
    except WireError:
        return
    assert isinstance(message, DotsDrawn | Cleared)


@given(st.dictionaries(st.sampled_from(["name", "dots", "scale", "tags", "ages"]), json_values))
def test_any_fields_are_a_message_or_a_wire_error(values: dict[str, object]) -> None:
    import json

    line = json.dumps({"event": "dots_drawn"} | values).encode()
    try:
        message = CODEC.decode(line)
    except WireError:
        return
    assert CODEC.decode(CODEC.encode(message)) == message


def test_a_kind_is_called_as_its_class() -> None:
    assert [kind_name(kind) for kind in (Cleared, DotsDrawn)] == ["cleared", "dots_drawn"]


VERSIONED: LineCodec[DotsDrawn | Cleared] = LineCodec("event", (DotsDrawn, Cleared), 2)


def test_a_version_comes_first_and_back() -> None:
    assert VERSIONED.encode(Cleared()) == b'{"version":2,"event":"cleared"}'
    assert VERSIONED.decode(b'{"event": "cleared", "version": 2}') == Cleared()


@pytest.mark.parametrize("version", ["", '"version":1,', '"version":"2",', '"version":true,'])
def test_another_version_is_refused(version: str) -> None:
    with pytest.raises(WireError, match="expected 2"):
        VERSIONED.decode(b"{%s" % version.encode() + b'"event":"cleared"}')
