"""Stories of one fault or wish each, told in full: who serves at the end, after how long, and why.

Here: the partner is gone, or only its heartbeat. Together with those of the other `test_stories_*`
files they notice every row of MOVES: see test_planted_faults.py.
"""

from dataclasses import replace

from piranha.decisions import node
from piranha.decisions.events import (
    StopAsked,
    SwitchAsked,
    TimePassed,
    UnprovenHeard,
)
from piranha.decisions.facts import Fact
from piranha.decisions.failover import MOVES, NOTHING_HAPPENS
from piranha.terms import Role, Side
from tests.simulation.stories import (
    SLOW,
    A,
    B,
    a_pair,
    comes_to,
    facts,
    passes,
    said,
    serves,
)
from tests.simulation.world import GROUP, World, rules_for

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


def test_a_monitor_is_left_alone_until_the_group_has_started() -> None:
    """To end its nannies takes a processor for as long as to start as many services."""
    world = a_pair()
    assert world.machines[B].monitors
    world.power_off(A)
    comes_to(world, B, Role.STARTING)
    assert world.machines[B].monitors
    comes_to(world, B, Role.ACTIVE)
    assert not world.machines[B].monitors


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


def test_a_partner_that_cannot_be_proven_to_live_is_not_taken_over_from() -> None:
    """Its sealed heartbeats come in and ours do not arrive: it may well serve."""
    world = a_pair()
    world.power_off(A)
    for _ in range(20):
        world.deliver(B, UnprovenHeard(world.now))
        passes(world, 1)
    assert not serves(world, B)
    assert "it does not hear us" in said(world, B)
    passes(world, 7)
    assert serves(world, B)


def test_an_active_that_cannot_prove_its_partner_lets_its_lease_end() -> None:
    world = a_pair()
    world.power_off(B)
    passes(world, 20)
    assert serves(world, A)
    for _ in range(10):
        world.deliver(A, UnprovenHeard(world.now))
        passes(world, 1)
    assert not serves(world, A)


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
