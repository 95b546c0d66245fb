"""Runs of the simulation from the command line: `run.py --seed 7`, `run.py --runs 2000`."""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.simulation.runs import run
from tests.simulation.world import ClaimBroken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the seed, or the first of several")
    parser.add_argument("--runs", type=int, default=1, help="how many seeds to run")
    parser.add_argument("--steps", type=int, default=500, help="steps under faults in each run")
    options = parser.parse_args()
    show = print if options.runs == 1 else None
    began = time.perf_counter()
    steps = moves = broken = 0
    for seed in range(options.seed, options.seed + options.runs):
        try:
            result = run(seed, options.steps, show)
        except ClaimBroken as claim:
            broken += 1
            lines = str(claim).splitlines()
            print(lines[0])
            if options.runs == 1:
                return 10
            continue
        steps += result.steps
        moves += result.moves
    seconds = time.perf_counter() - began
    print(f"{options.runs} runs, {steps} steps, {moves} moves, {broken} broken, {seconds:.1f} s")
    return 10 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
