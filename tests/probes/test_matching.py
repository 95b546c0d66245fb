"""Expect steps: what fits, and that segments never change what a matcher says."""

import re
import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from piranha.probes.matching import Finding, Matcher, can_be_undone, matchers_of
from piranha.probes.question import ExpectAny, ExpectPrefix, ExpectRegex, Send, Step

UNDECIDED, MATCHED, WRONG = Finding.UNDECIDED, Finding.MATCHED, Finding.WRONG


def matcher(step: Step) -> Matcher:
    (found,) = matchers_of((step,))
    assert found is not None
    return found


def look(step: Step, data: bytes, is_whole: bool = False) -> Finding:
    return matcher(step).look(bytearray(data), is_whole)


def test_a_prefix_is_undecided_until_it_is_complete_or_wrong() -> None:
    assert look(ExpectPrefix(b"220"), b"") is UNDECIDED
    assert look(ExpectPrefix(b"220"), b"22") is UNDECIDED
    assert look(ExpectPrefix(b"220"), b"220 hello") is MATCHED
    assert look(ExpectPrefix(b"220"), b"4") is WRONG


def test_a_prefix_that_breaks_off_is_incomplete_and_not_wrong() -> None:
    assert look(ExpectPrefix(b"220"), b"22", is_whole=True) is UNDECIDED


def test_any_answer_is_one_byte() -> None:
    assert look(ExpectAny(), b"") is UNDECIDED
    assert look(ExpectAny(), b"\0") is MATCHED
    assert matcher(ExpectAny()).consumed == 1


def test_a_plain_expression_is_found_as_soon_as_it_is_there() -> None:
    assert look(ExpectRegex(b"rea.y"), b"220 rea") is UNDECIDED
    assert look(ExpectRegex(b"rea.y"), b"220 ready") is MATCHED


def test_an_expression_with_an_end_waits_for_the_end_of_a_line() -> None:
    assert look(ExpectRegex(rb"^220 ready\r?$"), b"220 ready") is UNDECIDED
    assert look(ExpectRegex(rb"^220 ready\r?$"), b"220 ready\r\n") is MATCHED
    assert look(ExpectRegex(rb"^220 ready$"), b"220 ready not\n") is UNDECIDED


def test_the_end_of_the_input_ends_the_last_line() -> None:
    assert look(ExpectRegex(rb"login: $"), b"login: ", is_whole=True) is MATCHED
    assert look(ExpectRegex(rb"login: $"), b"logout", is_whole=True) is WRONG
    assert look(ExpectRegex(rb"login: $"), b"", is_whole=True) is UNDECIDED


def test_an_expression_before_another_expect_reads_up_to_its_match_in_whole_lines() -> None:
    first, second = matchers_of((ExpectRegex(b"a+"), ExpectPrefix(b"b")))
    assert first is not None
    assert first.look(bytearray(b"xaa"), False) is UNDECIDED
    assert first.look(bytearray(b"xaaa b\n"), False) is MATCHED
    assert first.consumed == 4
    assert second is not None


def test_a_step_that_sends_has_no_matcher() -> None:
    assert matchers_of((Send(b"x"),)) == (None,)


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
    ],
)
def test_it_is_known_what_more_input_can_undo(pattern: bytes, undoable: bool) -> None:
    assert can_be_undone(pattern) is undoable


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


def finding_in_pieces(step: Step, pieces: list[bytes], has_ended: bool) -> Finding:
    one, unread, finding = matcher(step), bytearray(), UNDECIDED
    for piece in [b"", *pieces]:
        unread += piece
        finding = one.look(unread, False)
        if finding is not UNDECIDED:
            return finding
    return one.look(unread, True) if has_ended else finding


expects: st.SearchStrategy[Step] = st.one_of(
    inputs.map(ExpectPrefix), st.just(ExpectAny()), patterns.map(ExpectRegex)
)


@settings(max_examples=600, deadline=None)
@given(expects, st.lists(inputs, max_size=4), st.booleans())
def test_segments_do_not_change_what_a_matcher_finds(
    step: Step, pieces: list[bytes], has_ended: bool
) -> None:
    if isinstance(step, ExpectRegex):
        compiled(step.pattern)
    whole = b"".join(pieces)
    bytewise = [bytes([byte]) for byte in whole]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        findings = {finding_in_pieces(step, cut, has_ended) for cut in (pieces, [whole], bytewise)}
    assert len(findings) == 1
