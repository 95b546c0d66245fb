"""What a standby makes of a service that the partner calls failed."""

from dataclasses import replace

import pytest

from piranha.decisions import composing, node, standby_duty
from piranha.decisions.group_state import Failure, GroupState
from piranha.decisions.node_state import view_of
from piranha.terms import Role, Side
from piranha.wire.heartbeat import GroupBeat, PathHeard
from tests.simulation.world import GROUP, SERVICE, TAG, Timing, rules_for

TIMING = Timing(2.0, 5.0)
RULES = rules_for(Side.BACKUP, TIMING)
TAGS = frozenset({TAG})
PARTNER = GroupBeat(GROUP, Role.ACTIVE, 2, False, False, judged=TAGS, failed=TAGS)
STANDBY = GroupState(GROUP, Role.STANDBY, 0.0, 1, is_armed=True, is_arming=False)
BEGINNING = (
    f"service {SERVICE} failed on {RULES.partner_name}: service dead (there failed, from here "
)
UNASKED = "not asked yet, through the VIP not asked yet): "


def reason(state: GroupState) -> str:
    known = node.start(RULES, 7, {}, False, 100.0)
    beat = composing.compose(rules_for(Side.PRIMARY, TIMING), known, 99.0)[1]
    beat = replace(beat, heard=(PathHeard(0, 7, 1, 0.1),))
    link = replace(known.link, partner=beat, heard=(PathHeard(0, 8, 1, 99.0),))
    view = view_of(RULES, replace(known, link=link), GROUP, 100.0)
    failed = standby_duty.failed_there(view, state)
    return failed.text if failed else ""


def test_our_own_probe_is_the_best_evidence() -> None:
    seen = {TAG: Failure("timed out: 2 s", 1, 99.0)}
    partner = replace(PARTNER, unfit_reason=f"service {SERVICE}: refused")
    state = replace(STANDBY, partner=partner, failed_there=seen)
    assert reason(state) == (
        f"{BEGINNING}timed out, through the VIP not asked yet): timed out: 2 s"
    )


@pytest.mark.parametrize(
    ("told", "evidence"),
    [
        (f"service {SERVICE}: refused: connection refused", "refused: connection refused"),
        ("service other: refused", "its own probes say so"),
        ("no carrier on eth0", "its own probes say so"),
        ("", "its own probes say so"),
    ],
)
def test_the_partners_reason_counts_where_it_is_about_this_service(
    told: str, evidence: str
) -> None:
    state = replace(STANDBY, partner=replace(PARTNER, unfit_reason=told))
    assert reason(state) == BEGINNING + UNASKED + evidence


def test_nothing_failed_where_the_partner_does_not_judge_or_it_is_ignored() -> None:
    unjudged = replace(PARTNER, judged=frozenset())
    assert reason(replace(STANDBY, partner=unjudged)) == ""
    assert reason(replace(STANDBY, partner=PARTNER, ignored=frozenset({SERVICE}))) == ""
    assert reason(STANDBY) == ""
