"""Command lines with our exit statuses, and words for durations."""

import argparse
from typing import NoReturn

from piranha.errors import UsageError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class CommandLine(argparse.ArgumentParser):
    """Reports wrong use as an exception: our exit status for it is not argparse's."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def read_duration(text: str) -> float:
    """Seconds of a word like 30m, 1.5h or 90; raises argparse.ArgumentTypeError."""
    number, unit = text, "s"
    for name in sorted(_UNITS, key=len, reverse=True):
        if text.endswith(name):
            number, unit = text.removesuffix(name), name
            break
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        expected = 'expected a time like "90", "30m" or "2h"'
        raise argparse.ArgumentTypeError(f'"{text}" is no duration, {expected}')
    return seconds


def show_duration(seconds: float) -> str:
    """A duration for a person, in at most two units: 12 ms, 2.5 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 99.5:
        return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s"
    whole = round(seconds)
    for size, unit, below, rest in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= size:
            return _two_steps(whole // size, unit, whole % size // below, rest)
    return _two_steps(whole // 60, "min", whole % 60, "s")


def _two_steps(count: int, unit: str, remainder: int, rest: str) -> str:
    return f"{count} {unit} {remainder} {rest}" if remainder else f"{count} {unit}"
