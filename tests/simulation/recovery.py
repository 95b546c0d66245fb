"""Whatever went wrong in the small world: once everything is mended, one node serves again in time.

What follows the mending is the same for very many states, so what is known of one is kept.
"""

from piranha.terms import Role
from tests.simulation.fingerprint import fingerprint
from tests.simulation.happenings import LONG
from tests.simulation.small_state import NOTHING, RULES, RUNNING, TIMING
from tests.simulation.small_world import SmallWorld
from tests.simulation.stage import ClaimBroken

BOUND = TIMING.deadtime + RULES[0].groups[0].start_seconds + 2 * TIMING.keepalive
"""Claim `alive`: deadtime + start timeouts + 2 keepalives."""
MOST_TURNS = int(BOUND / LONG)


class Recovery:
    """Asks of states whether they recover; remembers how many turns of LONG each needs."""

    def __init__(self) -> None:
        self.turns: dict[int, int] = {}
        self.steps = 0

    @property
    def longest_seconds(self) -> float:
        return max(self.turns.values(), default=0) * LONG

    def check(self, world: SmallWorld) -> None:
        """Raises ClaimBroken where no single node serves in time, or where two own the VIP."""
        new = mended(world)
        passed: list[int] = []
        while True:
            mark = fingerprint(new)
            known = self.turns.get(mark)
            if known is None and _stands(new):
                known = 0
            passed.append(mark)
            if known is not None:
                break
            if len(passed) > MOST_TURNS:
                raise ClaimBroken(f"alive: {new.role(0)} and {new.role(1)} after {BOUND:.0f} s")
            new.pass_until(new.now + LONG)
        if known + len(passed) - 1 > MOST_TURNS:
            raise ClaimBroken(f"alive: only after {(known + len(passed) - 1) * LONG:.1f} s")
        for place, mark in enumerate(reversed(passed)):
            self.turns.setdefault(mark, known + place)
        self.steps += new.steps - world.steps


def mended(world: SmallWorld) -> SmallWorld:
    """A copy in which nothing is broken any more, and nothing counts of what was."""
    new = world.copy()
    new.faults, new.allowed, new.takeovers, new.server = 0, 99, 0, -1
    for side in (0, 1):
        new.next_beat[side] = NOTHING
        if new.cut[side]:
            new.set_cut(side, False)
        if not new.cables[side]:
            new.set_cable(side, True)
        if new.broken[side]:
            new.set_broken(side, False)
        if new.frozen[side] != RUNNING:
            new.thaw(side)
        if new.states[side] is None:
            new.boot(side)
        if new.held[side]:
            new.resume(side)
    return new


def _stands(world: SmallWorld) -> bool:
    roles = (world.role(0), world.role(1))
    if sorted(role for role in roles if role) != [Role.ACTIVE, Role.STANDBY]:
        return False
    serving = roles.index(Role.ACTIVE)
    return world.has_vip(serving) and not world.has_vip(1 - serving) and world.runs[serving]
