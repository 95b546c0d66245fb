"""A move is logged, kept and told, and none of the three hinders another."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from piranha.decisions.effects import Moved
from piranha.programs.move_record import MoveRecord
from piranha.programs.move_telling import MoveTelling
from piranha.system import clock
from piranha.system.loop import Loop
from piranha.terms import Role, Severity, Side

MOVE = Moved("web", Role.STANDBY, Role.STARTING, 7, "silent", "no heartbeat", Severity.WARNING, {})
LINE = "pulse: web: standby -> starting: no heartbeat"


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


def test_a_move_is_logged_kept_and_told(loop: Loop, tmp_path: Path, lines: list[str]) -> None:
    record = MoveRecord(tmp_path / "moves.jsonl")
    told = MoveTelling(loop, "default", Side.BACKUP, record)
    told.tell(MOVE, ["/usr/bin/touch", str(tmp_path / "told")])
    limit = clock.now() + 10.0
    while not (tmp_path / "told").exists():
        assert clock.now() < limit
        loop.turn(clock.now() + 0.05)
    assert lines == [LINE]
    kept = told.newest["web"]
    assert (kept.node, kept.old, kept.new, kept.epoch) == ("backup", "standby", "starting", 7)
    assert record.last(5) == [kept]


def test_a_record_that_cannot_be_kept_is_told_and_hinders_nothing(
    loop: Loop, tmp_path: Path, lines: list[str]
) -> None:
    record = MoveRecord(tmp_path / "away" / "moves.jsonl")
    told = MoveTelling(loop, "default", Side.PRIMARY, record)
    told.tell(MOVE, [])
    assert lines[0] == LINE
    assert "moves.jsonl" in lines[1]
    assert told.newest["web"].reason == "no heartbeat"
    assert told.wake_at() == float("inf")
