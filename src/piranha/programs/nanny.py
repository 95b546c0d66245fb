"""nanny: asks one question again and again: does this service answer on this real address?"""

import os
import select
from collections.abc import Callable

from piranha.probes.asking import asked
from piranha.probes.doors import Doors, Note, ToldToEnd
from piranha.probes.question import Question
from piranha.probes.verdict import Outcome
from piranha.system import children, clock
from piranha.wire import nanny_line
from piranha.wire.exit_status import ExitStatus
from piranha.wire.nanny_line import NannyReport


def ask(question: Question, dialogue_log: Callable[[Note], None] | None = None) -> Outcome:
    """Ask once, here and now; blocks no longer than the timeout and a polite end."""
    with asked(question, Doors(clock.now, children, dialogue_log)) as outcome:
        return outcome


def run_for_fos(
    question: Question,
    interval_seconds: float,
    phase_seconds: float,
    report_fd: int,
    order_fd: int,
) -> int:
    """The body of a nanny that fos forked: probe for ever, tell fos how each probe ended.

    The first probe begins `phase_seconds` from now, the next ones each an interval later (at once
    after one that took longer). A byte on `order_fd` means "probe now"; its end, even in the middle
    of a probe, means that fos is done with us: returns exit status 0.
    """
    doors = Doors(clock.now, children, orders_fd=order_fd)
    due_at = clock.now() + phase_seconds
    sequence = 0
    try:
        while True:
            is_ordered = _wait_for_order(order_fd, due_at)
            with asked(question, doors) as outcome:
                sequence += 1
                _tell_fos(report_fd, question.service, outcome, sequence)
            if not is_ordered:
                due_at = max(due_at + interval_seconds, clock.now())
    except (ToldToEnd, BrokenPipeError):
        return ExitStatus.OK


def _wait_for_order(order_fd: int, until: float) -> bool:
    """True when fos wants a probe before its time has come. Raises ToldToEnd."""
    orders = select.poll()
    orders.register(order_fd, select.POLLIN)
    if not orders.poll(max(0.0, (until - clock.now()) * 1000)):
        return False
    if not os.read(order_fd, 4096):
        raise ToldToEnd
    return True


def _tell_fos(report_fd: int, service: str, outcome: Outcome, sequence: int) -> None:
    report = NannyReport(
        service=service,
        verdict=outcome.verdict.words,
        is_healthy=outcome.is_healthy,
        is_judgement=outcome.is_judgement,
        evidence=outcome.evidence,
        seconds=outcome.seconds,
        sequence=sequence,
    )
    os.write(report_fd, nanny_line.encode(report) + b"\n")
