"""Every interleaving of the small world to a depth, the same state never entered twice.

`explore.py --depth 10 --faults 2` prints how many states there are and what breaks. The search goes
breadth first, so what it finds is the shortest story of its kind. The first levels are searched
once, then their states are shared out among the processors.
"""

import argparse
import os
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.simulation.fingerprint import fingerprint
from tests.simulation.happenings import ALPHABET, SWITCH, Happening, possible
from tests.simulation.recovery import Recovery
from tests.simulation.small_world import SmallWorld
from tests.simulation.stage import ClaimBroken

Frontier = list[tuple[SmallWorld, str]]
STORY = " after: "
SHARED_OUT_FROM = 3
"""The depth from which on the processors search by themselves."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is searched. Every story of at most `depth` events, of which `faults` are faults or
    wishes; their ends are free."""

    depth: int
    faults: int
    is_fine: bool
    """Also between two things that happen at nearly the same time."""
    roots: tuple[str, ...] = ("A serves", "B serves", "both start")
    asks_recovery: int = 1
    """Each how-manyth state is asked whether it recovers."""


@dataclass(slots=True)
class Found:
    """What a search has seen; `seen` holds fingerprints."""

    seen: set[int] = field(default_factory=set)
    events: int = 0
    steps: int = 0
    recovery: Recovery = field(default_factory=Recovery)
    broken: list[str] = field(default_factory=list)


def roots() -> dict[str, SmallWorld]:
    """Where a search begins: two settled pairs, and both nodes just started."""
    cold = SmallWorld()
    cold.boot(0)
    cold.boot(1)
    settled = cold.copy()
    settled.pass_until(settled.now + 20.0)
    switched = SWITCH[0].happen_in(settled)
    switched.pass_until(switched.now + 20.0)
    for serving, world in enumerate((settled, switched)):
        world.faults = world.takeovers = world.allowed = 0
        world.server = serving
    cold.allowed = 1
    return {"A serves": settled, "B serves": switched, "both start": cold}


def replay(story: str) -> SmallWorld:
    """The end of a story as the search tells it: its root, then what happened. Raises
    ClaimBroken."""
    name, *names = story.split(", ")
    world = roots()[name]
    for told in names:
        world = ALPHABET[told].happen_in(world)
    return world


def explore(scope: Scope, most_broken: int = 1) -> Found:
    """Search everything. Stops early once that many broken claims were found."""
    found = Found()
    frontier: list[tuple[SmallWorld, str]] = []
    for name, world in roots().items():
        found.seen.add(fingerprint(world))
        frontier.append((world, name))
    for _ in range(min(SHARED_OUT_FROM, scope.depth)):
        frontier = _widen(frontier, scope, found, is_last=False)
        if len(found.broken) >= most_broken:
            return found
    rest = scope.depth - SHARED_OUT_FROM
    if rest <= 0:
        return found
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(
        workers, get_context("fork"), _remember, (frontier, found.seen)
    ) as pool:
        parts = pool.map(
            _search_part, [(n, workers, scope, rest, most_broken) for n in range(workers)]
        )
        for part in parts:
            found.seen |= part.seen
            found.events += part.events
            found.steps += part.steps
            found.broken += part.broken
    return found


_frontier: list[tuple[SmallWorld, str]] = []
_seen: set[int] = set()


def _remember(frontier: list[tuple[SmallWorld, str]], seen: set[int]) -> None:
    global _frontier, _seen
    _frontier, _seen = frontier, seen


def _search_part(part: tuple[int, int, Scope, int, int]) -> Found:
    number, parts, scope, rest, most_broken = part
    found = Found(set(_seen))
    frontier = _frontier[number::parts]
    for depth in range(rest):
        frontier = _widen(frontier, scope, found, is_last=depth == rest - 1)
        if len(found.broken) >= most_broken:
            break
    return found


def _widen(frontier: Frontier, scope: Scope, found: Found, *, is_last: bool) -> Frontier:
    """One event more, from each state in every way."""
    wider = []
    for world, story in frontier:
        for happening in possible(world, scope.faults, is_fine=scope.is_fine):
            told = f"{story}, {happening}"
            try:
                new = _come_to(world, happening, scope, found)
            except (ClaimBroken, AssertionError, KeyError, ValueError) as broken:
                found.broken.append(f"{type(broken).__name__}: {broken}{STORY}{told}")
                continue
            if new is not None and not is_last:
                wider.append((new, told))
    return wider


def _come_to(
    world: SmallWorld, happening: Happening, scope: Scope, found: Found
) -> SmallWorld | None:
    """The state after the event, if it is a new one. Raises ClaimBroken."""
    found.events += 1
    new = happening.happen_in(world)
    mark = fingerprint(new)
    if mark in found.seen:
        return None
    found.seen.add(mark)
    found.steps += new.steps - world.steps
    if len(found.seen) % scope.asks_recovery == 0:
        found.recovery.check(new)
    return new


def shortest(broken: list[str]) -> list[str]:
    """One story for each way in which a claim was broken, numbers apart: the shortest."""
    kinds: dict[str, str] = {}
    for line in sorted(broken, key=lambda line: line.count(", ")):
        kinds.setdefault(re.sub(r"[0-9.]+", "#", line.split(STORY)[0]), line)
    return list(kinds.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=10)
    parser.add_argument("--faults", type=int, default=2)
    parser.add_argument("--broken", type=int, default=1, help="stop after so many broken claims")
    options = parser.parse_args()
    began = time.perf_counter()
    found = explore(Scope(options.depth, options.faults), options.broken)
    seconds = time.perf_counter() - began
    for line in shortest(found.broken):
        print(line)
    print(
        f"depth {options.depth}, at most {options.faults} faults: {len(found.seen)} states,"
        f" {found.events} events, {len(found.broken)} broken, {seconds:.1f} s"
    )
    return 10 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main())
