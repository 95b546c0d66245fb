"""Stories of nodes that stood still: they know it, drop before they speak, and say so."""

import pytest

from piranha.decisions import node
from piranha.decisions.effects import Effect, OrderFos, SendHeartbeat
from piranha.decisions.events import Event, SwitchAsked, TimePassed
from piranha.terms import Role
from piranha.wire.order_line import Release
from tests.simulation.stories import A, B, a_pair, facts, passes, said, serves
from tests.simulation.world import GROUP, Timing, World

SLOW = Timing(1.0, 5.0)


def effects_after_freeze(world: World, event: Event, seconds: float) -> tuple[Effect, ...]:
    """What A does first when it thaws and finds this event."""
    state = world.machines[A].state
    assert state is not None
    return node.step(world.machines[A].rules, state, event, world.now + seconds).effects


def test_an_active_that_slept_too_long_drops_before_it_sends() -> None:
    world = a_pair(SLOW)
    done = effects_after_freeze(world, TimePassed(), 7.2)
    orders = [effect for effect in done if isinstance(effect, OrderFos)]
    assert [type(effect.order) for effect in orders] == [Release]
    assert orders[0].order.vips_first  # type: ignore[union-attr]
    first_beat = next(i for i, effect in enumerate(done) if isinstance(effect, SendHeartbeat))
    assert done.index(orders[0]) < first_beat


@pytest.mark.parametrize("isolation", ["", "drop"], ids=["alone", "witness"])
def test_a_freeze_is_told_and_is_in_the_reasons(isolation: str) -> None:
    world = a_pair(SLOW, isolation=isolation)
    world.freeze(A, pulse=True, fos=True, seconds=7.2)
    passes(world, 12)
    mine = [move.reason for _, side, move in world.moves if side is A]
    assert mine
    assert all("; this node was frozen 7." in reason for reason in mine)
    assert "warning: the partner was frozen 7." in said(world, B)
    assert facts(world, B)[0] == "partner silent"
    assert serves(world, B)


def test_the_moves_of_the_partner_name_the_freeze_as_well() -> None:
    """The preferred node has the group back: its partner let go within the deadtime."""
    world = a_pair(SLOW)
    world.deliver(B, SwitchAsked(GROUP, "root"))
    passes(world, 10)
    world.moves.clear()
    world.freeze(B, pulse=True, fos=True, seconds=3.8)
    passes(world, 12)
    theirs = [move.reason for _, side, move in world.moves if side is A]
    assert theirs
    assert all("; the partner was frozen " in reason for reason in theirs)
    assert serves(world, A)


def test_later_moves_do_not_speak_of_it_any_more() -> None:
    world = a_pair(SLOW)
    world.freeze(B, pulse=True, fos=False, seconds=4.0)
    passes(world, 4 + 2 * SLOW.deadtime)
    world.power_off(A)
    passes(world, 8)
    assert world.roles()[B] is Role.ACTIVE
    assert not any("frozen" in move.reason for _, _, move in world.moves)


def test_a_witness_seen_before_a_freeze_is_not_believed_after_it() -> None:
    world = a_pair(SLOW, isolation="drop")
    state = world.machines[B].state
    assert state is not None
    assert state.sees_witness
    thawed = node.step(world.machines[B].rules, state, TimePassed(), world.now + 7.2)
    assert thawed.state.sees_witness is False


@pytest.mark.parametrize("pause", [0.05, 0.675])
@pytest.mark.parametrize("length", [1.0, 1.5, 2.0])
def test_a_standby_that_stood_still_counts_silence_from_when_it_speaks_again(
    pause: float, length: float
) -> None:
    """Shorter than a freeze, but quiet for as long as a dead node: the active may have served on
    for what it sent meanwhile, which a cut kept from us."""
    world = a_pair(Timing(2.0, 5.0))
    world.set_cut(A, True)
    passes(world, pause)
    world.freeze(B, pulse=True, fos=True, seconds=length)
    passes(world, 4)
    world.set_cut(A, False)
    passes(world, 12)
    assert world.longest_overlap == 0.0
