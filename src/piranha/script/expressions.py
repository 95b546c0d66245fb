"""Which regular expressions a dialogue may use, so that segments cannot change a verdict.

Bytes of a stream come in pieces of any size. An expression is therefore applied to something that
is whole: a line, or all that came before the server closed. One that begins with the flag s is for
binary protocols, which know no lines: it is applied to the open stream, and the input counts as
read up to the first byte at which the expression is found. That byte is the same however the
input was cut, as long as nothing behind it can undo the match (`$`, look-around) and the
expression does not end in a repetition, which would read on for as long as more comes.
"""

import re

_UNDOABLE = re.compile(
    rb"""
      \\[bBZz]               # word boundaries and the end look at the next byte
    | \$
    | \(\?[=!>(]           # look-ahead, atomic group, condition
    | \(\?\#               # a comment: a [ in it would hide from this scan what follows
    | \(\?[a-zA-Z]*x         # verbose: comments could hide the above from this scan
    | [*+?}]\+               # possessive
    """,
    re.VERBOSE,
)
_OPAQUE = re.compile(rb"\\[^bBZz]|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_SET = re.compile(rb"(\\.)|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_COMMENT = re.compile(rb"\(\?#")
_LOOK_AROUND = re.compile(rb"\(\?<?[=!]")
_ENDLESS_TAIL = re.compile(rb"(?:[*+?]|\{[0-9]*,[0-9]*\})\)*\Z")
_LINE_END = re.compile(rb"\\n|\\r|\\x0[aAdD]|\\01[25]|[\r\n]")
_STREAM = re.compile(rb"\(\?[a-zA-Z]*s[a-zA-Z]*\)")


def can_be_undone(pattern: bytes) -> bool:
    """True when bytes that come after a match may turn it into none; may err towards True."""
    return _UNDOABLE.search(_opaque(pattern)) is not None


def is_for_streams(pattern: bytes) -> bool:
    """True for an expression that is applied to the open stream and not to lines."""
    return _STREAM.match(pattern) is not None


def stream_fault(pattern: bytes) -> str:
    """What an expression on an open stream may not have; empty when it is sound."""
    plain = _opaque(pattern)
    if _COMMENT.search(plain):
        return "has a comment, in which its end could hide"
    if _LOOK_AROUND.search(plain):
        return "looks around, at bytes that may not have come yet"
    if _UNDOABLE.search(plain):
        return "has an end that later bytes can undo"
    if _ENDLESS_TAIL.search(plain):
        return "ends in a repetition, which reads on for as long as more comes"
    return ""


def line_fault(pattern: bytes) -> str:
    """Why an expression can be found in no line; empty when it may be."""
    outside_sets = _SET.sub(lambda found: found[1] or b".", pattern)
    has_line_end = re.search(rb"(?<!\\)(?:\\\\)*(?:" + _LINE_END.pattern + rb")", outside_sets)
    return "has a line end, but is applied to one line without it" if has_line_end else ""


def _opaque(pattern: bytes) -> bytes:
    """The pattern with every escape and every set of characters turned into a dot."""
    return _OPAQUE.sub(b".", pattern)
