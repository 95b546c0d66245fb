"""What was measured, beside what must hold: the table that the laboratory prints at its end."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    case: str
    """As the issue of a limit calls it: "S1 cable pulled, deadtime 0.5 s"."""
    values: tuple[float, ...]
    limit: float
    """What the median must not exceed."""
    unit: str = "ms"
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def holds(self) -> bool:
        return self.median <= self.limit

    def __str__(self) -> str:
        spread = f"{min(self.values):.1f} .. {max(self.values):.1f}"
        times = f"{len(self.values)} x" if len(self.values) > 1 else ""
        verdict = "" if self.holds else "  TOO MUCH"
        return (
            f"{self.case:<58} {self.median:>9.1f} {self.unit:<4} limit {self.limit:>8.1f}"
            f"  {times:>4} {spread if times else '':<18} {self.note}{verdict}".rstrip()
        )


def milliseconds(seconds: Iterable[float]) -> tuple[float, ...]:
    return tuple(value * 1000 for value in seconds)


def table(results: Sequence[Result]) -> str:
    """For a person; the median stands beside its limit."""
    return "\n".join(str(result) for result in results)
