"""A regular expression that does not come to an end is ended by an interval timer.

Python's matcher looks for pending signals while it works, so an exception raised by a signal
handler stops it; nothing else does, short of another process. A nanny has one thread only.
"""

import signal
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Protocol

from piranha.probes.question import Question
from piranha.probes.verdict import Verdict

SHORTEST_SECONDS = 0.02
"""The expressions of one probe get at least this long, even when they are first tried at the
deadline; all of them together, for what came in many pieces is looked at many times."""


class Engine(Protocol):
    """A dialogue of any kind."""

    deadline: float

    def failed(self, verdict: Verdict, reason: str, now: float) -> None: ...


class _Runaway(BaseException):
    """The expression was not done in time."""


class ExpressionGuard:
    """Tells a dialogue what happened, and ends what takes longer than its deadline."""

    def __init__(self, question: Question, now: Callable[[], float]) -> None:
        self._is_needed = question.has_regex
        self._now = now
        self._is_matching = False
        self._late_seconds = 0.0
        """What they have taken since the deadline."""

    def tell(self, engine: Engine, event: Callable[..., None], *data: object) -> None:
        """Call `event` with the data and this instant; it ends at the engine's deadline."""
        now = self._now()
        if not self._is_needed:
            event(*data, now)
            return
        handler_before = signal.signal(signal.SIGALRM, self._ring)
        try:
            self._limited(engine.deadline, now, partial(event, *data, now))
        except _Runaway:
            words = "the expression was not done"
            engine.failed(Verdict.EXPRESSION_TIMED_OUT, words, self._now())
        finally:
            signal.signal(signal.SIGALRM, handler_before)

    def _limited(self, deadline: float, now: float, call: Callable[[], None]) -> None:
        seconds = max(SHORTEST_SECONDS - self._late_seconds, deadline - now)
        if seconds <= 0:
            raise _Runaway
        self._is_matching = True
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            call()
        finally:
            self._is_matching = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._late_seconds += max(0.0, self._now() - max(now, deadline))

    def _ring(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_matching:
            raise _Runaway
