"""A simulated week: without a fault, with a fault a day, with a service broken on both nodes."""

from piranha.terms import Role, Side
from tests.simulation import runs
from tests.simulation.stories import A, a_pair, passes, said, serves
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


def test_a_week_without_a_fault_moves_nothing() -> None:
    world = a_pair(SLOW_WORLD)
    passes(world, A_WEEK)
    assert world.moves == []
    assert world.said == []
    assert world.owners() == [A]


def test_a_week_with_a_fault_a_day_moves_at_most_once_a_day() -> None:
    """Each day another fault strikes the node that serves, for some minutes; then it is mended."""
    world = a_pair(SLOW_WORLD)
    a_while = 3 * SLOW_WORLD.deadtime
    for fault in (
        runs.power_off,
        runs.service_broken,
        runs.one_way_cut,
        runs.pulse_killed,
        runs.carrier_lost,
        runs.all_killed,
        lambda world, side, seconds: world.freeze(side, pulse=True, fos=True, seconds=seconds),
    ):
        world.moves.clear()
        (serving,) = world.owners()
        fault(world, serving, a_while)
        passes(world, A_DAY)
        assert world.owners() == [serving.other], world.log
        assert serves(world, serving.other)
        takeovers = [move.reason for _, _, move in world.moves if move.new is Role.STARTING]
        assert len(takeovers) == 1, takeovers
