"""Runs of the simulation from the command line: `run.py --seed 7`, `run.py --runs 2000`."""

import argparse
import datetime
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.simulation.runs import run
from tests.simulation.world import ClaimBroken

BATCH = 100
TELL_EVERY = 2000


@dataclass(slots=True)
class Sum:
    """What so many runs came to."""

    runs: int = 0
    steps: int = 0
    moves: int = 0
    faults: int = 0
    broken: int = 0

    def add(self, other: "Sum") -> None:
        self.runs += other.runs
        self.steps += other.steps
        self.moves += other.moves
        self.faults += other.faults
        self.broken += other.broken


def run_batch(first: int, runs: int, steps: int) -> tuple[Sum, list[str]]:
    """So many seeds from the first on: the sum, and a line for each that broke a claim."""
    total, lines = Sum(), []
    for seed in range(first, first + runs):
        total.runs += 1
        try:
            result = run(seed, steps)
        except ClaimBroken as claim:
            total.broken += 1
            lines.append(str(claim).splitlines()[0])
            continue
        total.steps += result.steps
        total.moves += result.moves
        total.faults += len(result.faults)
    return total, lines


def run_all(first: int, runs: int, steps: int) -> Iterator[tuple[Sum, list[str]]]:
    """The same on all processors, batch by batch."""
    starts = range(first, first + runs, BATCH)
    sizes = [min(BATCH, first + runs - start) for start in starts]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(run_batch, starts, sizes, [steps] * len(sizes))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the seed, or the first of several")
    parser.add_argument("--runs", type=int, default=1, help="how many seeds to run")
    parser.add_argument("--steps", type=int, default=500, help="steps under faults in each run")
    options = parser.parse_args()
    if options.runs == 1:
        try:
            run(options.seed, options.steps, print)
        except ClaimBroken as claim:
            print(str(claim).splitlines()[0])
            return 10
        return 0
    began = time.perf_counter()
    total = Sum()
    for part, lines in run_all(options.seed, options.runs, options.steps):
        total.add(part)
        for line in lines:
            print(line, flush=True)
        if total.runs % TELL_EVERY == 0:
            print(f"{total.runs} runs, {total.broken} broken", flush=True)
    minutes = (time.perf_counter() - began) / 60
    print(line_for_guarantees(total, options.seed, options.steps, minutes))
    return 10 if total.broken else 0


def line_for_guarantees(total: Sum, first: int, steps: int, minutes: float) -> str:
    """One row of the table of results in docs/guarantees.md."""
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"| {today} | seeds {first} to {first + total.runs - 1}, {steps} steps under faults |"
        f" {total.runs:,} runs, {total.faults:,} faults, {total.steps:,} steps,"
        f" {total.moves:,} moves | {total.broken} broken claims | {minutes:.0f} min |"
    )


if __name__ == "__main__":
    sys.exit(main())
