"""What a node tells its partner of itself, and when at once."""

import pytest

from piranha.decisions import composing, node
from piranha.decisions.effects import SendHeartbeat
from piranha.decisions.events import FosFound, TimePassed
from piranha.decisions.group_state import Asking
from piranha.decisions.node_state import NodeState
from piranha.terms import Role, Side
from piranha.values import replace
from piranha.wire.report_line import FosMode, Hello
from tests.simulation.world import GROUP, Timing, rules_for

RULES = rules_for(Side.PRIMARY, Timing(2.0, 5.0))


def a_node(now: float = 100.0) -> NodeState:
    return node.start(RULES, 7, {GROUP: 41}, False, now)


def after_its_first_heartbeat() -> NodeState:
    state = node.step(RULES, a_node(), TimePassed(), 100.0).state
    return composing.compose(RULES, state, 100.0)[0]


def test_the_first_step_sends_a_heartbeat_that_tells_everything() -> None:
    decision = node.step(RULES, a_node(), TimePassed(), 100.0)
    assert decision.effects == (SendHeartbeat(),)
    _, beat = composing.compose(RULES, decision.state, 100.0)
    assert (beat.cluster, beat.node, beat.sequence, beat.incarnation) == ("sim", "primary", 1, 7)
    assert (beat.keepalive_seconds, beat.deadtime_seconds) == (2.0, 5.0)
    group = beat.groups[0]
    assert (group.name, group.role, group.epoch) == (GROUP, Role.LISTENING, 41)
    assert not group.is_fit
    assert group.unfit_reason == "fos is not armed yet"
    assert not beat.wants_answer


def test_nothing_is_sent_before_the_timer_is_due_where_nothing_has_changed() -> None:
    state = after_its_first_heartbeat()
    decision = node.step(RULES, state, TimePassed(), 101.9)
    assert decision.effects == ()
    assert node.step(RULES, decision.state, TimePassed(), 102.0).effects == (SendHeartbeat(),)


def test_a_change_is_told_at_once() -> None:
    hello = Hello(1, FosMode.ACTIVE, GROUP, 4711, 42, 102.0, 41, {})
    event = FosFound(GROUP, FosMode.ACTIVE, hello)
    decision = node.step(RULES, after_its_first_heartbeat(), event, 100.1)
    assert SendHeartbeat() in decision.effects


def test_an_active_node_wants_answers_but_asks_for_none_in_its_own() -> None:
    hello = Hello(1, FosMode.ACTIVE, GROUP, 4711, 42, 102.0, 41, {})
    state = node.step(RULES, a_node(), FosFound(GROUP, FosMode.ACTIVE, hello), 100.0).state
    state, beat = composing.compose(RULES, state, 100.0)
    assert (beat.sequence, beat.wants_answer) == (1, True)
    _, answer = composing.compose(RULES, state, 100.1, is_answer=True)
    assert (answer.sequence, answer.wants_answer) == (2, False)


OTHERWISE = {
    "partner": composing.compose(RULES, a_node(), 100.0)[1].groups[0],
    "partner_at": 99.0,
    "permitted_until": 103.0,
    "asking": Asking(99.5),
    "asked_to_probe": frozenset({7}),
}


@pytest.mark.parametrize("name", sorted(composing._NOT_TOLD))
def test_what_is_not_looked_at_for_a_change_is_in_no_heartbeat(name: str) -> None:
    state = a_node()
    groups = (replace(state.groups[0], **{name: OTHERWISE[name]}),)
    _, before = composing.compose(RULES, state, 100.0)
    _, after = composing.compose(RULES, replace(state, groups=groups), 100.0)
    assert groups != state.groups
    assert after == before
