"""When the kernel is asked to keep a flood away, and when everything is read again."""

import pytest

from piranha.programs.flood_watch import (
    CALM_SECONDS,
    FEW,
    FRESH_SECONDS,
    MOST_STRANGERS,
    MOST_WRONG,
    NEVER,
    FloodWatch,
    Level,
)
from piranha.system.heartbeat_filter import Known

KNOWN = [Known(1200, (b"PFHB",), 13, 7, number) for number in range(3)]


class Door:
    def __init__(self) -> None:
        self.foreign = self.dropped = 0
        self.shields: list[object] = []

    def shield(self, known: Known | None) -> None:
        self.shields.append(known)

    def unshield(self) -> None:
        self.shields.append("none")

    def kept_away(self) -> int:
        return self.dropped


@pytest.fixture
def door() -> Door:
    return Door()


def test_a_few_wrong_ones_are_read(door: Door) -> None:
    watch = FloodWatch(door)
    for second in range(10):
        door.foreign = MOST_STRANGERS * second
        watch.look(100.0 + second, MOST_WRONG * second, KNOWN[0])
    assert (watch.level, door.shields, watch.wake_at()) == (Level.NAMING, [], NEVER)


def test_many_strangers_are_kept_away_at_once(door: Door) -> None:
    watch = FloodWatch(door)
    watch.look(100.0, 0, KNOWN[0])
    door.foreign = MOST_STRANGERS + 1
    watch.look(100.1, 0, KNOWN[0])
    assert (watch.level, door.shields) == (Level.NO_STRANGERS, [None])


def test_a_flood_in_the_partners_name_is_held_against_its_newest_heartbeat(door: Door) -> None:
    watch = FloodWatch(door)
    watch.look(100.0, 0, KNOWN[0])
    watch.look(100.1, MOST_WRONG + 1, KNOWN[0])
    assert (watch.level, door.shields) == (Level.NEWER_ONLY, [KNOWN[0]])
    watch.look(100.1 + FRESH_SECONDS / 2, MOST_WRONG + 1, KNOWN[1])
    assert watch.wake_at() == 100.1 + FRESH_SECONDS
    watch.look(100.1 + FRESH_SECONDS, MOST_WRONG + 1, KNOWN[2])
    assert door.shields == [KNOWN[0], KNOWN[2]]


def test_when_few_are_kept_away_everything_is_read_again(door: Door) -> None:
    watch = FloodWatch(door)
    watch.look(100.0, 0, KNOWN[0])
    door.foreign = MOST_STRANGERS + 1
    watch.look(100.1, 0, KNOWN[0])
    door.dropped = FEW + 1
    assert watch.wake_at() == 100.1 + CALM_SECONDS
    watch.look(watch.wake_at(), 0, KNOWN[0])
    assert watch.level is Level.NO_STRANGERS
    door.dropped += FEW
    watch.look(watch.wake_at(), 0, KNOWN[0])
    assert (watch.level, door.shields[-1], watch.wake_at()) == (Level.NAMING, "none", NEVER)


def test_what_was_kept_away_is_counted_once(door: Door) -> None:
    watch = FloodWatch(door)
    door.dropped = 70_000
    assert [watch.newly_kept_away(), watch.newly_kept_away()] == [70_000, 0]
