"""Stories of cuts and lost cables, and of two nodes that both serve afterwards."""

from dataclasses import replace

import pytest

from piranha.decisions import composing
from piranha.decisions.events import (
    CarrierChanged,
    HeartbeatHeard,
    StopAsked,
    StrangerHeard,
)
from piranha.terms import Role, Side
from piranha.wire.order_line import Announce, Permit
from tests.simulation.stories import (
    A,
    B,
    a_pair,
    comes_to,
    facts,
    hear_strangers,
    orders,
    passes,
    said,
    serves,
)
from tests.simulation.world import GROUP, Timing


def test_a_fos_that_was_killed_holds_on_with_the_same_epoch() -> None:
    world = a_pair()
    world.kill_fos(A)
    passes(world, 10)
    assert world.moves == []
    assert any(isinstance(o, Permit) and o.is_adoption for _, _, o in world.orders)
    assert world.owners() == [A]


def test_after_a_separation_the_newer_epoch_keeps_and_announces_again() -> None:
    world = a_pair()
    for side in Side:
        world.set_cut(side, True)
    passes(world, 12)
    assert world.roles() == {A: Role.ACTIVE, B: Role.ACTIVE}
    for side in Side:
        world.set_cut(side, False)
    passes(world, 3)
    assert facts(world, A) == ["conflict lost", "let go"]
    assert "newer" in world.moves[-2][2].reason
    assert orders(world, B, Announce)
    assert serves(world, B)


def test_a_partner_that_served_and_was_started_anew_makes_the_keeper_announce_again() -> None:
    """It remembers its epoch, and no longer until when it served."""
    world = a_pair()
    for side in Side:
        world.set_cut(side, True)
    comes_to(world, B, Role.ACTIVE)
    passes(world, 1)
    world.deliver(B, StopAsked("SIGTERM"))
    passes(world, 2)
    world.boot(B)
    for side in Side:
        world.set_cut(side, False)
    passes(world, 12)
    assert serves(world, A)
    assert len(orders(world, A, Announce)) == 1
    assert "announcing the VIPs again: the partner has served epoch 2" in said(world, A)


def test_after_an_overlap_of_a_moment_the_keeper_announces_again() -> None:
    """A client may have asked in just that moment."""
    world = a_pair()
    for side in Side:
        world.set_cut(side, True)
    comes_to(world, B, Role.STARTING)
    assert world.roles()[A] is Role.ACTIVE
    for side in Side:
        world.set_cut(side, False)
    passes(world, 3)
    assert serves(world, B)
    assert orders(world, B, Announce)


def test_after_the_standbys_cut_the_one_who_saw_the_segment_keeps() -> None:
    world = a_pair()
    for side in Side:
        world.set_cut(side, True)
    hear_strangers(world, A, 12)
    assert world.roles() == {A: Role.ACTIVE, B: Role.ACTIVE}
    for side in Side:
        world.set_cut(side, False)
    passes(world, 3)
    assert facts(world, A) == []
    assert "conflict lost" in facts(world, B)
    assert any("saw its segment" in move.reason for _, _, move in world.moves)
    assert orders(world, A, Announce)
    assert serves(world, A)


@pytest.mark.parametrize("turned_after", [1.25, 1.55, 1.85])
@pytest.mark.parametrize("both", [0.02, 0.13, 0.6])
def test_a_cut_that_turns_round_makes_no_two_owners(turned_after: float, both: float) -> None:
    """The standby's answers do not arrive, then nothing reaches the standby, which was content."""
    world = a_pair()
    world.set_cut(B, True)
    passes(world, turned_after)
    world.set_cut(A, True)
    passes(world, both)
    world.set_cut(B, False)
    passes(world, 12)
    assert world.longest_overlap == 0.0


def test_a_stranger_in_the_moment_of_healing_proves_nothing() -> None:
    world = a_pair()
    for side in Side:
        world.set_cut(side, True)
    passes(world, 12)
    world.deliver(A, StrangerHeard())
    for side in Side:
        world.set_cut(side, False)
    passes(world, 3)
    assert facts(world, A) == ["conflict lost", "let go"]


def test_strangers_of_long_ago_prove_nothing() -> None:
    world = a_pair()
    for side in Side:
        world.set_cut(side, True)
    hear_strangers(world, A, 4)
    passes(world, 12)
    for side in Side:
        world.set_cut(side, False)
    passes(world, 3)
    assert facts(world, A) == ["conflict lost", "let go"]


def test_a_node_that_is_still_starting_announces_again_as_well() -> None:
    world = a_pair(Timing(2.0, 5.0, start=30.0), seed=9)
    for side in Side:
        world.set_cut(side, True)
    comes_to(world, B, Role.STARTING)
    passes(world, 1.0)
    assert world.roles()[B] is Role.STARTING
    for side in Side:
        world.set_cut(side, False)
    passes(world, 3)
    assert facts(world, A)[0] == "conflict lost"
    assert orders(world, B, Announce)


def test_an_older_epoch_that_is_still_starting_gives_way() -> None:
    world = a_pair(Timing(2.0, 5.0, start=30.0), seed=9)
    world.power_off(A)
    comes_to(world, B, Role.STARTING)
    world.boot(A)
    state = world.machines[A].state
    assert state is not None
    _, beat = composing.compose(world.machines[A].rules, state, world.now)
    group = replace(beat.groups[0], role=Role.ACTIVE, epoch=4000)
    world.deliver(B, HeartbeatHeard(0, replace(beat, groups=(group,)), world.now))
    assert facts(world, B)[-1] == "conflict lost"


def test_a_lost_cable_on_the_active_hands_the_group_over_once() -> None:
    world = a_pair()
    world.set_carrier(A, False)
    passes(world, 12)
    assert world.owners() == [B]
    world.set_carrier(A, True)
    passes(world, 30)
    assert world.owners() == [B]
    assert facts(world, B) == ["partner silent", "all started"]


def test_an_active_whose_device_fails_is_relieved_over_the_other_path() -> None:
    world = a_pair()
    world.deliver(A, CarrierChanged(GROUP, False, "eth0"))
    passes(world, 2)
    assert facts(world, B) == ["partner unfit", "claim answered", "all started"]
    assert "no carrier on eth0" in world.moves[0][2].reason
