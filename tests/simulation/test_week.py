"""A service is broken on both nodes for a week: how often it moves, and what is said of it."""

from piranha.terms import Role, Side
from tests.simulation.stories import A, a_pair, passes, said
from tests.simulation.world import Timing

A_DAY = 86_400.0
A_WEEK = 7 * A_DAY
SLOW_WORLD = Timing(100.0, 300.0, probe=100.0)
"""A week has few heartbeats here, so that it passes in seconds."""


def test_a_service_broken_on_both_nodes_for_a_week_moves_no_more_than_the_pauses_allow() -> None:
    world = a_pair(SLOW_WORLD)
    for machine in world.machines.values():
        machine.service_is_broken = True
    began = world.now
    passes(world, A_WEEK)
    takeovers = [at - began for at, _, move in world.moves if move.new is Role.STARTING]
    allowed = 2 + 2 * tries_in(A_WEEK, world.machines[A].rules.reentry_seconds)
    assert 2 <= len(takeovers) <= allowed
    assert len([at for at in takeovers if at > A_WEEK / 2]) <= 2 * (A_WEEK / 2 / A_DAY + 1)
    assert len(world.owners()) == 1
    for side in Side:
        assert said(world, side).count("critical: broken on both nodes") == 1
    world.said.clear()
    for machine in world.machines.values():
        machine.service_is_broken = False
    passes(world, A_DAY + 3600)
    for side in Side:
        assert said(world, side).count("critical: served well for 60 s again") == 1
        assert "broken on both nodes" not in said(world, side)


def tries_in(seconds: float, first_pause: float) -> int:
    """How many pauses of `reentry` x 1, 2, 4 ... up to a day fit, one after the other."""
    count, at, pause = 0, 0.0, first_pause
    while (at := at + pause) < seconds:
        count, pause = count + 1, min(2 * pause, A_DAY)
    return count
