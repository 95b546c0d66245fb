"""The watchdog is fed while nothing can be held that may not be."""

from dataclasses import replace

from piranha.decisions import node, vouching
from piranha.decisions.node_state import NodeState
from piranha.terms import Role, Side
from tests.simulation.world import GROUP, Timing, rules_for

RULES = rules_for(Side.PRIMARY, Timing(1.0, 5.0))


def a_node(**changes: object) -> NodeState:
    state = node.start(RULES, 7, {GROUP: 1}, False, 100.0)
    group = replace(state.groups[0], role=Role.ACTIVE, period=3, permitted_until=110.0)
    return replace(state, groups=(replace(group, **changes),))  # type: ignore[arg-type]


def test_a_node_that_serves_nothing_goes_on() -> None:
    assert vouching.objection(a_node(period=0, permitted_until=0.0), 500.0) == ""


def test_a_node_that_is_permitted_goes_on() -> None:
    assert vouching.objection(a_node(), 109.9) == ""


def test_after_the_permission_only_a_look_into_the_kernel_lets_it_go_on() -> None:
    for role in (Role.STARTING, Role.ACTIVE, Role.RELEASING):
        said = vouching.objection(a_node(role=role), 110.5)
        assert said == "default: the permission ended 0.50 s ago, the VIPs may be here still"
    assert vouching.objection(a_node(role=Role.RELEASING, active_to=110.2), 110.5) == ""


def test_one_group_of_several_is_enough_to_stop_it() -> None:
    state = a_node()
    other = replace(state.groups[0], name="mail", permitted_until=104.0)
    both = replace(state, groups=(*state.groups, other))
    assert vouching.objection(both, 103.0) == ""
    assert vouching.objection(both, 105.0).startswith("mail: ")
