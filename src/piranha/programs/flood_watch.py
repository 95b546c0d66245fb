"""A flood on one path: when the kernel is asked to keep wrong datagrams away, and for how long.

A few wrong ones are read and named. Many would cost the time that pulse needs, and push the
partner's own out of the kernel's queue: then strangers are kept away as a whole, and of what comes
in the partner's name all but its newer heartbeats and a sample.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from piranha.system.heartbeat_filter import Known

MOST_STRANGERS = 200
"""From other addresses within a second that are still read."""
MOST_WRONG = 400
"""The same, of those with the partner's address."""
WINDOW_SECONDS = 1.0
FRESH_SECONDS = 0.25
"""The filter knows the newest sequence number of so long ago."""
CALM_SECONDS = 10.0
"""Looked at so often, whether the flood is over."""
FEW = 1000
"""Kept away in that time: it is over."""
NEVER = float("inf")


class Level(IntEnum):
    NAMING = 0
    """Everything is read."""
    NO_STRANGERS = 1
    NEWER_ONLY = 2


class Door(Protocol):
    """What is needed of the heartbeat's socket."""

    foreign: int

    def shield(self, known: Known | None) -> None: ...
    def unshield(self) -> None: ...
    def kept_away(self) -> int: ...


@dataclass(slots=True)
class _Window:
    ends_at: float
    foreign: int
    wrong: int


class FloodWatch:
    """Of one path."""

    def __init__(self, door: Door) -> None:
        self.level = Level.NAMING
        self._door = door
        self._window = _Window(0.0, 0, 0)
        self._fresh_at = NEVER
        self._calm_at = NEVER
        self._kept_away = 0
        self._told = 0

    def wake_at(self) -> float:
        return min(self._fresh_at, self._calm_at)

    def look(self, now: float, wrong: int, known: Known) -> None:
        """After each reading: `wrong` datagrams with the partner's address have been refused so
        far, and `known` is what its next heartbeat is held against."""
        if now >= self._window.ends_at:
            self._window = _Window(now + WINDOW_SECONDS, self._door.foreign, wrong)
        level = self.level
        if self._door.foreign - self._window.foreign > MOST_STRANGERS:
            level = max(level, Level.NO_STRANGERS)
        if wrong - self._window.wrong > MOST_WRONG:
            level = Level.NEWER_ONLY
        if level is not self.level:
            self._rise(level, now, known)
        elif now >= self._fresh_at:
            self._set(known, now)
        if now >= self._calm_at:
            self._look_for_calm(now)

    def newly_kept_away(self) -> int:
        """How many more the kernel has kept away since this was asked last."""
        before, self._told = self._told, self._door.kept_away()
        return self._told - before

    def _rise(self, level: Level, now: float, known: Known) -> None:
        self.level = level
        self._calm_at = now + CALM_SECONDS
        self._kept_away = self._door.kept_away()
        self._set(known, now)

    def _set(self, known: Known, now: float) -> None:
        is_newer_only = self.level is Level.NEWER_ONLY
        self._door.shield(known if is_newer_only else None)
        self._fresh_at = now + FRESH_SECONDS if is_newer_only else NEVER

    def _look_for_calm(self, now: float) -> None:
        before, self._kept_away = self._kept_away, self._door.kept_away()
        if self._kept_away - before > FEW:
            self._calm_at = now + CALM_SECONDS
            return
        self.level = Level.NAMING
        self._fresh_at = self._calm_at = NEVER
        self._door.unshield()
