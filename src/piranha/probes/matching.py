"""Pure: one matcher for each kind of expect step; does what has come so far fit?

However the input is cut into segments, a matcher says the same of it: it decides on bytes that no
later byte can make undecided again, or on the whole input.
"""

import re
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from piranha.probes.question import ExpectAny, ExpectPrefix, ExpectRegex, Send, Step
from piranha.probes.spelling import quoted


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

    def look(self, unread: bytearray, is_whole: bool) -> Finding:
        """Judge the unread bytes; `is_whole`: no more will come."""
        ...


class PrefixMatcher:
    """The first bytes are exactly these."""

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

    wanted = "any answer"

    def __init__(self, _step: ExpectAny, _is_last: bool) -> None:
        self.consumed = 1

    def look(self, unread: bytearray, is_whole: bool) -> Finding:  # noqa: ARG002
        return Finding.MATCHED if unread else Finding.UNDECIDED


class RegexMatcher:
    """A regular expression is found.

    A match that more input could undo, or one whose end the next step needs to know, is looked for
    in the input up to the end of its first line, then of its second, and so on, and at last in the
    whole of it.
    """

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
    ExpectPrefix: PrefixMatcher,
    ExpectAny: AnyMatcher,
    ExpectRegex: RegexMatcher,
}
"""What is made of each kind of step, and of whether no later one expects anything."""


_UNDOABLE = re.compile(
    rb"""
      \\[bBZz]               # word boundaries and the end look at the next byte
    | \$
    | \(\?[=!>(]           # look-ahead, atomic group, condition
    | \(\?[a-zA-Z]*x         # verbose: comments could hide the above from this scan
    | [*+?}]\+               # possessive
    """,
    re.VERBOSE,
)
_OPAQUE = re.compile(rb"\\[^bBZz]|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


def can_be_undone(pattern: bytes) -> bool:
    """True when bytes that come after a match may turn it into none; may err towards True."""
    return _UNDOABLE.search(_OPAQUE.sub(b".", pattern)) is not None
