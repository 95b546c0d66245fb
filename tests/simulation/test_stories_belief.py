"""Stories of a takeover that the segment believes, or does not believe."""

import pytest

from piranha.decisions.events import SwitchAsked
from piranha.terms import Role
from piranha.wire.order_line import Announce, ProbeVip
from tests.simulation.stories import A, B, a_pair, comes_to, orders, passes, said
from tests.simulation.world import GROUP, SERVICE, Timing, World


def believed(world: World) -> bool | None:
    state = world.machines[B].state
    assert state is not None
    return state.group(GROUP).is_believed


def in_all_forms(world: World) -> list[object]:
    return [o for o in orders(world, B, Announce) if o.is_in_all_forms]  # type: ignore[attr-defined]


def test_a_takeover_is_verified_by_the_partner() -> None:
    world = a_pair()
    world.deliver(B, SwitchAsked(GROUP, "root"))
    comes_to(world, B, Role.ACTIVE)
    assert believed(world) is None
    passes(world, 2)
    assert believed(world) is True
    assert in_all_forms(world) == []
    assert "does not believe" not in said(world, B)


@pytest.mark.parametrize("role", [Role.STARTING, Role.ACTIVE])
def test_a_takeover_that_is_not_believed_is_announced_in_all_forms(role: Role) -> None:
    start = 30.0 if role is Role.STARTING else 0.3
    world = a_pair(Timing(2.0, 5.0, start=start), seed=9)
    world.foreign_mac = "02:99:00:00:00:99"
    world.deliver(B, SwitchAsked(GROUP, "root"))
    comes_to(world, B, role)
    passes(world, 2)
    assert world.roles()[B] is role
    assert believed(world) is False
    assert len(in_all_forms(world)) >= 1
    assert "believe the takeover: 10.0.0.10 is at 02:99:00:00:00:99" in said(world, B)
    world.foreign_mac = ""
    passes(world, 12)
    assert believed(world) is True


def test_after_a_takeover_each_service_is_asked_once_through_its_vip() -> None:
    world = a_pair()
    world.deliver(B, SwitchAsked(GROUP, "root"))
    comes_to(world, B, Role.ACTIVE)
    passes(world, 12)
    assert orders(world, A, ProbeVip) == [ProbeVip(SERVICE)]
    assert believed(world) is True


def test_services_that_do_not_answer_through_the_vip_are_told_to_the_keeper() -> None:
    world = a_pair()
    world.is_vip_filtered = True
    world.deliver(B, SwitchAsked(GROUP, "root"))
    comes_to(world, B, Role.ACTIVE)
    passes(world, 12)
    assert believed(world) is False
    told = in_all_forms(world)
    assert 2 <= len(told) <= 6
    assert "takeover: web answers, but not through its VIP: refused; announcing" in said(world, B)
    world.is_vip_filtered = False
    passes(world, 12)
    assert believed(world) is True
    assert len(in_all_forms(world)) <= len(told) + 1
    assert world.owners() == [B]


def test_the_loser_of_a_conflict_asks_again_whether_the_keeper_is_believed() -> None:
    world = a_pair()
    for side in (A, B):
        world.set_cut(side, True)
    passes(world, 12)
    world.foreign_mac = "02:99:00:00:00:99"
    for side in (A, B):
        world.set_cut(side, False)
    passes(world, 4)
    assert world.roles() == {A: Role.STANDBY, B: Role.ACTIVE}
    assert believed(world) is False
    assert in_all_forms(world)
    world.foreign_mac = ""
    passes(world, 12)
    assert believed(world) is True
