"""What a node makes of a witness that comes and goes, and of third stations."""

from dataclasses import replace

from piranha.decisions import node, sight
from piranha.decisions.events import FosFound, StrangerHeard, TimePassed, WitnessAnswered
from piranha.decisions.node_state import NodeState
from piranha.terms import Side
from piranha.wire.report_line import FosMode, Hello
from tests.simulation.world import GROUP, Timing, rules_for

ALONE = rules_for(Side.PRIMARY, Timing(2.0, 5.0))
RULES = replace(ALONE, has_witness=True)


def a_node(now: float = 100.0) -> NodeState:
    return node.start(RULES, 7, {GROUP: 41}, False, now)


def serving() -> NodeState:
    hello = Hello(1, FosMode.ACTIVE, GROUP, 4711, 42, 110.0, 41, {})
    state = node.start(ALONE, 7, {GROUP: 41}, False, 100.0)
    return node.step(ALONE, state, FosFound(GROUP, FosMode.ACTIVE, hello), 100.0).state


def test_silence_counts_from_the_moment_a_witness_is_seen_again() -> None:
    state = node.step(RULES, a_node(), WitnessAnswered(101.0), 101.1).state
    assert state.sees_witness is True
    assert state.link.silent_since == 101.1
    state = node.step(RULES, state, WitnessAnswered(101.5), 101.6).state
    assert state.link.silent_since == 101.1
    state = node.step(RULES, state, TimePassed(), 103.0).state
    assert state.sees_witness is False
    state = node.step(RULES, state, WitnessAnswered(103.4), 103.5).state
    assert state.link.silent_since == 103.5


def test_no_witness_is_missed_where_none_is_configured() -> None:
    state = node.step(ALONE, serving(), TimePassed(), 101.0).state
    assert state.sees_witness is None
    assert not state.has_lost_witness


def test_a_witness_is_not_lost_while_no_partner_is_heard_that_sees_one() -> None:
    state = node.step(RULES, a_node(), WitnessAnswered(100.0), 100.1).state
    state = node.step(RULES, state, TimePassed(), 104.0).state
    assert state.sees_witness is False
    assert not state.has_lost_witness


def test_third_stations_are_looked_for_where_a_node_serves_and_hears_no_partner() -> None:
    assert not sight.looks_for_strangers(RULES, a_node(), 100.0)
    assert sight.looks_for_strangers(ALONE, serving(), 100.0)


def test_a_node_saw_its_segment_when_a_witness_was_seen_without_a_break() -> None:
    state = a_node()
    for tenth in range(8):
        state = node.step(RULES, state, WitnessAnswered(100 + tenth), 100.1 + tenth).state
    assert sight.saw_segment(RULES, state, 107.2)
    assert not sight.saw_segment(RULES, state, 109.0)


def test_a_stranger_is_noted_by_a_node_that_serves_nothing_too() -> None:
    state = node.step(RULES, a_node(), StrangerHeard(), 100.5).state
    assert state.link.stranger_at == 100.5
    assert state.link.strangers_heard is None
