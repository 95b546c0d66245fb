"""Asks a question once: the one way into this room."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from piranha.probes.doors import Doors, Note
from piranha.probes.program import ProgramProbe
from piranha.probes.question import ExpectRegex, Question, Transport
from piranha.probes.tcp import TcpProbe
from piranha.probes.transcript import heading
from piranha.probes.udp import UdpProbe
from piranha.probes.verdict import Outcome, Verdict


class Probe(Protocol):
    """One question on its way."""

    def __init__(self, question: Question, doors: Doors) -> None: ...
    def ask(self) -> Outcome:
        """Ask, and wait for the outcome until the deadline. Raises ToldToEnd."""
        ...

    def part(self) -> None:
        """End politely; it may take a moment, so the outcome is told before."""
        ...

    def close(self) -> None:
        """Let go of everything, at once."""
        ...


TRANSPORTS: dict[Transport, type[Probe]] = {
    Transport.TCP: TcpProbe,
    Transport.UDP: UdpProbe,
    Transport.PROGRAM: ProgramProbe,
}


@contextmanager
def asked(question: Question, doors: Doors) -> Iterator[Outcome]:
    """The outcome, no later than the question's timeout; the polite end follows the block.

    Raises ToldToEnd; whatever is wrong with the service or this node is an outcome.
    """
    fault = expression_fault(question)
    if fault:
        yield Outcome(Verdict.BAD_EXPRESSION, fault, 0.0)
        return
    if doors.note is not None:
        doors.note(Note(0.0, "asking", text=heading(question)))
    probe = TRANSPORTS[question.transport](question, doors)
    try:
        yield probe.ask()
        probe.part()
    finally:
        probe.close()


def expression_fault(question: Question) -> str:
    """What is wrong with the first bad expression; empty when all are good."""
    for step in question.steps:
        if isinstance(step, ExpectRegex):
            try:
                re.compile(step.pattern)
            except (re.error, OverflowError, RecursionError) as error:
                return f"{step.pattern.decode('ascii', 'backslashreplace')}: {error}"
    return ""
