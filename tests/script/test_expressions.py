"""What later bytes can undo is known, and what an expression on an open stream may not have."""

import re
import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from piranha.script.expressions import can_be_undone, is_for_streams, line_fault, stream_fault


@pytest.mark.parametrize(
    ("pattern", "undoable"),
    [
        (rb"^HTTP/1\.[01] 200 ", False),
        (rb"a.*b(?:c|d){2}(?<=x)(?<!y)(?P<n>z)", False),
        (rb"[$\]\b]", False),
        (rb"\$ \\b [+]+", False),
        (rb"ready$", True),
        (rb"\bready", True),
        (rb"a(?!b)", True),
        (rb"a(?=b)", True),
        (rb"(?>a*)b", True),
        (rb"a*+b", True),
        (rb"a{2}+b", True),
        (rb"a\Z", True),
        (rb"a\\\b", True),
        (rb"(?x) a # [ \n", True),
        (rb"(?ix:a)", True),
        (rb"a(?#[)\Z(?#])", True),
    ],
)
def test_it_is_known_what_more_input_can_undo(pattern: bytes, undoable: bool) -> None:
    assert can_be_undone(pattern) is undoable


@pytest.mark.parametrize(
    ("pattern", "is_for_them"),
    [
        (rb"(?s)a", True),
        (rb"(?is)a", True),
        (rb"(?sm)a", True),
        (rb"(?i)a", False),
        (rb"(?s:a)", False),
        (rb"\(?s)a", False),
        (rb"a", False),
    ],
)
def test_the_flag_s_is_for_streams_whatever_stands_beside_it(
    pattern: bytes, is_for_them: bool
) -> None:
    assert is_for_streams(pattern) is is_for_them


patterns = st.text(alphabet=r"ab.^$|*+?()[]{}2,\bBZ<!=>:xn", max_size=12).map(str.encode)
inputs = st.lists(st.sampled_from([b"a", b"b", b"\n", b"2"]), max_size=8).map(b"".join)


def compiled(pattern: bytes) -> re.Pattern[bytes]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(pattern)
        except (re.error, OverflowError):
            assume(False)
            raise


@settings(max_examples=600, deadline=None)
@given(patterns, inputs)
def test_a_match_that_cannot_be_undone_is_not_undone(pattern: bytes, data: bytes) -> None:
    regex = compiled(pattern)
    assume(not can_be_undone(pattern))
    found = [regex.search(data[:end]) is not None for end in range(len(data) + 1)]
    assert found == sorted(found)


@pytest.mark.parametrize(
    "pattern", [b"a$", rb"a\b", b"a(?=b)", b"(?<=b)a", b"a*", b"(a|b+)", rb"a(?#[)\Z(?#])"]
)
def test_what_segments_could_change_is_at_fault_on_an_open_stream(pattern: bytes) -> None:
    assert stream_fault(b"(?s)" + pattern)


@pytest.mark.parametrize("pattern", [b"a", rb"\$", b"[$]", b"a{4}", b".*a", b"(a|b)", rb"a\*"])
def test_what_has_a_definite_last_byte_is_not(pattern: bytes) -> None:
    assert stream_fault(b"(?s)" + pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "is_at_fault"),
    [
        (rb"a\n", True),
        (rb"a\x0d", True),
        (b"a\n", True),
        (rb"a\\n", False),
        (rb"\w+", False),
        (rb"[^\r\n]+ ready", False),
        (b"[^\n]x", False),
        (rb"\[\n]", True),
    ],
)
def test_a_line_end_is_in_no_line(pattern: bytes, is_at_fault: bool) -> None:
    assert bool(line_fault(pattern)) == is_at_fault
