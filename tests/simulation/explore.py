"""Every interleaving of the small world to a depth, the same state never entered twice.

`explore.py` searches what CI searches, `explore.py --depth 7 --faults 2` what you like; both print
how many states there are, and what breaks. The search goes breadth first, so what it finds is the
shortest story of its kind. The first levels are searched once, then their states are shared out
among the processors.
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


SCOPES = {
    "one fault": Scope(10, 1, is_fine=True, asks_recovery=5),
    "two faults": Scope(7, 2, is_fine=False, roots=("A serves", "both start"), asks_recovery=20),
    "two faults close together": Scope(4, 2, is_fine=True, asks_recovery=20),
}
"""What CI searches."""


@dataclass(slots=True)
class Found:
    """What a search has seen; `seen` holds fingerprints."""

    seen: set[int] = field(default_factory=set)
    events: int = 0
    steps: int = 0
    recovery: Recovery = field(default_factory=Recovery)
    longest_recovery: float = 0.0
    """Seconds from mending everything to one node that serves."""
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
    """Search everything in scope. Stops early once that many broken claims were found."""
    found = Found()
    try:
        frontier = [(world, name) for name, world in roots().items() if name in scope.roots]
    except ClaimBroken as broken:
        found.broken.append(f"{broken}{STORY}nothing at all")
        return found
    found.seen.update(fingerprint(world) for world, _ in frontier)
    shared = min(SHARED_OUT_FROM, scope.depth)
    for depth in range(shared):
        frontier = _widen(frontier, scope, found, is_last=depth == scope.depth - 1)
        if len(found.broken) >= most_broken:
            return found
    if shared < scope.depth:
        _share_out(frontier, scope, found, most_broken)
    return found


def _share_out(frontier: Frontier, scope: Scope, found: Found, most_broken: int) -> None:
    """The rest on all processors: each goes on from its part of the frontier, with what was seen
    so far; what two of them come to is counted once."""
    workers = os.cpu_count() or 1
    parts = [(frontier[n::workers], scope, most_broken) for n in range(workers)]
    context = get_context("fork")
    with ProcessPoolExecutor(workers, context, _remember, (parts, found)) as pool:
        for part in pool.map(_search_part, range(workers)):
            found.seen |= part.seen
            found.events += part.events
            found.steps += part.steps
            found.broken += part.broken
            found.longest_recovery = max(found.longest_recovery, part.longest_recovery)


_shared_parts: list[tuple[Frontier, Scope, int]] = []
_shared_found = Found()


def _remember(parts: list[tuple[Frontier, Scope, int]], found: Found) -> None:
    """Runs in each process that was forked: nothing is copied over."""
    global _shared_parts, _shared_found
    _shared_parts, _shared_found = parts, found


def _search_part(number: int) -> Found:
    frontier, scope, most_broken = _shared_parts[number]
    found = Found(set(_shared_found.seen), recovery=_shared_found.recovery)
    for depth in range(SHARED_OUT_FROM, scope.depth):
        frontier = _widen(frontier, scope, found, is_last=depth == scope.depth - 1)
        if len(found.broken) >= most_broken:
            break
    found.longest_recovery = found.recovery.longest_seconds
    found.recovery = Recovery()
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


def tell(name: str, scope: Scope, found: Found, seconds: float) -> str:
    """What was searched, in one line."""
    steps = "fine" if scope.is_fine else "coarse"
    return (
        f"{name}: depth {scope.depth}, {scope.faults} faults, {steps} time:"
        f" {len(found.seen):,} states, {found.events:,} events,"
        f" {found.steps:,} steps of a core, recovery within {found.longest_recovery:.1f} s,"
        f" {len(found.broken)} broken, {seconds:.0f} s"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, help="of one search of your own")
    parser.add_argument("--faults", type=int, default=2)
    parser.add_argument("--coarse", action="store_true", help="time passes in long turns only")
    parser.add_argument("--broken", type=int, default=100, help="stop after so many broken claims")
    options = parser.parse_args()
    scopes = SCOPES
    if options.depth:
        scopes = {"asked for": Scope(options.depth, options.faults, not options.coarse)}
    is_broken = False
    for name, scope in scopes.items():
        began = time.perf_counter()
        found = explore(scope, options.broken)
        for line in shortest(found.broken):
            print(line)
        print(tell(name, scope, found, time.perf_counter() - began), flush=True)
        is_broken = is_broken or bool(found.broken)
    return 10 if is_broken else 0


if __name__ == "__main__":
    sys.exit(main())
