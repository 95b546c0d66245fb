"""The audit of an episode complains about each kind of violation, and about nothing else."""

from dataclasses import replace

import pytest

from tests.lab.attempts import Attempt
from tests.lab.audit import Evidence, Injected, NodeSeen, Record, Said, audit, overlaps
from tests.lab.chaos_plan import ACTIVE, STANDBY, Kind, Plan, Timing, Trouble
from tests.lab.chaos_plan import BOTH as BOTH_NODES
from tests.lab.sightings import Announcement, Sighting

VIP = "10.0.0.10"
A, B, BOTH, NOBODY = ({"a"}, {"b"}, {"a", "b"}, set[str]())
SWITCH = Trouble(Kind.SWITCH, ACTIVE, 1.0, 0.0)
LOSS = Trouble(Kind.LOSS, STANDBY, 1.0, 1.0)


def saw(at: float, holders: set[str], answering: set[str] | None = None) -> Sighting:
    return Sighting(at, VIP, frozenset(holders), frozenset(answering or holders))


def move(at: float, old: str, new: str, reason: str = "asked") -> Record:
    return Record(at, old, new, "switch asked", reason)


def node(*records: Record) -> NodeSeen:
    lines = tuple((r.at, f"pulse: default: {r.old} -> {r.new}: {r.reason}") for r in records)
    return NodeSeen(records, ((0.5, "fos: default: armed"), *lines), (0.0,), ())


BOOT_A = (move(2, "listening", "standby"), move(3, "standby", "starting"))
STORY_A = (
    *BOOT_A,
    move(3.5, "starting", "active"),
    move(11, "active", "releasing"),
    move(11.1, "releasing", "standby"),
)
STORY_B = (
    move(2, "listening", "standby"),
    move(11, "standby", "claiming"),
    move(11.15, "claiming", "starting"),
    move(11.3, "starting", "active"),
)
PLAN = Plan(1, Timing(0.2, 2.6), (SWITCH,))
GOOD = Evidence(
    plan=PLAN,
    vip=VIP,
    said=Said(0.0, 0.0, 1.25),
    start_seconds=2.0,
    injected=(Injected(SWITCH, ("a",), 11.0, 11.0),),
    nodes={"a": node(*STORY_A), "b": node(*STORY_B)},
    sightings=[saw(9.9, A), saw(11.1, NOBODY), saw(11.2, B)],
    announcements=[Announcement(11.2, VIP, "b")],
    attempts=[
        Attempt(10 + n / 100, 10 + n / 100, "a" if n < 110 else "b")
        for n in range(800)
        if not 110 <= n < 130
    ],
    began=10.0,
    until=18.0,
)
QUIET = replace(
    GOOD,
    injected=(Injected(LOSS, ("b",), 11.0, 12.0),),
    nodes={"a": node(*STORY_A[:3]), "b": node(STORY_B[0])},
    sightings=[saw(9.9, A)],
    announcements=[Announcement(9.0, VIP, "a")],
    attempts=[Attempt(10 + n / 100, 10 + n / 100, "a") for n in range(800)],
)


@pytest.mark.parametrize("seen", [GOOD, QUIET], ids=["a switch", "nothing"])
def test_where_every_claim_holds_nothing_is_said(seen: Evidence) -> None:
    assert audit(seen) == []


def broken(seen: Evidence) -> set[str]:
    """The names of the claims that the audit calls broken."""
    return {complaint.split(":")[0] for complaint in audit(seen)}


def test_two_owners_break_single() -> None:
    both = [saw(9.9, A), saw(11.1, NOBODY), saw(11.2, B), saw(12, B, BOTH), saw(12.02, B)]
    assert broken(replace(GOOD, sightings=both)) == {"single"}


def test_two_owners_within_what_was_said_do_not() -> None:
    both = [saw(9.9, A), saw(11.2, B), saw(12, B, BOTH), saw(12.04, B)]
    short = replace(GOOD, said=Said(0.05, 1.0, 1.25), sightings=both)
    assert broken(short) == set()
    assert broken(replace(short, said=Said(0.01, 1.0, 1.25))) == {"single"}


def test_separated_nodes_may_overlap_only_so_long_once_they_are_not() -> None:
    cut = Trouble(Kind.SILENCE, ACTIVE, 1.0, 0.5)
    both = [saw(9.9, A), saw(11.2, BOTH, B), saw(11.5, BOTH), saw(12.0, B)]
    seen = replace(GOOD, injected=(Injected(cut, ("a",), 11.0, 11.5),), sightings=both)
    later = [*GOOD.announcements, Announcement(12.1, VIP, "b")]
    seen = replace(seen, announcements=later)
    assert broken(seen) == set()
    assert broken(replace(seen, said=Said(0.0, 0.0, 0.4))) == {"single"}


