"""Asks a question once: the one way into this room."""

import contextlib
import re
from functools import cache
from types import TracebackType
from typing import Protocol

from piranha.probes.dhcp import DhcpProbe
from piranha.probes.dns import DnsProbe
from piranha.probes.doors import Doors, Note
from piranha.probes.process import ProcessProbe
from piranha.probes.program import ProgramProbe
from piranha.probes.question import Question, Transport
from piranha.probes.radius import RadiusProbe
from piranha.probes.tcp import TcpProbe
from piranha.probes.transcript import heading
from piranha.probes.udp import UdpProbe
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import ExpectRegex, TlsTerms


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
    Transport.DNS: DnsProbe,
    Transport.DHCP: DhcpProbe,
    Transport.RADIUS: RadiusProbe,
    Transport.PROCESS: ProcessProbe,
    Transport.PROGRAM: ProgramProbe,
}


class Asked:
    """`with Asked(question, doors) as outcome:` the outcome comes no later than the timeout, the
    polite end follows the block.

    Raises ToldToEnd; whatever is wrong with the service or with this node is an outcome. (A class
    and not a generator: nannies live on few pages of private memory.)
    """

    __slots__ = ("_doors", "_probe", "_question")

    def __init__(self, question: Question, doors: Doors) -> None:
        self._question = question
        self._doors = doors
        self._probe: Probe | None = None

    def __enter__(self) -> Outcome:
        question, doors = self._question, self._doors
        if question.has_regex and (fault := expression_fault(question)):
            return Outcome(Verdict.BAD_EXPRESSION, fault, 0.0)
        if doors.note is not None:
            doors.note(Note(0.0, "asking", text=heading(question)))
        if question.tls is not None and (fault := tls_fault(question.tls)):
            return Outcome(Verdict.SYSTEM_REFUSED, f"{question.tls.ca}: {fault}", 0.0)
        probe = self._probe = TRANSPORTS[question.transport](question, doors)
        try:
            return probe.ask()
        except BaseException:
            probe.close()
            raise

    def __exit__(
        self, kind: type | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._probe is None:
            return
        try:
            if kind is None:
                self._probe.part()
        finally:
            self._probe.close()


def tls_fault(terms: TlsTerms) -> str:
    """Why these terms cannot be kept here; empty when they can. Makes what all probes on them
    share, so that nannies find it made."""
    from piranha.probes.tls import context_of  # here: only who asks for TLS pays for the library

    try:
        context_of(terms)
    except OSError as error:
        return f"{error.strerror or error}"
    return ""


@cache
def warm_up_tls() -> None:
    """Have OpenSSL make now, once, what its first handshake needs: after the fork each nanny would
    make its own."""
    from piranha.probes.tls_warm_up import warm_up

    with contextlib.suppress(OSError):  # then nannies are as large as they are
        warm_up()


def expression_fault(question: Question) -> str:
    """What is wrong with the first bad expression; empty when all are good."""
    for step in question.steps:
        if isinstance(step, ExpectRegex):
            try:
                re.compile(step.pattern)
            except (re.error, OverflowError, RecursionError) as error:
                return f"{step.pattern.decode('ascii', 'backslashreplace')}: {error}"
    return ""
