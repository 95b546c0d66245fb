"""Unable, unfit, and the pauses between two tries."""

from dataclasses import replace

import pytest

from piranha.decisions import fitness
from piranha.decisions.group_state import Failure, GroupState, Unfit
from piranha.terms import Role, Side
from piranha.wire.heartbeat import GroupBeat
from tests.simulation.world import GROUP, SERVICE, TAG, Timing, rules_for

RULES = rules_for(Side.PRIMARY, Timing(2.0, 5.0))
READY = GroupState(GROUP, Role.STANDBY, 0.0, 1, is_armed=True, is_arming=False)
FAILED = Unfit("service web: refused", 100.0, 1, False)


def test_a_node_without_carrier_or_an_armed_fos_is_unable() -> None:
    assert fitness.unable_reason(READY) == ""
    assert fitness.unable_reason(replace(READY, has_carrier=False, carrier_reason="no carrier"))
    broken = replace(READY, is_armed=False, unarmed_reason="eth0 does not exist")
    assert fitness.unable_reason(broken) == "eth0 does not exist"


def test_a_serving_node_is_given_the_time_to_start_its_fos_again() -> None:
    serving = replace(READY, role=Role.ACTIVE, period=3, is_armed=False, is_arming=True)
    assert fitness.unable_reason(serving) == ""
    assert fitness.unable_reason(replace(serving, is_arming=False, unarmed_reason="gone")) == "gone"


@pytest.mark.parametrize(("tries", "pause"), [(1, 60), (2, 120), (5, 960), (40, 86_400)])
def test_pauses_double_up_to_a_day(tries: int, pause: float) -> None:
    state = replace(READY, unfit=FAILED, tries=tries)
    assert fitness.pause_ends(RULES, state, FAILED) == 100.0 + pause
    assert fitness.unfit_reason(RULES, state, 100.0 + pause - 0.1) == "service web: refused"
    assert fitness.unfit_reason(RULES, state, 100.0 + pause) == ""


def test_where_nobody_is_fit_the_first_pause_is_a_deadtime() -> None:
    failing = GroupBeat(GROUP, Role.ACTIVE, 2, is_fit=False, is_held=False, failed_services=1)
    state = replace(READY, unfit=FAILED, tries=1, partner=failing)
    assert fitness.pause_ends(RULES, state, FAILED) == 105.0
    second = replace(FAILED, is_second=True)
    assert fitness.pause_ends(RULES, state, second) == 160.0


def test_only_failures_that_may_move_the_group_count() -> None:
    failures = {TAG: Failure("refused", 1, 0.0), 99: Failure("refused", 1, 0.0)}
    state = replace(READY, failed=failures)
    assert fitness.counted_failures(RULES.groups[0], state) == {TAG: "service web: refused"}
    ignoring = replace(state, ignored=frozenset({SERVICE}))
    assert fitness.counted_failures(RULES.groups[0], ignoring) == {}
