"""Why a node moved: one log line and one JSON record for each change of role."""

import errno
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from piranha.decisions.effects import Moved
from piranha.defaults import MOVES_KEPT
from piranha.system import files
from piranha.terms import Side
from piranha.wire.control_line import MoveShown
from piranha.wire.json_line import WireError, build

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes: far more than MOVES_KEPT records; a file beyond that is not ours."""
SLACK = 100
"""Records beyond MOVES_KEPT that are appended before the file is written anew."""


def moves_path(state_directory: Path, cluster: str) -> Path:
    return state_directory / f"{cluster}-moves.jsonl"


def move_text(move: Moved) -> str:
    """The text of the log line: `old -> new: reason`."""
    return f"{move.old} -> {move.new}: {move.reason}"


def record_of(move: Moved, node: Side, wall: float) -> MoveShown:
    """The record of a move; `wall` is the date in seconds since 1970."""
    return MoveShown(
        wall=round(wall, 3),
        node=str(node),
        group=move.group,
        epoch=move.epoch,
        old=str(move.old),
        new=str(move.new),
        fact=move.fact,
        reason=move.reason,
        evidence=_plain(move.evidence),
    )


def read_moves(path: Path, count: int = MOVES_KEPT) -> list[MoveShown]:
    """The newest records, oldest first; lines that are no record are left out.

    Raises OSError; a file that does not exist has no records.
    """
    lines = _read_lines(path)
    return [move for line in lines[max(0, len(lines) - count) :] if (move := _move(line))]


def _read_lines(path: Path) -> list[bytes]:
    try:
        return files.read_limited(path, LARGEST_FILE).splitlines()
    except OSError as error:
        if error.errno == errno.ENOENT:
            return []
        raise


def _move(line: bytes) -> MoveShown | None:
    try:
        values = json.loads(line)
        return build(MoveShown, values) if isinstance(values, dict) else None
    except (ValueError, RecursionError, WireError):
        return None


class MoveRecord:
    """The file of moves: appended to, and cut to the newest MOVES_KEPT now and then."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file is there and cannot be read."""
        self.path = path
        self._lines = len(_read_lines(path))

    def keep(self, record: MoveShown) -> None:
        """Append one record. Raises OSError."""
        files.append_line(self.path, _line(record))
        self._lines += 1
        if self._lines >= MOVES_KEPT + SLACK:
            self._cut()

    def last(self, count: int) -> list[MoveShown]:
        """The newest records, oldest first. Raises OSError."""
        return read_moves(self.path, min(count, MOVES_KEPT))

    def _cut(self) -> None:
        """By whole lines, unread: pulse has no time for a thousand records."""
        kept = _read_lines(self.path)[-MOVES_KEPT:]
        content = b"".join(line + b"\n" for line in kept)
        files.write_atomically(self.path, content, 0o640, sync=False)
        self._lines = len(kept)


def _line(record: MoveShown) -> bytes:
    return json.dumps(asdict(record)).encode()


def _plain(value: Any) -> Any:
    """The value as JSON can carry it; what it does not know becomes its text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 6)
    if value is None or isinstance(value, bool | int | str):
        return str(value) if isinstance(value, str) else value
    return str(value)
