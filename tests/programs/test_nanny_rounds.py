"""The rhythm of the probes."""

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from piranha.programs.nanny_rounds import probe_for_ever, report_of
from piranha.script.steps import ExpectPrefix
from tests.probes.servers import closed_port, doors, now, says_nothing, tcp_server

Hear = Callable[[int], None]


def rounds(
    question: Question, interval: float, phase: float, hear: Callable[[int, int], bool]
) -> list[float]:
    """Probe until `hear(number, orders)` says that it is enough; when each probe had ended."""
    reading, writing = os.pipe()
    ends: list[float] = []
    began = now()

    def tell(_outcome: Outcome, number: int) -> None:
        ends.append(now() - began)
        if hear(number, writing):
            os.close(writing)

    probe_for_ever(question, interval, phase, doors(orders_fd=reading), tell)
    os.close(reading)
    return ends


@pytest.fixture
def refused() -> Question:
    with closed_port() as port:
        return Question("127.0.0.1", port, Transport.TCP, (), 1.0)


def test_probes_begin_after_the_phase_and_come_an_interval_apart(refused: Question) -> None:
    ends = rounds(refused, 0.1, 0.05, lambda number, _: number == 4)
    assert ends == [pytest.approx(at, abs=0.06) for at in (0.05, 0.15, 0.25, 0.35)]


def test_an_order_is_carried_out_at_once_and_disturbs_no_rhythm(refused: Question) -> None:
    def hear(number: int, orders: int) -> bool:
        if number == 1:
            os.write(orders, b"!!!")
        return number == 3

    ends = rounds(refused, 0.3, 0.0, hear)
    assert ends == [pytest.approx(at, abs=0.1) for at in (0.0, 0.0, 0.3)]


def test_after_a_probe_that_took_longer_the_next_begins_at_once() -> None:
    with tcp_server(says_nothing) as port:
        slow = Question("127.0.0.1", port, Transport.TCP, (ExpectPrefix(b"x"),), 0.15)
        ends = rounds(slow, 0.05, 0.0, lambda number, _: number == 2)
    assert ends[1] - ends[0] < 0.15 + 0.1 + 0.15  # its time, the farewell, a busy machine


def test_it_ends_in_the_middle_of_a_probe() -> None:
    with ExitStack() as stack:
        port = stack.enter_context(tcp_server(says_nothing))
        reading, writing = os.pipe()
        stack.callback(os.close, reading)
        threading.Timer(0.1, os.close, (writing,)).start()
        question = Question("127.0.0.1", port, Transport.TCP, (ExpectPrefix(b"x"),), 30.0)
        began = now()
        probe_for_ever(question, 30.0, 0.0, doors(orders_fd=reading), lambda *_: None)
        assert now() - began < 2.0


def test_a_report_says_what_the_outcome_says() -> None:
    question = Question("::1", 25, Transport.TCP, service="mail")
    report = report_of(question, Outcome(Verdict.SYSTEM_REFUSED, "too many files", 0.5), 7)
    assert (report.service, report.verdict, report.sequence) == ("mail", "system refused", 7)
    assert (report.is_healthy, report.is_judgement, report.seconds) == (False, False, 0.5)
