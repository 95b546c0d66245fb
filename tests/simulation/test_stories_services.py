"""Stories of services that fail: on one node, on both, and only in the eyes of one."""

from dataclasses import replace

import pytest

from piranha.decisions import composing
from piranha.decisions.events import (
    FosReported,
    HeartbeatHeard,
    IgnoreChanged,
    SwitchAsked,
)
from piranha.terms import Role, Side
from piranha.wire.order_line import ProbeNow, Repair
from piranha.wire.report_line import (
    FosMode,
    ServiceVerdict,
)
from tests.simulation.stories import (
    A,
    B,
    a_claiming_beat,
    a_pair,
    comes_to,
    facts,
    orders,
    passes,
    said,
    serves,
)
from tests.simulation.world import GROUP, SERVICE


def test_a_failed_service_moves_the_group_once() -> None:
    world = a_pair()
    world.machines[A].service_is_broken = True
    passes(world, 3)
    assert facts(world, B) == ["service failed there", "claim answered", "all started"]
    assert facts(world, A) == ["partner claims", "let go"]
    passes(world, 200)
    assert len(world.moves) == 5
    assert serves(world, B)


def test_a_service_that_recovers_withdraws_the_claim() -> None:
    world = a_pair()
    world.set_cut(B, True)
    world.machines[A].service_is_broken = True
    comes_to(world, B, Role.CLAIMING)
    world.machines[A].service_is_broken = False
    passes(world, 3)
    assert facts(world, B)[:2] == ["service failed there", "claim moot"]


def test_a_service_that_nobody_else_can_serve_is_repaired_in_place() -> None:
    world = a_pair()
    world.power_off(B)
    world.machines[A].service_is_broken = True
    passes(world, 30)
    repairs = [t for t, _, order in world.orders if isinstance(order, Repair)]
    assert 3 <= len(repairs) <= 6
    assert repairs[2] - repairs[1] > repairs[1] - repairs[0]
    assert world.roles()[A] is Role.ACTIVE


def test_a_service_broken_on_both_nodes_comes_to_rest() -> None:
    world = a_pair()
    for machine in world.machines.values():
        machine.service_is_broken = True
    passes(world, 60)
    assert facts(world, A).count("claim answered") + facts(world, B).count("claim answered") <= 2
    began = len(world.moves)
    passes(world, 3_600)
    takeovers = [m for _, _, m in world.moves[began:] if m.new is Role.STARTING]
    assert len(takeovers) <= 8
    assert len(world.owners()) == 1


def test_a_service_broken_on_both_nodes_is_told_once_on_each_and_once_when_it_is_over() -> None:
    world = a_pair()
    for machine in world.machines.values():
        machine.service_is_broken = True
    while "broken on both" not in said(world, A):
        passes(world, 0.05)
    passes(world, 0.5)
    assert world.roles() == {A: Role.STANDBY, B: Role.ACTIVE}
    assert "broken on both" in said(world, B)
    passes(world, 90)
    for side in Side:
        assert said(world, side).count("critical: broken on both nodes") == 1
    for machine in world.machines.values():
        machine.service_is_broken = False
    passes(world, 130)
    for side in Side:
        assert said(world, side).count("critical: broken on both nodes") == 1
        assert said(world, side).count("critical: served well for 60 s again") == 1


def test_the_node_with_fewer_failures_keeps_a_group_that_is_broken_on_both() -> None:
    world = a_pair()
    for machine in world.machines.values():
        machine.service_is_broken = True
    passes(world, 15)
    serving = world.owners()[0]
    resting = serving.other
    state = world.machines[resting].state
    assert state is not None
    group = state.group(GROUP)
    assert group.unfit is not None
    worse = replace(group, unfit=replace(group.unfit, failed_services=2))
    world.machines[resting].state = replace(state, groups=(worse,))
    world.moves.clear()
    passes(world, 1_200)
    assert [move for _, where, move in world.moves if where is resting] == []
    assert world.owners() == [serving]


def test_a_claim_waits_while_the_active_mends_and_leaves_it_its_release_time() -> None:
    world = a_pair()
    world.machines[A].service_is_broken = True
    comes_to(world, B, Role.CLAIMING)
    claim = world.machines[B].state.group(GROUP).claim  # type: ignore[union-attr]
    state = world.machines[A].state
    assert claim is not None
    assert state is not None
    _, beat = composing.compose(world.machines[A].rules, state, world.now)
    group = replace(beat.groups[0], repairing_seconds=40.0)
    mending = HeartbeatHeard(0, replace(beat, sequence=9000, groups=(group,)), world.now)
    world.deliver(B, mending)
    after = world.machines[B].state.group(GROUP).claim  # type: ignore[union-attr]
    assert after is not None
    release = world.machines[B].rules.groups[0].release_timeout_seconds
    assert after.deadline == pytest.approx(world.now + 40.0 + release)


def test_an_ignored_service_moves_nothing() -> None:
    world = a_pair()
    for side in Side:
        world.deliver(side, IgnoreChanged(SERVICE, True))
    passes(world, 1)
    world.machines[A].service_is_broken = True
    passes(world, 20)
    assert world.moves == []
    world.deliver(A, IgnoreChanged(SERVICE, False))
    world.deliver(B, IgnoreChanged(SERVICE, False))
    passes(world, 3)
    assert serves(world, B)


def test_a_remote_verdict_makes_the_active_look_at_once() -> None:
    world = a_pair()
    passes(world, 1)
    verdict = ServiceVerdict(SERVICE, False, "refused", "", 1)
    world.deliver(B, FosReported(GROUP, FosMode.MONITOR, verdict))
    passes(world, 3.0)
    assert orders(world, A, ProbeNow) == [ProbeNow(SERVICE)]
    assert world.moves == []


@pytest.mark.parametrize("kind", ["is_fault", "is_unfit"])
def test_a_claim_whose_reason_is_gone_is_refused(kind: str) -> None:
    """A cable that was out for a moment, as `make chaos SEED=197` pulls it, is no reason later."""
    world = a_pair()
    world.deliver(A, a_claiming_beat(world, **{kind: True}))
    state = world.machines[A].state
    assert state is not None
    assert state.group(GROUP).claim_refused == 77
    assert "claim refused: " in said(world, A)
    assert world.moves == []


def test_a_refused_claim_is_closed() -> None:
    world = a_pair()
    world.deliver(B, SwitchAsked(GROUP, "root"))
    state = world.machines[A].state
    assert state is not None
    claimed = world.machines[B].state
    assert claimed is not None
    number = claimed.group(GROUP).claim.number  # type: ignore[union-attr]
    _, beat = composing.compose(world.machines[A].rules, state, world.now)
    group = replace(beat.groups[0], claim_refused=number)
    world.deliver(B, HeartbeatHeard(0, replace(beat, sequence=9000, groups=(group,)), world.now))
    assert facts(world, B) == ["switch asked", "claim refused"]
