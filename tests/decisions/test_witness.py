"""When is a witness seen, when is it lost, and what may count without an acknowledgement?"""

from dataclasses import replace
from math import inf

from piranha.decisions import witness
from piranha.decisions.witness import Witness
from piranha.terms import Side
from tests.simulation.world import Timing, rules_for

RULES = replace(rules_for(Side.PRIMARY, Timing(1.0, 4.0)), has_witness=True, isolation_drops=True)
WITHOUT = replace(RULES, has_witness=False)


def test_an_answer_counts_from_when_it_was_asked_for() -> None:
    seen = witness.hear(Witness(), RULES, 100.0, 100.3)
    assert witness.sees(RULES, seen, 100.99) is True
    assert witness.sees(RULES, seen, 101.0) is False
    assert witness.sees(RULES, Witness(), 100.0) is False
    assert witness.sees(WITHOUT, seen, 100.3) is None


def test_an_answer_to_an_older_question_changes_nothing() -> None:
    seen = witness.hear(Witness(), RULES, 100.0, 100.1)
    assert witness.hear(seen, RULES, 99.9, 100.2) == seen


def test_a_sight_begins_anew_after_a_break() -> None:
    seen = witness.hear(Witness(), RULES, 100.0, 100.0)
    seen = witness.hear(seen, RULES, 100.5, 100.5)
    assert witness.has_seen_for(RULES, seen, 1.0, 101.0)
    again = witness.hear(seen, RULES, 102.0, 102.0)
    assert not witness.has_seen_for(RULES, again, 1.0, 102.5)


def test_it_is_lost_after_half_a_deadtime_without_an_answer() -> None:
    seen = witness.hear(Witness(), RULES, 100.0, 100.0)
    assert not witness.is_lost(RULES, seen, 90.0, 101.99)
    assert witness.is_lost(RULES, seen, 90.0, 102.0)
    assert witness.is_lost(RULES, Witness(), 99.0, 101.0)
    assert not witness.is_lost(WITHOUT, Witness(), 90.0, 101.0)


def test_it_is_not_lost_where_the_partner_sees_one_only_since_a_moment() -> None:
    seen = witness.hear(Witness(), RULES, 100.0, 100.0)
    assert not witness.is_lost(RULES, seen, 119.5, 120.0)
    assert not witness.is_lost(RULES, Witness(), 99.5, 101.0)


def test_what_was_sent_counts_until_the_witness_last_answered() -> None:
    seen = witness.hear(Witness(), RULES, 100.0, 100.0)
    assert witness.stands_alone_from(RULES, seen) == 100.0
    assert witness.stands_alone_from(RULES, Witness()) is None
    assert witness.stands_alone_from(replace(RULES, isolation_drops=False), Witness()) == inf
    assert witness.stands_alone_from(WITHOUT, Witness()) == inf


def test_it_is_looked_at_again_when_something_may_have_changed() -> None:
    seen = witness.hear(Witness(), RULES, 100.0, 100.0)
    assert witness.wake_at(RULES, seen, 90.0, 100.5) == 101.0
    assert witness.wake_at(RULES, seen, 90.0, 101.0) == 102.0
    assert witness.wake_at(RULES, seen, 90.0, 102.0) == 104.0
    assert witness.wake_at(RULES, seen, 90.0, 104.0) == inf
    assert witness.wake_at(WITHOUT, seen, 90.0, 100.5) == inf


def test_a_very_short_deadtime_leaves_time_for_an_answer() -> None:
    rules = replace(RULES, deadtime_seconds=0.03)
    seen = witness.hear(Witness(), rules, 100.0, 100.0)
    assert witness.sees(rules, seen, 100.024)
