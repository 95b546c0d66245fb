"""Expect steps: what fits, and that segments never change what a matcher says."""

import re
import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from piranha.probes.matching import Finding, Matcher, matchers_of
from piranha.script.expressions import stream_fault
from piranha.script.steps import (
    ExpectAny,
    ExpectBytes,
    ExpectLine,
    ExpectLineRegex,
    ExpectPrefix,
    ExpectRegex,
    ExpectSomeLine,
    ExpectStreamRegex,
    RegexStep,
    Send,
    SkipUntil,
    Step,
)

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


def test_a_line_is_complete_before_it_counts_but_wrong_at_its_first_wrong_byte() -> None:
    assert look(ExpectLine(b"220"), b"220 mail") is UNDECIDED
    assert look(ExpectLine(b"220"), b"220 mail\r\n") is MATCHED
    assert look(ExpectLine(b"220"), b"4") is WRONG
    assert look(ExpectLine(b"220"), b"220 mail", is_whole=True) is MATCHED
    assert look(ExpectLine(b"220"), b"22", is_whole=True) is UNDECIDED


@pytest.mark.parametrize(
    ("text", "data", "read"),
    [
        (b"220", b"220-a\r\n220-b\r\n220 c\r\nrest", 21),
        (b"2", b"230-a\nwhatever\n 230 b\n230 c\nrest", 28),
        (b"220", b"220-a\n220\nrest", 10),
        (b"220", b"220 a\n220-b\n", 6),
        (b"220-", b"220-a\n220 b\n", 6),
        (b"+OK", b"+OK-\n+OK", 5),
    ],
)
def test_a_reply_of_several_lines_is_one(text: bytes, data: bytes, read: int) -> None:
    one = matcher(ExpectLine(text))
    assert (one.look(bytearray(data), False), one.consumed) == (MATCHED, read)


def test_a_reply_of_several_lines_that_breaks_off_is_incomplete() -> None:
    assert look(ExpectLine(b"220"), b"220-a\r\n220-b\r\n", is_whole=True) is UNDECIDED


def test_an_expression_for_lines_sees_the_next_line_without_its_end() -> None:
    step = ExpectLineRegex(rb"^HTTP/1\.[01] 200 .*$")
    assert look(step, b"HTTP/1.1 200 OK\r") is UNDECIDED
    assert look(step, b"HTTP/1.1 200 OK\r\nx") is MATCHED
    assert look(step, b"HTTP/1.1 503 no\r\nHTTP/1.1 200 OK\r\n") is WRONG
    assert look(step, b"HTTP/1.1 200 OK", is_whole=True) is MATCHED


def test_an_expression_for_some_line_passes_others_over() -> None:
    one = matcher(ExpectSomeLine(b"^b"))
    assert one.look(bytearray(b"ab\nac\n"), False) is UNDECIDED
    assert (one.look(bytearray(b"ab\nac\nbe\nf"), False), one.consumed) == (MATCHED, 9)
    assert look(ExpectSomeLine(b"^b"), b"ab\nac", is_whole=True) is WRONG


def test_an_expression_on_an_open_stream_reads_up_to_the_byte_that_completes_it() -> None:
    one = matcher(ExpectStreamRegex(rb"(?s)^.{4}\x0a"))
    assert one.look(bytearray(b"J\0\0\0"), False) is UNDECIDED
    assert (one.look(bytearray(b"J\0\0\0\x0a8.0"), False), one.consumed) == (MATCHED, 5)


def test_bytes_are_counted_and_texts_are_looked_for() -> None:
    assert look(ExpectBytes(4), b"abc") is UNDECIDED
    assert look(ExpectBytes(4), b"abcd") is MATCHED
    one = matcher(SkipUntil(b"login: "))
    assert one.look(bytearray(b"Debian\nlog"), False) is UNDECIDED
    assert (one.look(bytearray(b"Debian\nlogin: x"), False), one.consumed) == (MATCHED, 14)
    assert look(SkipUntil(b"login: "), b"bye", is_whole=True) is WRONG


def test_a_step_that_sends_has_no_matcher() -> None:
    assert matchers_of((Send(b"x"),)) == (None,)


patterns = st.text(alphabet=r"ab.^$|*+?()[]{}2,\bBZ<!=>:xn", max_size=12).map(str.encode)
inputs = st.lists(
    st.sampled_from([b"a", b"b", b"\n", b"2", b"2-", b"222-", b"222 "]), max_size=8
).map(b"".join)


def compiled(pattern: bytes) -> re.Pattern[bytes]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(pattern)
        except (re.error, OverflowError):
            assume(False)
            raise


def finding_in_pieces(
    step: Step, pieces: list[bytes], has_ended: bool
) -> tuple[Finding, int | None]:
    """What is found, and how much a match reads (an old expression is only asked whether)."""
    one, unread, finding = matcher(step), bytearray(), UNDECIDED
    for piece in [b"", *pieces]:
        unread += piece
        finding = one.look(unread, False)
        if finding is not UNDECIDED:
            break
    if finding is UNDECIDED and has_ended:
        finding = one.look(unread, True)
    is_read = finding is MATCHED and not isinstance(step, ExpectRegex)
    return finding, one.consumed if is_read else None


expects: st.SearchStrategy[Step] = st.one_of(
    inputs.map(ExpectPrefix),
    st.just(ExpectAny()),
    patterns.map(ExpectRegex),
    inputs.filter(bool).map(ExpectLine),
    st.sampled_from([b"2", b"22", b"222"]).map(ExpectLine),
    st.integers(1, 9).map(ExpectBytes),
    inputs.filter(bool).map(SkipUntil),
    patterns.map(ExpectLineRegex),
    patterns.map(ExpectSomeLine),
    patterns.map(lambda pattern: ExpectStreamRegex(b"(?s)" + pattern)),
)


@settings(max_examples=600, deadline=None)
@given(expects, st.lists(inputs, max_size=4), st.booleans())
def test_segments_do_not_change_what_a_matcher_finds(
    step: Step, pieces: list[bytes], has_ended: bool
) -> None:
    if isinstance(step, RegexStep):
        compiled(step.pattern)
    if isinstance(step, ExpectStreamRegex):
        assume(not stream_fault(step.pattern))
    whole = b"".join(pieces)
    bytewise = [bytes([byte]) for byte in whole]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        findings = {finding_in_pieces(step, cut, has_ended) for cut in (pieces, [whole], bytewise)}
    assert len(findings) == 1
