"""Who is heard, what is acknowledged, and how long a VIP may be held for it."""

from dataclasses import replace
from math import inf

from piranha.decisions import partner_link
from piranha.decisions.partner_link import Link
from piranha.terms import Side
from piranha.wire.heartbeat import Heartbeat, PathHeard
from tests.simulation.world import Timing, rules_for

RULES = rules_for(Side.PRIMARY, Timing(2.0, 5.0))
OURS, THEIRS = 11, 22
FRESH = Link(OURS, started_at=100.0, timer_from=98.0, silent_since=100.0)


def a_beat(sequence: int, **changes: object) -> Heartbeat:
    beat = Heartbeat(
        cluster="sim",
        node=Side.BACKUP,
        incarnation=THEIRS,
        sequence=sequence,
        keepalive_seconds=2.0,
        deadtime_seconds=5.0,
        serial_no=1,
        wants_answer=False,
        is_goodbye=False,
        has_carrier=True,
        sees_witness=None,
        frozen_seconds=0.0,
    )
    return replace(beat, **changes)  # type: ignore[arg-type]


def heard(sequence: int, at: float, link: Link = FRESH, path: int = 0, **changes: object) -> Link:
    return partner_link.hear(link, path, a_beat(sequence, **changes), at)[0]


def acknowledging(sequence: int) -> dict[str, object]:
    return {"heard": (PathHeard(0, OURS, sequence, 0.001),)}


def sent(link: Link, *instants: float) -> Link:
    for instant in instants:
        link = partner_link.send(link, instant, wants_answer=True, resets_timer=True)
    return link


def test_a_copy_on_another_path_is_heard_but_is_no_news() -> None:
    link, is_news = partner_link.hear(FRESH, 0, a_beat(1), 101.0)
    assert is_news
    link, is_news = partner_link.hear(link, 1, a_beat(1), 101.2)
    assert not is_news
    assert link.last_heard_at == 101.2
    assert [(p.path, p.sequence) for p in link.heard] == [(0, 1), (1, 1)]


def test_an_old_or_repeated_heartbeat_changes_nothing() -> None:
    link = heard(5, 101.0)
    for sequence in (5, 4, 1):
        assert partner_link.hear(link, 0, a_beat(sequence), 104.0) == (link, False)


def test_a_former_incarnation_is_never_believed_again() -> None:
    link = heard(1, 101.0)
    link = heard(1, 102.0, link, incarnation=33)
    assert partner_link.hear(link, 0, a_beat(900), 103.0) == (link, False)


def test_the_newest_acknowledged_heartbeat_counts_from_when_it_was_sent() -> None:
    link = sent(FRESH, 101.0, 102.0, 103.0)
    link = heard(1, 103.5, link, **acknowledging(2))
    assert link.acknowledged_at == 102.0
    assert partner_link.certain_until(link, RULES, 103.5, inf) == 102.0 + 5.0 - 1.5


def test_an_acknowledgement_of_another_incarnation_counts_for_nothing() -> None:
    link = sent(FRESH, 101.0)
    link = heard(1, 101.5, link, heard=(PathHeard(0, OURS + 1, 1, 0.0),))
    assert link.acknowledged_at is None
    assert partner_link.certain_until(link, RULES, 101.5, inf) is None


def test_what_was_sent_counts_only_when_nothing_at_all_is_heard() -> None:
    link = sent(heard(1, 101.0), 101.0, 103.0, 103.05, 103.1, 103.15)
    assert partner_link.certain_until(link, RULES, 103.2, inf) is None
    assert partner_link.certain_until(link, RULES, 104.1, inf) == 103.15 + 3.5
    assert partner_link.certain_until(link, RULES, 104.1, None) is None
    speaking = heard(2, 104.0, link)
    assert partner_link.certain_until(speaking, RULES, 104.1, inf) is None


WITH_WITNESS = replace(RULES, has_witness=True, isolation_drops=True)


