"""Whoever measures is alone; the others share."""

import threading
from pathlib import Path

import pytest

from tests.turns import Turns

LIMIT_SECONDS = 10.0


@pytest.fixture
def turns(tmp_path: Path) -> Turns:
    made = Turns("test")
    made._base = tmp_path / "turns"
    return made


def test_ordinary_tests_run_side_by_side(turns: Turns) -> None:
    both_inside = threading.Barrier(2)

    def run() -> None:
        with turns.turn(is_alone=False):
            both_inside.wait(LIMIT_SECONDS)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_SECONDS)
    assert not both_inside.broken


@pytest.mark.parametrize("first_is_alone", [True, False])
def test_one_that_is_alone_waits_and_is_waited_for(turns: Turns, first_is_alone: bool) -> None:
    said: list[str] = []
    is_inside, may_leave = threading.Event(), threading.Event()

    def second() -> None:
        with turns.turn(is_alone=not first_is_alone):
            said.append("second")

    def first() -> None:
        with turns.turn(is_alone=first_is_alone):
            is_inside.set()
            may_leave.wait(LIMIT_SECONDS)
            said.append("first")

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    assert is_inside.wait(LIMIT_SECONDS)
    two.start()
    two.join(0.1)
    assert said == []
    may_leave.set()
    for thread in (one, two):
        thread.join(LIMIT_SECONDS)
    assert said == ["first", "second"]
