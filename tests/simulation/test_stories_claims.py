"""Stories of claims and releases: heard, unheard, crossing, refused, overdue."""

from dataclasses import replace

import pytest

from piranha.decisions import composing, node
from piranha.decisions.events import (
    FosReported,
    HeartbeatHeard,
    HoldChanged,
    SwitchAsked,
)
from piranha.terms import Role, Severity, Side
from piranha.wire.heartbeat import PathHeard
from piranha.wire.report_line import (
    FosMode,
    ServiceMoved,
    ServiceState,
)
from tests.simulation.stories import (
    SLOW,
    A,
    B,
    a_claiming_beat,
    a_node_in,
    a_pair,
    comes_to,
    facts,
    passes,
    said,
    serves,
    unheld,
)
from tests.simulation.world import GROUP, SERVICE, TAG, Timing, World, rules_for


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ACTIVE])
def test_a_switch_in_a_role_that_cannot_grant_it_is_refused(role: Role) -> None:
    world = a_pair(seed=2)
    side = a_node_in(world, role)
    if role is Role.STANDBY:
        world.deliver(side, HoldChanged(True, "root"))
    state = world.machines[side].state
    assert state is not None
    assert state.group(GROUP).role is role
    asked = node.step(world.machines[side].rules, state, SwitchAsked(GROUP, "root"), world.now)
    assert any("refused" in getattr(effect, "text", "") for effect in asked.effects)


def test_a_listening_node_answers_a_claim() -> None:
    world = World(1, SLOW)
    world.boot(A)
    passes(world, 1)
    world.boot(B)
    state = world.machines[A].state
    assert state is not None
    listening = replace(state.group(GROUP), role=Role.LISTENING, is_arming=True, is_armed=False)
    world.machines[A].state = replace(state, groups=(listening,))
    beat = a_claiming_beat(world)
    decision = node.step(world.machines[A].rules, world.machines[A].state, beat, world.now)
    assert decision.state.group(GROUP).claim_answered == 77
    assert decision.state.group(GROUP).role in (Role.LISTENING, Role.STANDBY)


def test_of_two_claims_the_preferred_node_wins() -> None:
    world = World(4, SLOW)
    for side in Side:
        world.boot(side)
        world.deliver(side, HoldChanged(True, "root"))
    passes(world, 12)
    assert world.roles() == {A: Role.STANDBY, B: Role.STANDBY}
    for side in Side:
        state = world.machines[side].state
        assert state is not None
        world.machines[side].state = unheld(state)
        world.deliver(side, SwitchAsked(GROUP, "root"))
    assert world.roles() == {A: Role.CLAIMING, B: Role.CLAIMING}
    passes(world, 1)
    assert "claim lost" in facts(world, B)
    assert serves(world, A)


def test_a_claim_that_is_heard_but_not_released_ends_the_lease() -> None:
    world = a_pair()
    fos = world.machines[A].fos
    assert fos is not None
    fos.is_frozen = True
    world.deliver(B, SwitchAsked(GROUP, "root"))
    passes(world, 7)
    assert "acknowledging this group no more" in said(world, B)
    passes(world, 8)
    assert facts(world, B)[:2] == ["switch asked", "claim unreleased"]
    assert world.owners() == [B]


def test_a_release_that_goes_on_is_waited_for() -> None:
    world = a_pair()
    world.deliver(B, SwitchAsked(GROUP, "root"))
    comes_to(world, A, Role.RELEASING)
    state = world.machines[A].state
    assert state is not None
    _, beat = composing.compose(world.machines[A].rules, state, world.now)
    before = world.machines[B].state.group(GROUP).claim  # type: ignore[union-attr]
    group = replace(beat.groups[0], judged=frozenset())
    passes(world, 0.01)
    world.deliver(B, HeartbeatHeard(0, replace(beat, sequence=9000, groups=(group,)), world.now))
    after = world.machines[B].state.group(GROUP).claim  # type: ignore[union-attr]
    assert before is not None
    assert after is not None
    assert after.deadline > before.deadline


def test_a_claim_that_is_not_heard_is_given_up_with_an_alarm() -> None:
    world = a_pair()
    world.set_cut(B, True)
    world.deliver(B, SwitchAsked(GROUP, "root"))
    passes(world, 6.2)
    assert facts(world, B) == ["switch asked", "claim hopeless"]
    assert world.moves[-1][2].severity is Severity.CRITICAL
    assert serves(world, A)


def test_a_partner_that_restarts_empty_is_not_waited_for() -> None:
    world = a_pair()
    world.power_off(A)
    world.boot(A)
    passes(world, 1.5)
    assert "nobody serves" in facts(world, A) + facts(world, B)
    assert len(world.owners()) == 1


def test_a_handover_that_never_ends_is_claimed_back() -> None:
    world = a_pair(Timing(2.0, 5.0, start=0.3), seed=2)
    world.started = lambda *_args: None  # type: ignore[method-assign]
    world.deliver(B, SwitchAsked(GROUP, "root"))
    passes(world, 8)
    assert "start overdue" in facts(world, A)


def test_a_group_that_only_one_file_names_is_served_by_that_node() -> None:
    world = World(1, SLOW)
    rules = rules_for(B, SLOW)
    other = replace(rules, groups=(replace(rules.groups[0], name="else"),))
    state = node.start(other, 5, {}, False, world.now)
    machine = world.machines[A]
    world.boot(A)
    for _ in range(120):
        passes(world, 0.1)
        state, beat = composing.compose(other, state, world.now)
        link = machine.state.link  # type: ignore[union-attr]
        heard = (PathHeard(0, link.incarnation, link.sequence, 0.0),)
        world.deliver(A, HeartbeatHeard(0, replace(beat, heard=heard), world.now))
    assert "partner lacks the group" in facts(world, A)
    assert machine.has_vip(world.now)


def test_a_service_that_the_other_file_does_not_name_moves_nothing() -> None:
    world = a_pair()
    rules = world.machines[B].rules
    group = replace(rules.groups[0], service_tags={TAG + 1: "other"})
    world.machines[B].rules = replace(rules, groups=(group,))
    world.machines[A].service_is_broken = True
    passes(world, 20)
    assert world.moves == []


def test_a_repair_in_progress_makes_a_claim_wait() -> None:
    world = a_pair()
    moved = ServiceMoved(SERVICE, ServiceState.REPAIRING, 0.0)
    world.deliver(A, FosReported(GROUP, FosMode.ACTIVE, moved))
    world.machines[A].service_is_broken = True
    passes(world, 1.4)
    assert world.moves == []
    moved = ServiceMoved(SERVICE, ServiceState.JUDGED, 1.4)
    world.deliver(A, FosReported(GROUP, FosMode.ACTIVE, moved))
    passes(world, 3)
    assert serves(world, B)
