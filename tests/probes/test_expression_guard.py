"""An expression that does not come to an end is ended; nothing else is."""

import re
import signal

import pytest

from piranha.probes.expression_guard import ExpressionGuard
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Verdict
from piranha.script.steps import ExpectPrefix, ExpectRegex
from tests.probes.servers import now

WITH_REGEX = Question("::1", 1, Transport.TCP, (ExpectRegex(b"x"),))
WITHOUT = Question("::1", 1, Transport.TCP, (ExpectPrefix(b"x"),))


class Engine:
    """Remembers how it was told to end."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.ending: tuple[Verdict, str] | None = None

    def failed(self, verdict: Verdict, reason: str, _now: float) -> None:
        self.ending = (verdict, reason)


def run_away(_now: float) -> None:
    re.search(b"(a+)+$", b"a" * 60 + b"b")


def test_a_runaway_is_ended_at_the_deadline() -> None:
    engine = Engine(now() + 0.1)
    guard = ExpressionGuard(WITH_REGEX, now)
    guard.tell(engine, run_away)
    assert engine.ending == (Verdict.EXPRESSION_TIMED_OUT, "the expression was not done")
    assert now() < engine.deadline + 0.2


def test_even_at_the_deadline_an_expression_gets_a_moment() -> None:
    engine = Engine(now() - 1.0)
    told: list[float] = []
    guard = ExpressionGuard(WITH_REGEX, now)
    guard.tell(engine, told.append)
    assert len(told) == 1
    assert engine.ending is None


def test_timer_and_handler_are_put_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    guard = ExpressionGuard(WITH_REGEX, now)
    guard.tell(Engine(now() + 9.0), lambda _now: None)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_without_an_expression_there_is_no_timer() -> None:
    armed: list[float] = []
    before = signal.getitimer(signal.ITIMER_REAL)[0]
    guard = ExpressionGuard(WITHOUT, now)
    guard.tell(
        Engine(now() + 9.0), lambda _now: armed.append(signal.getitimer(signal.ITIMER_REAL)[0])
    )
    assert armed == [pytest.approx(before, abs=1.0)]
