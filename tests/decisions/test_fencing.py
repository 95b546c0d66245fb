"""Who of two nodes fences first, and for how long a fence says anything."""

from dataclasses import replace

import pytest

from piranha.decisions import fencing
from piranha.decisions.fencing import Fencing
from piranha.decisions.partner_link import Link
from piranha.terms import Role, Side
from piranha.wire.heartbeat import GroupBeat
from tests.simulation.machines import FENCE_DELAY, Timing, rules_for
from tests.wire.test_heartbeat import BEAT

ACTIVE, STANDBY, LISTENING = Role.ACTIVE, Role.STANDBY, Role.LISTENING


def delay(side: Side, ours: list[Role], theirs: list[Role] | None) -> float:
    link = Link(1, 0.0, 0.0, 0.0)
    if theirs is not None:
        groups = tuple(GroupBeat(f"g{n}", role, 1, True, False) for n, role in enumerate(theirs))
        link = replace(link, partner=replace(BEAT, groups=groups))
    return fencing.delay_seconds(rules_for(side, Timing(2, 5)), link, ours)


@pytest.mark.parametrize("side", list(Side))
def test_a_partner_that_served_everything_is_fenced_at_once(side: Side) -> None:
    assert delay(side, [STANDBY, STANDBY], [ACTIVE, ACTIVE]) == 0.0


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [([LISTENING], None), ([ACTIVE, STANDBY], [STANDBY, ACTIVE]), ([STANDBY], [STANDBY])],
)
def test_between_equals_the_primary_goes_first(ours: list[Role], theirs: list[Role] | None) -> None:
    assert delay(Side.PRIMARY, ours, theirs) == 0.0
    assert delay(Side.BACKUP, ours, theirs) == FENCE_DELAY


@pytest.mark.parametrize("side", list(Side))
def test_the_node_that_alone_serves_something_goes_first(side: Side) -> None:
    assert delay(side, [ACTIVE, STANDBY], [STANDBY, STANDBY]) == 0.0
    assert delay(side, [STANDBY, STANDBY], [ACTIVE, STANDBY]) == FENCE_DELAY


def test_of_two_nodes_that_know_of_each_other_only_one_goes_first() -> None:
    roles = [[a, b] for a in (ACTIVE, STANDBY) for b in (ACTIVE, STANDBY)]
    for ours in roles:
        for theirs in roles:
            both_want = STANDBY in ours and STANDBY in theirs
            delays = {delay(Side.PRIMARY, ours, theirs), delay(Side.BACKUP, theirs, ours)}
            assert delays == {0.0, FENCE_DELAY} or not both_want, (ours, theirs)


def test_a_success_counts_for_a_few_seconds() -> None:
    over = fencing.ended(fencing.begun(None, "why", 10.0), is_off=True, text="off", now=12.0)
    assert fencing.is_off(fencing.still_counts(over, 12.0 + fencing.COUNTS_SECONDS - 0.1))
    assert fencing.still_counts(over, 12.0 + fencing.COUNTS_SECONDS) is None


def test_a_failure_is_tried_again_after_growing_pauses() -> None:
    pauses, before, now = [], None, 0.0
    for _ in range(6):
        before = fencing.ended(
            fencing.begun(before, "why", now), is_off=False, text="no", now=now + 1.0
        )
        assert before.has_failed
        pauses.append(before.retry_at - (now + 1.0))
        now = before.retry_at
    assert pauses == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    assert fencing.still_counts(before, now + 1e6) == before


def test_a_heartbeat_ends_what_a_fence_says_but_not_one_that_was_on_its_way() -> None:
    running = fencing.begun(None, "why", 10.0)
    assert fencing.after_heartbeat(running, 20.0, is_same_run=True) == running
    over = fencing.ended(running, is_off=True, text="off", now=12.0)
    assert fencing.after_heartbeat(over, 12.5, is_same_run=True) == over
    assert fencing.after_heartbeat(over, 13.5, is_same_run=True) is None
    assert fencing.after_heartbeat(over, 12.5, is_same_run=False) is None
    assert fencing.after_heartbeat(None, 1.0, is_same_run=True) is None


def test_an_operator_needs_no_fence_before_his_word() -> None:
    said = fencing.ended(None, is_off=True, text="root says so", now=5.0)
    assert said == Fencing("root says so", 5.0, ended_at=5.0, is_off=True, text="root says so")
