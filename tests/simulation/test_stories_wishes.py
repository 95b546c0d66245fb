"""Stories of what an operator asks for: a switch, a hold, force, a clear, a failback."""

from dataclasses import replace

import pytest

from piranha.decisions.events import (
    ClearAsked,
    HoldChanged,
    SwitchAsked,
)
from piranha.terms import Role, Side
from tests.simulation.stories import (
    SLOW,
    A,
    B,
    a_pair,
    facts,
    passes,
    said,
    serves,
    unheld,
)
from tests.simulation.world import GROUP, World


@pytest.mark.parametrize("where", [A, B])
def test_a_switch_is_asked_on_either_node(where: Side) -> None:
    world = a_pair()
    world.deliver(where, SwitchAsked(GROUP, "root"))
    passes(world, 1)
    assert serves(world, B)
    assert facts(world, A) == ["partner claims", "let go"]


@pytest.mark.parametrize("where", [A, B])
def test_a_switch_that_cannot_be_is_refused_with_the_reason(where: Side) -> None:
    world = a_pair()
    world.deliver(B, HoldChanged(True, "root"))
    passes(world, 0.1)
    world.deliver(where, SwitchAsked(GROUP, "root"))
    passes(world, 1)
    assert world.moves == []
    assert "refused: " in said(world, where)
    assert "held" in said(world, where)


@pytest.mark.parametrize("where", [A, B])
def test_a_switch_to_an_unfit_node_is_refused_on_either_node_until_it_is_cleared(
    where: Side,
) -> None:
    world = a_pair()
    world.machines[A].service_is_broken = True
    passes(world, 3)
    world.machines[A].service_is_broken = False
    assert serves(world, B)
    before = len(world.moves)
    world.deliver(where, SwitchAsked(GROUP, "root"))
    passes(world, 1)
    assert len(world.moves) == before
    unfit = {A: "refused: this node is unfit: ", B: "refused: the partner is unfit: "}
    assert unfit[where] in said(world, where)
    assert "service web failed on" in said(world, where)
    world.deliver(A, ClearAsked(GROUP))
    passes(world, 0.2)
    world.deliver(where, SwitchAsked(GROUP, "root"))
    passes(world, 1)
    assert serves(world, A)


def test_a_held_standby_does_not_take_over() -> None:
    world = a_pair()
    world.deliver(B, HoldChanged(True, "root"))
    world.power_off(A)
    passes(world, 20)
    assert world.moves == []
    assert "this node is held" in said(world, B)
    world.deliver(B, HoldChanged(False, "root"))
    passes(world, 1)
    assert serves(world, B)


def test_a_forced_node_does_not_wait() -> None:
    for prepare in (0.2, 6.0):
        world = World(1, SLOW)
        world.boot(B)
        if prepare > SLOW.deadtime:
            world.deliver(B, HoldChanged(True, "root"))
        passes(world, prepare)
        world.deliver(B, HoldChanged(False, "root")) if prepare < SLOW.deadtime else None
        before = world.roles()[B]
        if before is Role.STANDBY:
            state = world.machines[B].state
            assert state is not None
            world.machines[B].state = unheld(state)
        world.deliver(B, SwitchAsked(GROUP, "--forceactive", is_forced=True))
        assert "forced" in facts(world, B)
        passes(world, 1)
        assert world.roles()[B] is Role.ACTIVE


def test_an_unfit_node_is_fit_again_when_the_operator_says_so() -> None:
    world = a_pair()
    world.machines[A].service_is_broken = True
    passes(world, 3)
    world.machines[A].service_is_broken = False
    world.deliver(A, ClearAsked(GROUP))
    passes(world, 1)
    world.machines[B].service_is_broken = True
    passes(world, 3)
    assert serves(world, A)


def test_failback_returns_to_the_preferred_node_when_asked_for() -> None:
    world = a_pair()
    world.machines[A].rules = replace(world.machines[A].rules, failback=True)
    world.deliver(B, SwitchAsked(GROUP, "root"))
    passes(world, 10)
    assert serves(world, B)
    passes(world, 60)
    assert "failback due" in facts(world, A)
    assert serves(world, A)
