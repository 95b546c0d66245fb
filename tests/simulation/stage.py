"""Where the fake world happens: simulated time, one seed, two machines and what they did."""

import heapq
import random
from collections.abc import Callable

from piranha.config.timing import has_kernel_lease
from piranha.decisions.effects import (
    Moved,
    Say,
)
from piranha.terms import Side
from tests.simulation.machines import Machine, Timing, rules_for


class ClaimBroken(AssertionError):
    """One of the claims that must always hold does not."""


class Stage:
    """What every part of the world shares; the parts know one another as one World."""

    def __init__(self, seed: int, timing: Timing) -> None:
        self.random = random.Random(seed)
        self.timing = timing
        self.now = 1000.0
        self.queue: list[tuple[float, int, Callable[[], None]]] = []
        self.counter = 0
        self.steps = 0
        self.machines = {side: Machine(side, rules_for(side, timing)) for side in Side}
        self.cut: dict[Side, bool] = dict.fromkeys(Side, False)
        """cut[side]: what `side` sends is lost."""
        self.carrier: dict[Side, bool] = dict.fromkeys(Side, True)
        self.cuts_heartbeats_only = False
        self.loss = 0.0
        self.log: list[str] = []
        self.moves: list[tuple[float, Side, Moved]] = []
        self.said: list[tuple[float, Side, Say]] = []
        self.orders: list[tuple[float, Side, object]] = []
        self.finished: list[Side] = []
        self.third_stations_speak = True
        self.has_witness = False
        self.witness_cut: dict[Side, bool] = dict.fromkeys(Side, False)
        """witness_cut[side]: no question of `side` to the witness is answered."""
        self.fence_seconds = 1.0
        self.fences_under_way = 0
        self.fence_works = True
        self.fence_hits = True
        """False: it switches off something else."""
        self.fenced: list[tuple[float, Side]] = []
        """Who was switched off by its partner, and when."""
        self.foreign_mac = ""
        """Somebody else's MAC that answers for the VIP."""
        self.is_filtered = False
        """Probes of real addresses are filtered away."""
        self.is_vip_filtered = False
        self.cut_both_since: float | None = None
        self.excused_until = 0.0
        self.kernel_lease = has_kernel_lease(timing.keepalive, timing.deadtime)
        self.both_since: float | None = None
        self.longest_overlap = 0.0

    # Time

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        self.counter += 1
        heapq.heappush(self.queue, (self.now + seconds, self.counter, call))

    def run_until(self, instant: float, most_steps: int = 1_000_000) -> None:
        while self.queue and self.queue[0][0] <= instant and self.steps < most_steps:
            self.now, _, call = heapq.heappop(self.queue)
            call()
            self.check_single()
        if self.steps < most_steps:
            self.now = max(self.now, instant)
            self.check_single()

    def note(self, text: str) -> None:
        self.log.append(f"{self.now - 1000:9.4f} {text}")
