"""Probes in their rhythm: one interval after the other, until somebody says that it is enough."""

import os
import select
from collections.abc import Callable

from piranha.probes.asking import Asked
from piranha.probes.doors import Doors, ToldToEnd
from piranha.probes.question import Question
from piranha.probes.verdict import Outcome
from piranha.system import clock
from piranha.wire.nanny_line import NannyReport

Tell = Callable[[Outcome, int], None]
"""Hears how each probe ended, and its number: 1, 2, 3 ..."""


def probe_for_ever(
    question: Question, interval_seconds: float, phase_seconds: float, doors: Doors, tell: Tell
) -> None:
    """Ask until the other end of `doors.orders_fd` is closed, even in the middle of a probe.

    The first probe begins `phase_seconds` from now, each other one an interval after the one
    before (at once, where that took longer). A byte on `orders_fd` means "one more, now".
    """
    assert doors.orders_fd is not None, "nobody could end this"
    due_at = clock.now() + phase_seconds
    number = 0
    try:
        while True:
            is_extra = _wait_for_order(doors.orders_fd, due_at)
            number += 1
            with Asked(question, doors) as outcome:
                tell(outcome, number)
            if not is_extra:
                due_at = max(due_at + interval_seconds, clock.now())
    except ToldToEnd:
        return


def _wait_for_order(orders_fd: int, until: float) -> bool:
    """True when a probe is wanted before its time. Raises ToldToEnd."""
    orders = select.poll()
    orders.register(orders_fd, select.POLLIN)
    if not orders.poll(max(0.0, (until - clock.now()) * 1000)):
        return False
    if not os.read(orders_fd, 4096):
        raise ToldToEnd
    return True


def report_of(question: Question, outcome: Outcome, number: int) -> NannyReport:
    """The outcome as those hear of it who know services and no probes."""
    return NannyReport(
        service=question.service,
        verdict=outcome.verdict.words,
        is_healthy=outcome.is_healthy,
        is_judgement=outcome.is_judgement,
        evidence=outcome.evidence,
        seconds=outcome.seconds,
        sequence=number,
        warning=outcome.warning,
    )
