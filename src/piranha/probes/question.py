"""What a nanny asks: a frozen value that says whom, how, in which steps and for how long."""

import re
from dataclasses import dataclass
from enum import StrEnum

from piranha.defaults import PROBE_TIMEOUT_SECONDS

LARGEST_STRING = 65_536
"""Bytes of one send or expect."""
LARGEST_PATTERN = 4_096
"""Bytes of one regular expression."""


class Transport(StrEnum):
    """How the question travels."""

    TCP = "tcp"
    UDP = "udp"
    PROGRAM = "program"


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


Step = Send | ExpectPrefix | ExpectAny | ExpectRegex


@dataclass(frozen=True, slots=True)
class Question:
    """One probe, ready to be asked again and again; nothing in it changes."""

    host: str
    """A numeric address: a nanny never waits for a name server."""
    port: int
    transport: Transport
    steps: tuple[Step, ...] = ()
    """In order. None at all: over TCP a connection alone is enough."""
    timeout_seconds: float = PROBE_TIMEOUT_SECONDS
    """For the whole probe: connecting and every step."""
    service: str = ""
    vip: str = ""
    argv: tuple[str, ...] = ()
    """The program of `Transport.PROGRAM`, with %h and the like still in it."""

    @property
    def target(self) -> str:
        """Whom we ask, for people: 10.0.0.1:25, [fd00::1]:25, or the program's name."""
        if self.transport is Transport.PROGRAM:
            return self.argv[0]
        return f"[{self.host}]:{self.port}" if self.is_ipv6 else f"{self.host}:{self.port}"

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.host

    @property
    def has_regex(self) -> bool:
        return any(isinstance(step, ExpectRegex) for step in self.steps)


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


def environment_of(question: Question) -> dict[str, str]:
    """What a program that is run for this question finds in its environment."""
    return {
        "PIRANHA_SERVICE": question.service,
        "PIRANHA_HOST": question.host,
        "PIRANHA_PORT": str(question.port),
        "PIRANHA_VIP": question.vip,
    }


_VARIABLE = re.compile("%([hpvn%])")


def expanded(text: str, question: Question) -> str:
    """The text with %h (real address), %p (port), %v (VIP), %n (service) and %% filled in; any
    other use of % stays as it is."""
    values = {
        "h": question.host,
        "p": str(question.port),
        "v": question.vip,
        "n": question.service,
        "%": "%",
    }
    return _VARIABLE.sub(lambda found: values[found[1]], text)
