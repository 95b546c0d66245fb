"""What a fos is told once, at its start: for which group, on which node, by whom."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from piranha.config.settings import Settings
from piranha.terms import Side
from piranha.wire.report_line import FosMode


@dataclass(frozen=True, slots=True)
class Assignment:
    """It holds until the process ends; everything else is in the file and may change."""

    group: str
    side: Side
    socket: Path
    """Where pulse finds us."""
    is_by_hand: bool
    """No pulse started us; an operator did."""
    read: Callable[[], Settings | None]
    """Read the file again; None when it is refused as a whole (the log says why)."""


def socket_path(run_directory: Path, cluster: str, group: str, mode: FosMode) -> Path:
    """Where the fos of a group listens for pulse."""
    suffix = "-monitor" if mode is FosMode.MONITOR else ""
    return run_directory / f"{cluster}-{group}{suffix}.sock"
