"""Stories of one fault or wish each, told in full: who serves at the end, after how long, and why.

Together they notice every row of MOVES: see test_planted_faults.py.
"""

from dataclasses import replace

import pytest

from piranha.decisions import node
from piranha.decisions.events import (
    CarrierChanged,
    ClearAsked,
    FosFound,
    FosLost,
    FosReported,
    HeartbeatHeard,
    HoldChanged,
    IgnoreChanged,
    StopAsked,
    StrangerHeard,
    SwitchAsked,
    TimePassed,
)
from piranha.decisions.facts import Fact
from piranha.decisions.failover import MOVES, NOTHING_HAPPENS
from piranha.terms import Role, Severity, Side
from piranha.wire.heartbeat import PathHeard
from piranha.wire.order_line import Announce, Permit, ProbeNow, Release, Repair
from piranha.wire.report_line import (
    FosMode,
    Hello,
    Released,
    ServiceMoved,
    ServiceState,
    ServiceVerdict,
    Unarmable,
)
from tests.simulation.runs import start
from tests.simulation.world import GROUP, SERVICE, TAG, Timing, World, rules_for

A, B = Side.PRIMARY, Side.BACKUP
SLOW, FAST = Timing(2.0, 5.0), Timing(0.1, 0.5)


def a_pair(timing: Timing = SLOW, seed: int = 1) -> World:
    """Two nodes, up and settled: the primary serves."""
    world = World(seed, timing)
    for side in Side:
        world.boot(side)
        world.probe_remotely(side)
    world.run_until(world.now + 2 * timing.deadtime + 2)
    comes_to(world, A, Role.ACTIVE)
    assert world.roles() == {A: Role.ACTIVE, B: Role.STANDBY}
    world.moves.clear()
    world.said.clear()
    world.orders.clear()
    return world


def facts(world: World, side: Side) -> list[str]:
    return [move.fact for _, where, move in world.moves if where is side]


def passes(world: World, seconds: float) -> None:
    world.run_until(world.now + seconds)


def comes_to(world: World, side: Side, role: Role) -> None:
    """Time passes in small steps until the node has that role."""
    for _ in range(20_000):
        if world.roles()[side] is role:
            return
        passes(world, 0.002)
    raise AssertionError(f"{side} never became {role}: {world.log}")


def serves(world: World, side: Side) -> bool:
    other = world.roles()[side.other]
    return world.roles()[side] is Role.ACTIVE and other in (Role.STANDBY, None)


def orders(world: World, side: Side, kind: type) -> list[object]:
    return [order for _, where, order in world.orders if where is side and isinstance(order, kind)]


def said(world: World, side: Side) -> str:
    return "\n".join(f"{say.severity}: {say.text}" for _, where, say in world.said if where is side)


# The partner is gone


def test_a_dead_active_is_replaced_after_one_deadtime() -> None:
    world = a_pair()
    world.power_off(A)
    died = world.now
    passes(world, 7)
    assert facts(world, B) == ["partner silent", "all started"]
    took = world.moves[0][0]
    assert took - died <= 5.02
    assert "deadtime 5 s" in world.moves[0][2].reason
    assert serves(world, B)


def test_a_lone_node_takes_over_after_one_deadtime() -> None:
    world = World(3, SLOW)
    world.boot(B)
    began = world.now
    passes(world, 6)
    assert facts(world, B) == ["startup over", "partner silent", "all started"]
    assert world.moves[1][0] - began <= 5.05


def test_an_orderly_end_needs_no_deadtime() -> None:
    world = a_pair()
    world.deliver(A, StopAsked("SIGTERM"))
    asked = world.now
    passes(world, 1)
    assert facts(world, A) == ["stopping", "let go"]
    assert world.finished == [A]
    assert facts(world, B)[0] in ("partner left", "claim answered", "nobody serves")
    assert serves(world, B)
    assert world.moves[-1][0] - asked < 0.7


def test_a_goodbye_during_a_claim_hands_over_as_well() -> None:
    world = a_pair()
    world.deliver(B, SwitchAsked(GROUP, "root"))
    world.deliver(A, StopAsked("SIGTERM"))
    passes(world, 1)
    assert serves(world, B)


def test_a_claiming_node_that_is_stopped_withdraws() -> None:
    world = a_pair()
    world.set_cut(B, True)
    world.deliver(B, SwitchAsked(GROUP, "root"))
    world.deliver(B, StopAsked("SIGTERM"))
    assert facts(world, B) == ["switch asked", "stopping"]
    passes(world, 1)
    assert world.finished == [B]
    assert serves(world, A)


def test_a_starting_node_that_is_stopped_releases() -> None:
    world = a_pair()
    world.power_off(A)
    comes_to(world, B, Role.STARTING)
    world.deliver(B, StopAsked("SIGTERM"))
    passes(world, 1)
    assert facts(world, B) == ["partner silent", "stopping", "let go"]
    assert not world.owners()