def test_only_what_was_sent_to_a_segment_that_was_there_counts_alone() -> None:
    link = sent(heard(1, 101.0), 101.0, 103.0, 103.05, 103.1, 103.15)
    assert partner_link.certain_until(link, RULES, 104.1, 103.07) == 103.05 + 3.5
    assert partner_link.certain_until(link, RULES, 104.1, 100.0) is None


def test_what_was_sent_before_the_partner_last_spoke_does_not_count_alone() -> None:
    """Its heartbeat told what had arrived."""
    link = heard(2, 103.06, sent(heard(1, 101.0), 101.0, 103.0, 103.05))
    link = sent(link, 103.1, 103.15, 103.2, 103.25)
    assert partner_link.certain_until(link, RULES, 106.2, 103.07) is None
    assert partner_link.certain_until(link, RULES, 106.2, 103.12) == 103.1 + 3.5


def test_a_partner_that_hears_neither_us_nor_a_witness_is_cut_off() -> None:
    deaf = a_beat(2, sees_witness=False, heard=(PathHeard(0, OURS, 1, 3.5),))
    assert partner_link.is_cut_off(FRESH, WITH_WITNESS, deaf)
    assert not partner_link.is_cut_off(FRESH, RULES, deaf)
    assert not partner_link.is_cut_off(FRESH, WITH_WITNESS, replace(deaf, sees_witness=True))
    hears = replace(deaf, heard=(PathHeard(0, OURS, 1, 2.0),))
    assert not partner_link.is_cut_off(FRESH, WITH_WITNESS, hears)


def test_a_node_that_asks_for_an_answer_and_has_none_is_called_cut_off_sooner() -> None:
    """It repeats what is not acknowledged: a partner that hears us says so in a moment."""
    heard_once = (PathHeard(0, OURS, 1, 1.5),)
    deaf = a_beat(2, sees_witness=False, heard=heard_once, wants_answer=True)
    assert partner_link.is_cut_off(FRESH, WITH_WITNESS, deaf)
    assert not partner_link.is_cut_off(FRESH, WITH_WITNESS, replace(deaf, wants_answer=False))
    again = replace(deaf, heard=(PathHeard(0, OURS, 1, 0.05),))
    assert not partner_link.is_cut_off(FRESH, WITH_WITNESS, again)


def test_the_heartbeat_of_a_node_that_is_cut_off_ends_no_silence_and_is_not_acknowledged() -> None:
    link = heard(1, 101.0)
    deaf, is_news = partner_link.hear(link, 0, a_beat(2), 104.0, is_cut_off=True)
    assert is_news
    assert (deaf.last_heard_at, deaf.silent_since, deaf.counted_at) == (104.0, 101.0, 101.0)
    assert [p.sequence for p in deaf.heard] == [1]
    assert partner_link.is_alone(deaf, WITH_WITNESS, 104.0)
    healed = heard(3, 105.0, deaf)
    assert not partner_link.is_alone(healed, WITH_WITNESS, 105.0)
    assert healed.silent_since == 105.0


def test_a_partner_with_another_deadtime_is_held_to_its_own() -> None:
    link = sent(FRESH, 101.0)
    link = heard(1, 101.5, link, deadtime_seconds=9.0, **acknowledging(1))
    assert partner_link.certain_until(link, RULES, 101.5, inf) == 101.0 + 9.0 - 1.5


def test_an_unanswered_heartbeat_is_repeated_and_an_answered_one_is_not() -> None:
    link = sent(heard(1, 101.0), 101.0)
    assert partner_link.next_beat_at(link, RULES, 101.1, is_urgent=False) == 101.05
    link = heard(2, 101.01, link, **acknowledging(1))
    assert partner_link.next_beat_at(link, RULES, 101.1, is_urgent=False) == 103.0
    assert partner_link.next_beat_at(link, RULES, 101.1, is_urgent=True) == 101.1


