"""Pure: what the client saw, from the list of its attempts; times in seconds of CLOCK_BOOTTIME."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attempt:
    """One new connection: started, and answered or given up."""

    started: float
    ended: float
    node: str
    """Who answered; empty: nobody did, in time."""


@dataclass(frozen=True, slots=True)
class Gap:
    """From one answer to the next, whatever happened between them."""

    begins: float
    ends: float
    failures: int
    """Attempts started in the gap that nobody answered."""

    @property
    def seconds(self) -> float:
        return self.ends - self.begins

    @property
    def milliseconds(self) -> float:
        return self.seconds * 1000


@dataclass(frozen=True, slots=True)
class Noise:
    """What the prober's own computer did to it, so that a number can be believed."""

    ticks: int
    worst_lateness: float
    """The longest that an attempt was started behind its plan."""
    ticks_missed: int
    """Attempts that were left out because their time had passed."""


def answered(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those that a node answered, by the time of the answer."""
    return sorted((a for a in attempts if a.node), key=lambda a: a.ended)


def failures(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those that nobody answered."""
    return [a for a in attempts if not a.node]


def longest_gap(attempts: Sequence[Attempt], after: float = 0.0) -> Gap:
    """The longest time without an answer, of the gaps that were open after an instant.

    The prober's period is part of it: without any fault the longest gap is a little over a period.
    """
    served = answered(attempts)
    gaps = [
        (b.ended - a.ended, a.ended, b.ended)
        for a, b in itertools.pairwise(served)
        if b.ended > after
    ]
    if not gaps:
        raise ValueError(f"no answer before and after {after:.3f}")
    _, begins, ends = max(gaps)
    failed = sum(1 for a in failures(attempts) if begins <= a.started < ends)
    return Gap(begins, ends, failed)


def first_answer_by(attempts: Sequence[Attempt], node: str, after: float) -> float | None:
    """When the first answer of this node to an attempt begun after an instant arrived."""
    for attempt in answered(attempts):
        if attempt.node == node and attempt.started >= after:
            return attempt.ended
    return None


def servers(attempts: Sequence[Attempt]) -> list[str]:
    """Which node answered, in order, each change once."""
    order: list[str] = []
    for attempt in answered(attempts):
        if not order or order[-1] != attempt.node:
            order.append(attempt.node)
    return order