def test_a_claim_on_a_partner_that_dies_becomes_a_takeover() -> None:
    world = a_pair()
    world.set_cut(B, True)
    passes(world, 0.01)
    world.deliver(B, SwitchAsked(GROUP, "root"))
    world.power_off(A)
    passes(world, 7)
    assert facts(world, B)[:2] == ["switch asked", "partner silent"]
    assert serves(world, B)


def test_a_partner_that_leaves_during_a_claim_is_succeeded_at_once() -> None:
    world = a_pair(seed=5)
    world.set_cut(B, True)
    world.deliver(B, SwitchAsked(GROUP, "root"))
    world.deliver(A, StopAsked("SIGTERM"))
    passes(world, 1.5)
    assert "partner left" in facts(world, B)
    assert serves(world, B)


# Only the heartbeat is gone


def test_a_vip_that_the_partner_still_answers_for_is_not_taken() -> None:
    world = a_pair()
    world.cuts_heartbeats_only = True
    for side in Side:
        world.set_cut(side, True)
    passes(world, 30)
    assert world.roles() == {A: Role.ACTIVE, B: Role.STANDBY}
    assert "critical: no takeover: no heartbeat" in said(world, B)
    assert "only the heartbeat is cut" in said(world, B)
    assert said(world, B).count("critical") == 1


def test_a_claim_during_such_a_cut_asks_as_well() -> None:
    world = a_pair()
    world.machines[B].rules = _with_release_timeout(B, 60.0)
    world.set_cut(B, True)
    world.deliver(B, SwitchAsked(GROUP, "root"))
    world.cuts_heartbeats_only = True
    world.set_cut(A, True)
    passes(world, 8)
    assert world.roles() == {A: Role.ACTIVE, B: Role.CLAIMING}
    assert "no takeover" in said(world, B)


def test_an_address_conflict_delays_a_takeover_by_one_deadtime() -> None:
    world = a_pair()
    world.foreign_mac = "02:99:00:00:00:99"
    world.power_off(A)
    passes(world, 8)
    assert world.roles()[B] is Role.STANDBY
    assert "address conflict: 10.0.0.10 is at 02:99" in said(world, B)
    passes(world, 4)
    assert serves(world, B)


def _with_release_timeout(side: Side, seconds: float) -> node.NodeRules:
    rules = rules_for(side, SLOW)
    return replace(rules, groups=(replace(rules.groups[0], release_timeout_seconds=seconds),))


# A service fails


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


def test_a_claim_whose_reason_is_gone_is_refused() -> None:
    world = a_pair()
    world.deliver(A, _a_claiming_beat(world, is_fault=True))
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
    _, beat = node.compose(world.machines[A].rules, state, world.now)
    group = replace(beat.groups[0], claim_refused=number)
    world.deliver(B, HeartbeatHeard(0, replace(beat, sequence=9000, groups=(group,)), world.now))
    assert facts(world, B) == ["switch asked", "claim refused"]


# Wishes of an operator


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
            world.machines[B].state = _unheld(state)
        world.deliver(B, SwitchAsked(GROUP, "--forceactive", is_forced=True))
        assert "forced" in facts(world, B)
        passes(world, 1)
        assert world.roles()[B] is Role.ACTIVE


def _unheld(state: node.NodeState) -> node.NodeState:
    return replace(state, groups=tuple(replace(g, is_held=False) for g in state.groups))


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


# Restarts, hangs and cuts


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


def test_a_fos_that_was_killed_holds_on_with_the_same_epoch() -> None:
    world = a_pair()
    world.kill_fos(A)
    passes(world, 10)
    assert world.moves == []
    assert any(isinstance(o, Permit) and o.is_adoption for _, _, o in world.orders)
    assert world.owners() == [A]


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
    _until_role(world, role)
    serving = A if role is Role.ACTIVE else B
    lost = FosLost(GROUP, FosMode.ACTIVE, "wrong use (exit 100)", is_permanent=True)
    world.deliver(serving, lost)
    assert facts(world, serving)[-1] == "fos failed"
    passes(world, 2)
    assert not serves(world, serving)