def test_a_node_that_misses_a_heartbeat_sends_many() -> None:
    link = replace(heard(1, 101.0), timer_from=103.0)
    assert partner_link.next_beat_at(link, RULES, 103.4, is_urgent=False) == 105.0
    assert partner_link.next_beat_at(link, RULES, 103.6, is_urgent=False) == 103.125
    assert partner_link.anxious_at(link, RULES) == 103.5


def test_a_partner_that_asks_again_in_vain_is_asked_back_until_it_hears() -> None:
    asked = sent(heard(1, 101.0, wants_answer=True, **acknowledging(0)), 101.0)
    assert not asked.is_missed
    again = heard(2, 101.05, asked, wants_answer=True, **acknowledging(0))
    assert again.is_missed
    assert partner_link.next_beat_at(sent(again, 101.05), RULES, 101.06, is_urgent=False) == 101.1
    assert not heard(3, 101.1, again, wants_answer=True, **acknowledging(1)).is_missed
    assert not heard(3, 101.1, again, wants_answer=False, **acknowledging(0)).is_missed


def test_a_heartbeat_is_late_when_it_is_a_twentieth_of_the_deadtime_over_time() -> None:
    link = sent(heard(1, 101.0), 101.0)
    assert not partner_link.speaks_late(link, RULES, 103.24)
    assert partner_link.speaks_late(link, RULES, 103.26)
    missing = sent(link, 103.0)  # from 103.5 on one is due every 0.125 s
    assert not partner_link.speaks_late(missing, RULES, 103.86)
    assert partner_link.speaks_late(missing, RULES, 103.88)
    assert not partner_link.speaks_late(sent(missing, 106.1), RULES, 108.0)
    quick = rules_for(Side.PRIMARY, Timing(0.01, 0.03))
    assert not partner_link.speaks_late(replace(link, partner=None), quick, 105.0)


def test_hearing_is_told_as_ages() -> None:
    link = heard(7, 101.0)
    assert partner_link.heard_ages(link, 101.5) == (PathHeard(0, THEIRS, 7, 0.5),)


def test_a_goodbye_ends_being_heard_until_another_incarnation_speaks() -> None:
    link = heard(2, 101.0, is_goodbye=True)
    assert partner_link.has_partner_left(link)
    assert not partner_link.is_partner_heard(link, RULES, 101.0)
    link = heard(1, 102.0, link, incarnation=44)
    assert partner_link.is_partner_heard(link, RULES, 102.0)


def test_being_heard_grows_old() -> None:
    fresh = heard(1, 101.0, heard=(PathHeard(0, OURS, 3, 0.1),))
    stale = heard(1, 101.0, heard=(PathHeard(0, OURS, 3, 4.0),))
    dead = heard(1, 101.0, heard=(PathHeard(0, OURS, 3, 5.0),))
    assert (partner_link.hears_us(fresh), partner_link.hears_us_now(fresh, RULES)) == (True, True)
    assert (partner_link.hears_us(stale), partner_link.hears_us_now(stale, RULES)) == (True, False)
    assert not partner_link.hears_us(dead)


def test_a_node_to_which_unproven_heartbeats_come_is_not_alone() -> None:
    """A partner that does not hear us would take over while we went on on our own."""
    link = sent(heard(1, 101.0, **acknowledging(0)), 101.0, 102.0, 103.0, 104.0, 105.0, 106.0)
    assert partner_link.is_alone(link, RULES, 106.0)
    recent, past = replace(link, unproven_at=105.9), replace(link, unproven_at=102.0)
    assert not partner_link.is_alone(recent, RULES, 106.0)
    assert partner_link.is_alone(past, RULES, 106.0)
    restarted = replace(FRESH, was_silent=True, sent_unheard=1)
    assert partner_link.is_alone(restarted, RULES, 106.0)
    assert not partner_link.is_alone(replace(restarted, unproven_at=105.9), RULES, 106.0)
