"""A nanny that watches a process: between two looks it waits for the end of what it found."""

import os
import select

from piranha.probes.doors import Doors, ToldToEnd
from piranha.probes.process import Held, ProcessProbe
from piranha.probes.question import Question
from piranha.programs.nanny_rounds import Tell
from piranha.system import clock

MISSING_SECONDS = 0.25
"""Between two looks for a process that is not there, at most."""


def watch_for_ever(
    question: Question, interval_seconds: float, phase_seconds: float, doors: Doors, tell: Tell
) -> None:
    """Look, and wait for the end of the process, until `doors.orders_fd` is closed.

    The end of the process is told within milliseconds, unless another one has taken its place: a
    pid file that was written anew is followed. The first look comes `phase_seconds` from now, each
    other one an interval after the one before; a byte on `orders_fd` means "one more, now".
    """
    assert doors.orders_fd is not None, "nobody could end this"
    held: Held | None = None
    due_at = clock.now() + phase_seconds
    number = 0
    try:
        while True:
            _wait(doors.orders_fd, held, due_at)
            probe = ProcessProbe(question, doors, held)
            outcome = probe.ask()
            held = probe.take()
            number += 1
            tell(outcome, number)
            pause = interval_seconds if held else min(interval_seconds, MISSING_SECONDS)
            due_at = clock.now() + pause
    except ToldToEnd:
        return
    finally:
        if held is not None:
            os.close(held.pidfd)


def _wait(orders_fd: int, held: Held | None, until: float) -> None:
    """Until it is time to look, by an order, an end or the clock. Raises ToldToEnd."""
    waiting = select.poll()
    waiting.register(orders_fd, select.POLLIN)
    if held is not None:
        waiting.register(held.pidfd, select.POLLIN)
    ready = dict(waiting.poll(max(0.0, (until - clock.now()) * 1000)))
    if orders_fd in ready and not os.read(orders_fd, 4096):
        raise ToldToEnd