def _until_role(world: World, role: Role) -> None:
    if role is Role.STARTING:
        world.deliver(B, SwitchAsked(GROUP, "root"))
        comes_to(world, B, Role.STARTING)


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
    _until_role(world, role)
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
    _until_role(world, role)
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
    side = _a_node_in(world, role)
    hello = Hello(1, FosMode.ACTIVE, GROUP, 4711, 3999, world.now - 1, 0, {})
    world.orders.clear()
    world.deliver(side, FosFound(GROUP, FosMode.ACTIVE, hello))
    assert any(r.epoch == 3999 for r in orders(world, side, Release))  # type: ignore[attr-defined]


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ACTIVE])
def test_a_switch_in_a_role_that_cannot_grant_it_is_refused(role: Role) -> None:
    world = a_pair(seed=2)
    side = _a_node_in(world, role)
    if role is Role.STANDBY:
        world.deliver(side, HoldChanged(True, "root"))
    state = world.machines[side].state
    assert state is not None
    assert state.group(GROUP).role is role
    asked = node.step(world.machines[side].rules, state, SwitchAsked(GROUP, "root"), world.now)
    assert any("refused" in getattr(effect, "text", "") for effect in asked.effects)


def _a_node_in(world: World, role: Role) -> Side:
    """A node in that role, in the middle of something."""
    match role:
        case Role.LISTENING:
            world.power_off(B)
            world.boot(B)
            world.set_cut(A, True)
            return B
        case Role.STANDBY:
            return B
        case Role.CLAIMING:
            world.set_cut(B, True)
            world.deliver(B, SwitchAsked(GROUP, "root"))
            return B
        case Role.STARTING:
            _until_role(world, role)
            return B
        case Role.ACTIVE:
            return A
        case Role.RELEASING:
            world.deliver(B, SwitchAsked(GROUP, "root"))
            comes_to(world, A, Role.RELEASING)
            return A


def test_a_listening_node_answers_a_claim() -> None:
    world = World(1, SLOW)
    world.boot(A)
    passes(world, 1)
    world.boot(B)
    state = world.machines[A].state
    assert state is not None
    listening = replace(state.group(GROUP), role=Role.LISTENING, is_arming=True, is_armed=False)
    world.machines[A].state = replace(state, groups=(listening,))
    beat = _a_claiming_beat(world)
    decision = node.step(world.machines[A].rules, world.machines[A].state, beat, world.now)
    assert decision.state.group(GROUP).claim_answered == 77
    assert decision.state.group(GROUP).role in (Role.LISTENING, Role.STANDBY)


def _a_claiming_beat(world: World, *, is_fault: bool = False) -> HeartbeatHeard:
    state = world.machines[B].state
    assert state is not None
    _, beat = node.compose(world.machines[B].rules, state, world.now)
    group = replace(beat.groups[0], claim=77, claim_reason="for the story", claim_is_fault=is_fault)
    return HeartbeatHeard(0, replace(beat, sequence=9000, groups=(group,)), world.now)


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
        world.machines[side].state = _unheld(state)
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
    assert "acknowledging no more" in said(world, B)
    passes(world, 8)
    assert facts(world, B)[:2] == ["switch asked", "claim unreleased"]
    assert world.owners() == [B]


def test_a_release_that_goes_on_is_waited_for() -> None:
    world = a_pair()
    world.deliver(B, SwitchAsked(GROUP, "root"))
    comes_to(world, A, Role.RELEASING)
    state = world.machines[A].state
    assert state is not None
    _, beat = node.compose(world.machines[A].rules, state, world.now)
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


def hear_strangers(world: World, side: Side, seconds: float) -> None:
    """A client speaks on this node's segment, several times a second."""
    end = world.now + seconds
    while world.now < end:
        passes(world, 0.25)
        world.deliver(side, StrangerHeard())


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
    _, beat = node.compose(world.machines[A].rules, state, world.now)
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


def test_an_active_that_cannot_be_armed_again_is_relieved() -> None:
    world = a_pair()
    world.kill_fos(A, is_quiet=True)
    world.deliver(A, FosLost(GROUP, FosMode.ACTIVE, "killed"))
    world.deliver(A, FosReported(GROUP, FosMode.ACTIVE, Unarmable("eth0 does not exist")))
    assert facts(world, A)[-1] == "fos failed"


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
        state, beat = node.compose(other, state, world.now)
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


def test_a_frozen_standby_that_wakes_does_not_take_over() -> None:
    world = a_pair()
    world.freeze(B, pulse=True, fos=True, seconds=20)
    passes(world, 40)
    assert world.moves == []
    assert "stood still for 2" in said(world, B)
    assert "the partner was frozen for 2" in said(world, A)


# The table


def test_the_table_is_complete() -> None:
    for role in Role:
        for fact in Fact:
            moves = (role, fact) in MOVES
            nothing = fact in NOTHING_HAPPENS[role]
            assert moves != nothing, f"{role}, {fact}: {'twice' if moves else 'not written down'}"


def test_time_alone_changes_nothing_in_a_settled_pair() -> None:
    world = a_pair()
    passes(world, 600)
    assert world.moves == []
    assert world.said == []
    for side in Side:
        world.deliver(side, TimePassed())
    assert start is not None
