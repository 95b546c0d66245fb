"""Records of moves: appended, read back, cut to the newest."""

from pathlib import Path

import pytest

from piranha.decisions.effects import Moved
from piranha.defaults import MOVES_KEPT
from piranha.programs.move_record import (
    SLACK,
    MoveRecord,
    move_text,
    moves_path,
    read_moves,
    record_of,
)
from piranha.terms import Role, Severity, Side
from piranha.wire.control_line import MoveShown

MOVE = Moved(
    "web",
    Role.STANDBY,
    Role.STARTING,
    4,
    "PARTNER_SILENT",
    "no heartbeat from 10.0.0.1 on any path for 5.02 s (deadtime 5 s)",
    Severity.WARNING,
    {"silence": 5.0200001234, "paths": (0, 1), "by": Role.STANDBY},
)


def record(epoch: int) -> MoveShown:
    return MoveShown(1.0, "backup", "web", epoch, "standby", "starting", "FACT", "why", {})


def test_the_log_line_says_from_where_to_where_and_why() -> None:
    assert move_text(MOVE).startswith("standby -> starting: no heartbeat from 10.0.0.1 on any path")


def test_a_record_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    kept = record_of(MOVE, Side.BACKUP, 1.7e9)
    MoveRecord(moves_path(tmp_path, "default")).keep(kept)
    assert read_moves(tmp_path / "default-moves.jsonl") == [kept]
    assert kept.evidence == {"silence": 5.02, "paths": [0, 1], "by": "standby"}


def test_no_file_is_no_record(tmp_path: Path) -> None:
    assert MoveRecord(tmp_path / "none").last(5) == []


def test_the_newest_come_last_and_no_more_than_asked_for(tmp_path: Path) -> None:
    moves = MoveRecord(tmp_path / "moves")
    for epoch in range(1, 6):
        moves.keep(record(epoch))
    assert [move.epoch for move in moves.last(2)] == [4, 5]
    assert moves.last(0) == []


def test_a_line_that_was_cut_by_a_crash_is_left_out(tmp_path: Path) -> None:
    moves = MoveRecord(tmp_path / "moves")
    moves.keep(record(1))
    with open(moves.path, "ab") as file:
        file.write(b'{"wall": 12.\n[]\n{"wall": 1}\n')
    moves.keep(record(2))
    assert [move.epoch for move in moves.last(10)] == [1, 2]


def test_only_the_newest_thousand_stay_over_restarts(tmp_path: Path) -> None:
    first = MoveRecord(tmp_path / "moves")
    for epoch in range(MOVES_KEPT):
        first.keep(record(epoch))
    second = MoveRecord(tmp_path / "moves")
    for epoch in range(MOVES_KEPT, MOVES_KEPT + SLACK):
        second.keep(record(epoch))
    kept = second.path.read_bytes().splitlines()
    assert len(kept) == MOVES_KEPT
    assert [m.epoch for m in second.last(5000)] == list(range(SLACK, MOVES_KEPT + SLACK))


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    moves = MoveRecord(tmp_path / "missing" / "moves")
    with pytest.raises(OSError, match="cannot write"):
        moves.keep(record(1))
