"""Random troubles on a pair of real nodes, and an audit of every episode; a seed repeats one.

    python tests/lab/chaos.py [--seed N] [--minutes M | --episodes E] [--lanes L]

Each seed is one episode with a pair of its own; the next seed follows while there is time. With
neither minutes nor episodes it is one episode, told in full. The last line sums up the run, as in
docs/guarantees.md. Status 10: a claim was broken; 111: the laboratory failed.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from piranha.wire.exit_status import ExitStatus
from tests.lab import world
from tests.lab.attempts import longest_gap
from tests.lab.audit import Evidence, audit, overlaps
from tests.lab.chaos_episode import NO_PLANT, Episode, Plant
from tests.lab.chaos_plan import Plan, plan
from tests.lab.host import LabError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one episode."""

    plan: Plan
    complaints: tuple[str, ...]
    two_owners: float
    """Seconds, the longest, without separation."""
    separated_owners: float
    """The same, in or after a separation."""
    outage: float
    """Seconds, the longest, as the client saw it."""
    logs: str
    seconds: float = 0.0
    """That the episode took."""
    has_lab_failed: bool = False

    def __str__(self) -> str:
        verdict = "; ".join(self.complaints) or "every claim holds"
        return (
            f"{self.plan}; took {self.seconds:.0f} s: outage {self.outage:.2f} s, "
            f"two owners {self.two_owners * 1000:.0f} ms and, after a separation, "
            f"{self.separated_owners * 1000:.0f} ms: "
            f"{verdict}"
        )


def play(wanted: Plan, plant: Plant = NO_PLANT) -> Outcome:
    """One episode from nothing to nothing."""
    began = time.monotonic()
    with ExitStack() as stack:
        episode = Episode(wanted, stack)
        try:
            seen = episode.run(plant)
        except LabError as error:
            complaint = (f"laboratory: {error}",)
            return Outcome(wanted, complaint, 0.0, 0.0, 0.0, episode.logs(), has_lab_failed=True)
        return replace(outcome(seen, episode.logs()), seconds=time.monotonic() - began)


def outcome(seen: Evidence, logs: str) -> Outcome:
    return Outcome(
        seen.plan,
        tuple(audit(seen)),
        *overlaps(seen),
        _longest_outage(seen),
        logs,
    )


def _longest_outage(seen: Evidence) -> float:
    """To the end, where nobody was answered any more."""
    try:
        return longest_gap(seen.attempts, after=seen.began).seconds
    except ValueError:
        return seen.until - seen.began


def seeds(first: int, minutes: float, episodes: int) -> Iterator[int]:
    """As many as were asked for, or while there is time; at least one."""
    end = time.monotonic() + minutes * 60
    yield first
    seed = first + 1
    while seed < first + episodes if episodes else time.monotonic() < end:
        yield seed
        seed += 1


def summary(outcomes: list[Outcome]) -> str:
    """The run in one line."""
    kinds = Counter(str(t.kind) for o in outcomes for t in o.plan.troubles)
    first, last = outcomes[0].plan.seed, outcomes[-1].plan.seed
    broken = sum(1 for o in outcomes if o.complaints)
    return (
        f"{time.strftime('%Y-%m-%d')}: seeds {first} to {last}, {len(outcomes)} episodes, "
        f"{kinds.total()} faults of {len(kinds)} kinds, {broken} failed; longest overlap "
        f"{max(o.two_owners for o in outcomes) * 1000:.0f} ms, of separated nodes "
        f"{max(o.separated_owners for o in outcomes) * 1000:.0f} ms; longest outage "
        f"{max(o.outage for o in outcomes):.2f} s"
    )


def run(first: int, minutes: float, episodes: int, lanes: int) -> int:
    outcomes: list[Outcome] = []
    is_one = not minutes and not episodes
    with ThreadPoolExecutor(lanes) as threads:
        waiting = seeds(first, minutes, episodes)
        running = [threads.submit(play, plan(seed)) for seed in islice(waiting, lanes)]
        while running:
            done = running.pop(0).result()
            outcomes.append(done)
            if is_one or done.complaints:
                print(done.logs, flush=True)
            print(done, flush=True)
            running += [threads.submit(play, plan(seed)) for seed in islice(waiting, 1)]
    print(summary(outcomes))
    if any(o.has_lab_failed for o in outcomes):
        return ExitStatus.REFUSED
    return ExitStatus.FAILED if any(o.complaints for o in outcomes) else ExitStatus.OK


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="of the first episode")
    parser.add_argument("--minutes", type=float, default=0.0, help="so long")
    parser.add_argument("--episodes", type=int, default=0, help="so many")
    parser.add_argument("--lanes", type=int, default=1, help="so many at one time")
    wanted = parser.parse_args()
    return run(wanted.seed, wanted.minutes, wanted.episodes, wanted.lanes)


if __name__ == "__main__":
    sys.exit(world.run(main))
