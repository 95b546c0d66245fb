"""The steps of a dialogue: what a script in lvs.cf says, and what a nanny does one after the other.

In texts and patterns `%h %p %v %n %%` stand for what `filled` puts there, once for each service.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

LARGEST_STRING = 65_536
"""Bytes of one send or expect."""
LARGEST_PATTERN = 4_096
"""Bytes of one regular expression."""
READ_LIMIT = 65_536
"""Bytes that one probe reads of a stream before it says "too much"."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send these bytes; over UDP they are one datagram."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ExpectPrefix:
    """What is unread must begin with these bytes; they are then read."""

    prefix: bytes


@dataclass(frozen=True, slots=True)
class ExpectAny:
    """Anything at all must come; its first byte (or datagram, even an empty one) is then read."""


@dataclass(frozen=True, slots=True)
class ExpectRegex:
    """A regular expression on bytes must be found in what is unread (Python's `re`, `search`).

    An expression whose match more input could undo (`$`, `\\b`, look-ahead ...) is tried at the
    end of each line and at the end of the input, any other as soon as bytes come.
    """

    pattern: bytes


@dataclass(frozen=True, slots=True)
class ExpectLine:
    """The next line must begin with this text; the line is then read.

    Where the text is a code of up to three digits, a reply of several lines counts as one:
    `220-` and whatever follows, up to the line that begins with `220` and a blank.
    """

    text: bytes


@dataclass(frozen=True, slots=True)
class ExpectLineRegex:
    """The expression must be found in the next line, without its line end; the line is read."""

    pattern: bytes


@dataclass(frozen=True, slots=True)
class ExpectStreamRegex:
    """The input is read up to the first byte at which the expression is found in it."""

    pattern: bytes


@dataclass(frozen=True, slots=True)
class ExpectSomeLine:
    """The expression must be found in one of the lines that come; the others are passed over."""

    pattern: bytes


@dataclass(frozen=True, slots=True)
class ExpectBytes:
    """So many bytes, whatever they are, must come; they are then read."""

    count: int


@dataclass(frozen=True, slots=True)
class SkipUntil:
    """Everything up to this text is passed over, and the text is read."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so long; what comes meanwhile stays unread."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StartTls:
    """The TLS handshake: from here on everything is encrypted."""


@dataclass(frozen=True, slots=True)
class Close:
    """Say that nothing more will be sent; the server may still speak."""


Expectation = (
    ExpectPrefix
    | ExpectAny
    | ExpectRegex
    | ExpectLine
    | ExpectLineRegex
    | ExpectStreamRegex
    | ExpectSomeLine
    | ExpectBytes
    | SkipUntil
)
"""Steps that only the server can fulfil."""
RegexStep = ExpectRegex | ExpectLineRegex | ExpectStreamRegex | ExpectSomeLine
Step = Send | Expectation | Wait | StartTls | Close


@dataclass(frozen=True, slots=True)
class TlsTerms:
    """What is asked of the server's TLS."""

    name: str = ""
    """The name that is asked for (SNI) and, where the chain is verified, must be certified."""
    verifies_chain: bool = False
    warning_days: float | None = 14.0
    """Days before the certificate's end from which on it is warned of; None: never."""
    ca: str = ""
    """The file of the authorities that count; empty: those of the system."""


def steps_of(send: bytes | None, expect: bytes | None, use_regex: bool = False) -> tuple[Step, ...]:
    """The steps that the keywords `send`, `expect` and `use_regex` mean (lvs.cf(5)).

    What is sent goes first; `expect` is compared with the first bytes that arrive; b"*" is any
    answer; an empty or absent one asks for none.
    """
    steps: list[Step] = []
    if send:
        steps.append(Send(send))
    if expect == b"*":
        steps.append(ExpectAny())
    elif expect:
        steps.append(ExpectRegex(expect) if use_regex else ExpectPrefix(expect))
    return tuple(steps)


_VARIABLE = re.compile("%([hpvn%])")
_VARIABLE_OF_BYTES = re.compile(b"%([hpvn%])")


def filled_text(text: str, values: Mapping[str, str]) -> str:
    """The text with the variables `%h` and so on replaced; any other use of % stays as it is."""
    return _VARIABLE.sub(lambda found: values[found[1]], text)


def filled(steps: tuple[Step, ...], values: Mapping[str, str]) -> tuple[Step, ...]:
    """The steps with the variables in their texts and patterns replaced."""
    known = {name.encode(): _bytes(value) for name, value in values.items()}
    escaped = {name: re.escape(value) for name, value in known.items()}

    def fill(data: bytes, by_name: Mapping[bytes, bytes]) -> bytes:
        return _VARIABLE_OF_BYTES.sub(lambda found: by_name[found[1]], data)

    return tuple(
        _changed(step, lambda text: fill(text, known), lambda pattern: fill(pattern, escaped))
        for step in steps
    )


def literal(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with every % doubled, so that `filled` leaves them as they were."""

    def double(data: bytes) -> bytes:
        return data.replace(b"%", b"%%")

    return tuple(_changed(step, double, double) for step in steps)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _changed(step: Step, text: Callable[[bytes], bytes], pattern: Callable[[bytes], bytes]) -> Step:
    match step:
        case Send(data):
            return Send(text(data))
        case ExpectPrefix(prefix):
            return ExpectPrefix(text(prefix))
        case ExpectLine(beginning):
            return ExpectLine(text(beginning))
        case SkipUntil(mark):
            return SkipUntil(text(mark))
        case ExpectRegex() | ExpectLineRegex() | ExpectStreamRegex() | ExpectSomeLine():
            return replace(step, pattern=pattern(step.pattern))
    return step
