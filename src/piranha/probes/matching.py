"""Pure: one matcher for each kind of expect step; does what has come so far fit?

However the input is cut into segments, a matcher says the same of it: it decides on bytes that no
later byte can make undecided again, or on the whole input.
"""

import re
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from piranha.script.expressions import can_be_undone
from piranha.script.spelling import quoted
from piranha.script.steps import (
    Close,
    ExpectAny,
    ExpectBytes,
    ExpectLine,
    ExpectLineRegex,
    ExpectPrefix,
    ExpectRegex,
    ExpectSomeLine,
    ExpectStreamRegex,
    Send,
    SkipUntil,
    StartTls,
    Step,
    Wait,
)


class Finding(Enum):
    """What a matcher says of the unread bytes."""

    UNDECIDED = "undecided"
    """More is needed; of a whole input: it ended too early."""
    MATCHED = "matched"
    WRONG = "wrong"


class Matcher(Protocol):
    """Looks at the unread bytes of one expect step, again and again as they grow."""

    consumed: int
    """After MATCHED: how many of the unread bytes have been read."""
    wanted: str
    """What is expected, for people."""
    is_whole_at_deadline: bool
    """True: at the deadline what has come is judged as a whole; False: it is late."""

    def look(self, unread: bytearray, is_whole: bool) -> Finding:
        """Judge the unread bytes; `is_whole`: no more will come."""
        ...


class PrefixMatcher:
    """The first bytes are exactly these."""

    is_whole_at_deadline = True

    def __init__(self, step: ExpectPrefix, _is_last: bool) -> None:
        self._prefix = step.prefix
        self.consumed = len(step.prefix)
        self.wanted = quoted(step.prefix)

    def look(self, unread: bytearray, is_whole: bool) -> Finding:  # noqa: ARG002
        if unread.startswith(self._prefix):
            return Finding.MATCHED
        return Finding.UNDECIDED if self._prefix.startswith(unread) else Finding.WRONG


class AnyMatcher:
    """Anything has come."""

    is_whole_at_deadline = True
    wanted = "any answer"

    def __init__(self, _step: ExpectAny, _is_last: bool) -> None:
        self.consumed = 1

    def look(self, unread: bytearray, is_whole: bool) -> Finding:  # noqa: ARG002
        return Finding.MATCHED if unread else Finding.UNDECIDED


class LineMatcher:
    """The next line begins with a text; where that is a code, a reply of several lines is one."""

    is_whole_at_deadline = False

    def __init__(self, step: ExpectLine, _is_last: bool) -> None:
        self._text = step.text
        self._is_code = len(step.text) <= 3 and step.text.isdigit()
        self._code = b""
        self._line_start = self._looked_at = 0
        self.consumed = 0
        self.wanted = f"a line {quoted(step.text)}"

    def look(self, unread: bytearray, is_whole: bool) -> Finding:
        text = self._text
        if not unread.startswith(text):
            return Finding.UNDECIDED if text.startswith(unread) else Finding.WRONG
        while (line_end := unread.find(b"\n", self._looked_at) + 1) > 0 or (
            is_whole and self._line_start < len(unread)
        ):
            line = bytes(unread[self._line_start : line_end or len(unread)])
            self.consumed = self._line_start = self._looked_at = line_end or len(unread)
            if self._ends_reply(line):
                return Finding.MATCHED
        self._looked_at = len(unread)
        return Finding.UNDECIDED

    def _ends_reply(self, line: bytes) -> bool:
        """RFC 5321 section 4.2.1, RFC 959 section 4.2: 220- goes on, 220 and a blank ends."""
        if not self._code:
            if not (self._is_code and line[:3].isdigit() and line[3:4] == b"-"):
                return True
            self._code = line[:3]
            return False
        return line[:3] == self._code and line[3:4] != b"-"


class LineRegexMatcher:
    """An expression is found in the next line, or in what is left at the end of the input."""

    is_whole_at_deadline = False

    def __init__(self, step: ExpectLineRegex, _is_last: bool) -> None:
        self._regex = re.compile(step.pattern)
        self._looked_at = 0
        self.consumed = 0
        self.wanted = f"a line with a match of {quoted(step.pattern)}"

    def look(self, unread: bytearray, is_whole: bool) -> Finding:
        line_end = unread.find(b"\n", self._looked_at) + 1
        if not line_end and not (is_whole and unread):
            self._looked_at = len(unread)
            return Finding.UNDECIDED
        self.consumed = line_end or len(unread)
        line = bytes(unread[: self.consumed]).rstrip(b"\r\n")
        return Finding.MATCHED if self._regex.search(line) else Finding.WRONG