def test_blocked_heartbeats_alone_are_a_separation_where_the_segment_is_not_asked() -> None:
    block = Trouble(Kind.BLOCK, BOTH_NODES, 1.0, 0.5)
    both = [saw(9.9, A), saw(11.2, B, BOTH), saw(12.9, B)]
    seen = replace(GOOD, injected=(Injected(block, ("a", "b"), 11.0, 11.5),), sightings=both)
    assert "single" in broken(seen)
    assert broken(replace(seen, said=Said(0.05, 1.0, 1.25))) == set()


def test_an_address_that_nobody_has_breaks_alive() -> None:
    assert "alive" in broken(replace(GOOD, sightings=[*GOOD.sightings, saw(14, NOBODY)]))


def test_an_owner_who_came_too_late_breaks_alive() -> None:
    late = [saw(9.9, A), saw(11.1, NOBODY), saw(16.5, B)]
    assert "alive" in broken(replace(GOOD, sightings=late))


def test_a_client_that_is_not_served_breaks_alive() -> None:
    unserved = [a for a in GOOD.attempts if a.started < 17.2]
    assert broken(replace(GOOD, attempts=unserved)) == {"alive"}


def test_a_move_without_a_fault_breaks_calm() -> None:
    assert broken(replace(GOOD, injected=QUIET.injected)) == {"calm"}


def test_a_lost_request_breaks_calm_when_only_the_standby_is_in_trouble() -> None:
    lost = [*QUIET.attempts, Attempt(12.0, 12.05, "")]
    assert broken(replace(QUIET, attempts=lost)) == {"calm"}


def test_an_announcement_of_the_other_one_breaks_heard() -> None:
    stale = [*GOOD.announcements, Announcement(11.3, VIP, "a")]
    assert broken(replace(GOOD, announcements=stale)) == {"heard"}
    assert broken(replace(GOOD, announcements=[])) == {"heard"}


def test_a_conflict_after_which_nobody_announces_breaks_heard() -> None:
    both = [saw(9.9, A), saw(11.2, B), saw(11.3, BOTH, B), saw(11.6, B)]
    assert broken(replace(GOOD, sightings=both)) == {"heard", "reason"}


def test_a_missing_record_breaks_reason() -> None:
    for left_out in range(len(STORY_B)):
        records = STORY_B[:left_out] + STORY_B[left_out + 1 :]
        without = replace(node(*STORY_B), records=records)
        assert "reason" in broken(replace(GOOD, nodes={**GOOD.nodes, "b": without}))


def test_a_missing_log_line_breaks_reason() -> None:
    whole = node(*STORY_B)
    without = replace(whole, lines=whole.lines[:-1])
    assert broken(replace(GOOD, nodes={**GOOD.nodes, "b": without})) == {"reason"}


def test_a_record_without_a_reason_breaks_reason() -> None:
    mute = node(*STORY_B[:-1], replace(STORY_B[-1], reason=" "))
    assert "reason" in broken(replace(GOOD, nodes={**GOOD.nodes, "b": mute}))


def test_an_address_that_comes_without_a_move_breaks_reason() -> None:
    astray = [*QUIET.sightings, saw(12, BOTH, A), saw(13, A)]
    told = [*QUIET.announcements, Announcement(13.1, VIP, "a")]
    assert broken(replace(QUIET, sightings=astray, announcements=told)) == {"reason"}


def test_the_longest_overlap_is_told_apart_by_whether_the_nodes_were_separated() -> None:
    both = [saw(9.9, A), saw(11.2, BOTH), saw(11.5, B)]
    cut = Trouble(Kind.SILENCE, ACTIVE, 1.0, 0.5)
    seen = replace(GOOD, sightings=both)
    assert overlaps(seen) == (pytest.approx(0.3), 0.0)
    after = replace(seen, injected=(Injected(cut, ("a",), 11.0, 11.2),))
    assert overlaps(after) == (0.0, pytest.approx(0.3))


def test_a_role_of_a_moment_explains_an_address_that_comes_just_after_it() -> None:
    brief = (
        move(12.0, "standby", "starting"),
        move(12.001, "starting", "releasing"),
        move(12.2, "releasing", "standby"),
    )
    nodes = {"a": node(*STORY_A[:3]), "b": node(STORY_B[0], *brief)}
    astray = [*QUIET.sightings, saw(12.015, BOTH, A), saw(12.04, A)]
    told = [*QUIET.announcements, Announcement(12.1, VIP, "a")]
    seen = replace(QUIET, nodes=nodes, sightings=astray, announcements=told)
    assert broken(seen) == {"calm"}


def test_a_node_killed_before_it_could_write_is_excused() -> None:
    whole = node(*STORY_B)
    killed = replace(whole, records=whole.records[:-1], harmed=(11.4,))
    assert broken(replace(GOOD, nodes={**GOOD.nodes, "b": killed})) == set()
