"""Stories of processes that are killed, hang or come back: pulse, fos, a whole node."""

import pytest

from piranha.decisions.events import (
    FosFound,
    FosLost,
    FosReported,
    SwitchAsked,
)
from piranha.terms import Role
from piranha.wire.order_line import Permit, Release
from piranha.wire.report_line import (
    FosMode,
    Hello,
    Released,
    Unarmable,
)
from tests.simulation.stories import (
    A,
    B,
    a_node_in,
    a_pair,
    comes_to,
    facts,
    orders,
    passes,
    said,
    serves,
    until_role,
)
from tests.simulation.world import GROUP, Timing


def test_a_pulse_restarted_within_its_lease_moves_nothing() -> None:
    world = a_pair()
    world.kill_pulse(A)
    passes(world, 0.3)
    world.boot(A)
    passes(world, 10)
    assert facts(world, A) == ["found serving"]
    assert facts(world, B) == []
    assert world.owners() == [A]


def test_a_pulse_restarted_on_a_lone_node_moves_nothing() -> None:
    for pause in (0.1, 0.5, 1.5, 2.4):
        world = a_pair()
        world.power_off(B)
        passes(world, 20)
        world.kill_pulse(A)
        passes(world, pause)
        world.boot(A)
        for _ in range(200):
            passes(world, 0.1)
            assert world.owners() == [A], world.log
        assert facts(world, A) == ["found serving"]


def test_a_fos_killed_while_starting_is_permitted_again() -> None:
    world = a_pair()
    world.power_off(A)
    comes_to(world, B, Role.STARTING)
    world.orders.clear()
    world.kill_fos(B)
    passes(world, 2)
    assert any(permit.is_adoption for permit in orders(world, B, Permit))  # type: ignore[attr-defined]
    assert serves(world, B)


@pytest.mark.parametrize("role", [Role.STARTING, Role.ACTIVE])
def test_a_fos_that_cannot_be_kept_makes_the_node_unfit(role: Role) -> None:
    world = a_pair(seed=2)
    until_role(world, role)
    serving = A if role is Role.ACTIVE else B
    lost = FosLost(GROUP, FosMode.ACTIVE, "wrong use (exit 100)", is_permanent=True)
    world.deliver(serving, lost)
    assert facts(world, serving)[-1] == "fos failed"
    passes(world, 2)
    assert not serves(world, serving)


def test_a_fos_lost_while_releasing_is_asked_again() -> None:
    world = a_pair()
    world.machines[A].fos.is_frozen = True  # type: ignore[union-attr]
    world.deliver(B, SwitchAsked(GROUP, "root"))
    passes(world, 0.1)
    assert world.roles()[A] is Role.RELEASING
    world.kill_fos(A)
    passes(world, 2)
    assert len(orders(world, A, Release)) >= 2
    assert serves(world, B)


@pytest.mark.parametrize("role", [Role.STARTING, Role.ACTIVE])
def test_a_fos_that_lets_go_by_itself_ends_the_period(role: Role) -> None:
    world = a_pair(seed=2)
    until_role(world, role)
    serving = A if role is Role.ACTIVE else B
    state = world.machines[serving].state
    assert state is not None
    released = Released(state.group(GROUP).period, "the permission ended")
    world.deliver(serving, FosReported(GROUP, FosMode.ACTIVE, released))
    assert facts(world, serving)[-1] in ("let go", "nobody serves")
    assert "let go" in facts(world, serving)


@pytest.mark.parametrize("role", [Role.STARTING, Role.ACTIVE])
def test_a_permission_that_ends_is_obeyed_even_if_fos_says_nothing(role: Role) -> None:
    world = a_pair(Timing(2.0, 5.0, start=30.0), seed=9)
    serving = A if role is Role.ACTIVE else B
    until_role(world, role)
    fos = world.machines[serving].fos
    assert fos is not None
    fos.is_frozen = True
    world.set_cut(serving, True)
    passes(world, 4)
    assert facts(world, serving)[-1] == "permission ended"
    assert orders(world, serving, Release)
    passes(world, 3)
    assert serving not in world.owners()


@pytest.mark.parametrize("role", list(Role))
def test_a_fos_that_holds_what_is_not_served_is_told_to_let_go(role: Role) -> None:
    world = a_pair(seed=2)
    side = a_node_in(world, role)
    hello = Hello(1, FosMode.ACTIVE, GROUP, 4711, 3999, world.now - 1, 0, {})
    world.orders.clear()
    world.deliver(side, FosFound(GROUP, FosMode.ACTIVE, hello))
    assert any(r.epoch == 3999 for r in orders(world, side, Release))  # type: ignore[attr-defined]


def test_an_active_that_cannot_be_armed_again_is_relieved() -> None:
    world = a_pair()
    world.kill_fos(A, is_quiet=True)
    world.deliver(A, FosLost(GROUP, FosMode.ACTIVE, "killed"))
    world.deliver(A, FosReported(GROUP, FosMode.ACTIVE, Unarmable("eth0 does not exist")))
    assert facts(world, A)[-1] == "fos failed"


def test_a_frozen_standby_that_wakes_does_not_take_over() -> None:
    world = a_pair()
    world.freeze(B, pulse=True, fos=True, seconds=20)
    passes(world, 40)
    assert world.moves == []
    assert "stood still for 2" in said(world, B)
    assert "the partner was frozen 2" in said(world, A)