class SomeLineMatcher:
    """An expression is found in one of the lines that come."""

    is_whole_at_deadline = False

    def __init__(self, step: ExpectSomeLine, _is_last: bool) -> None:
        self._regex = re.compile(step.pattern)
        self._line_start = self._looked_at = 0
        self.consumed = 0
        self.wanted = f"some line with a match of {quoted(step.pattern)}"

    def look(self, unread: bytearray, is_whole: bool) -> Finding:
        while (line_end := unread.find(b"\n", self._looked_at) + 1) > 0:
            if self._is_found(unread, line_end):
                return Finding.MATCHED
        self._looked_at = len(unread)
        if not is_whole:
            return Finding.UNDECIDED
        return Finding.MATCHED if self._is_found(unread, len(unread)) else Finding.WRONG

    def _is_found(self, unread: bytearray, end: int) -> bool:
        line = bytes(unread[self._line_start : end]).rstrip(b"\r\n")
        self.consumed = self._line_start = self._looked_at = end
        return self._regex.search(line) is not None


class StreamRegexMatcher:
    """An expression is found; what is read ends with the first byte at which it is.

    More input never undoes such a match (script/expressions.py), so that byte is found by halving.
    """

    is_whole_at_deadline = False

    def __init__(self, step: ExpectStreamRegex, _is_last: bool) -> None:
        self._regex = re.compile(step.pattern)
        self._longest_without = -1
        self.consumed = 0
        self.wanted = f"a match of {quoted(step.pattern)}"

    def look(self, unread: bytearray, is_whole: bool) -> Finding:
        with_match = len(unread)
        if self._regex.search(unread) is None:
            self._longest_without = with_match
            return Finding.WRONG if is_whole and unread else Finding.UNDECIDED
        without = self._longest_without
        while with_match - without > 1:
            middle = (with_match + without) // 2
            if self._regex.search(unread, 0, middle):
                with_match = middle
            else:
                without = middle
        self.consumed = with_match
        return Finding.MATCHED


class BytesMatcher:
    """So many bytes have come."""

    is_whole_at_deadline = False

    def __init__(self, step: ExpectBytes, _is_last: bool) -> None:
        self.consumed = step.count
        self.wanted = f"{step.count} bytes"

    def look(self, unread: bytearray, is_whole: bool) -> Finding:  # noqa: ARG002
        return Finding.MATCHED if len(unread) >= self.consumed else Finding.UNDECIDED


class SkipMatcher:
    """A text comes, sooner or later."""

    is_whole_at_deadline = False

    def __init__(self, step: SkipUntil, _is_last: bool) -> None:
        self._text = step.text
        self._looked_at = 0
        self.consumed = 0
        self.wanted = f"{quoted(step.text)} somewhere"

    def look(self, unread: bytearray, is_whole: bool) -> Finding:
        start = unread.find(self._text, self._looked_at)
        if start >= 0:
            self.consumed = start + len(self._text)
            return Finding.MATCHED
        self._looked_at = max(0, len(unread) - len(self._text) + 1)
        return Finding.WRONG if is_whole and unread else Finding.UNDECIDED


class RegexMatcher:
    """A regular expression is found.

    A match that more input could undo, or one whose end the next step needs to know, is looked for
    in the input up to the end of its first line, then of its second, and so on, and at last in the
    whole of it.
    """

    is_whole_at_deadline = True

    def __init__(self, step: ExpectRegex, is_last: bool) -> None:
        self._regex = re.compile(step.pattern)
        self._decides_at_once = is_last and not can_be_undone(step.pattern)
        self._looked_at = 0
        self.consumed = 0
        self.wanted = f"a match of {quoted(step.pattern)}"

    def look(self, unread: bytearray, is_whole: bool) -> Finding:
        if self._decides_at_once or is_whole:
            if self._is_found(unread, len(unread)):
                return Finding.MATCHED
            return Finding.WRONG if is_whole and unread else Finding.UNDECIDED
        while (line_end := unread.find(b"\n", self._looked_at) + 1) > 0:
            self._looked_at = line_end
            if self._is_found(unread, line_end):
                return Finding.MATCHED
        return Finding.UNDECIDED

    def _is_found(self, unread: bytearray, end: int) -> bool:
        found = self._regex.search(unread, 0, end)
        if found is None:
            return False
        self.consumed = found.end()
        return True


def matchers_of(steps: tuple[Step, ...]) -> tuple[Matcher | None, ...]:
    """A fresh matcher for each expect step, None for every other. Raises re.error."""
    matchers: list[Matcher | None] = []
    is_last = True
    for step in reversed(steps):
        matcher = _MATCHERS[type(step)](step, is_last)
        is_last = is_last and matcher is None
        matchers.insert(0, matcher)
    return tuple(matchers)


_MATCHERS: dict[type[Step], Callable[[Any, bool], Matcher | None]] = {
    Send: lambda _step, _is_last: None,
    Wait: lambda _step, _is_last: None,
    StartTls: lambda _step, _is_last: None,
    Close: lambda _step, _is_last: None,
    ExpectPrefix: PrefixMatcher,
    ExpectAny: AnyMatcher,
    ExpectRegex: RegexMatcher,
    ExpectLine: LineMatcher,
    ExpectLineRegex: LineRegexMatcher,
    ExpectSomeLine: SomeLineMatcher,
    ExpectStreamRegex: StreamRegexMatcher,
    ExpectBytes: BytesMatcher,
    SkipUntil: SkipMatcher,
}
"""What is made of each kind of step, and of whether no later one expects anything."""
