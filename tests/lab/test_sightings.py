"""Who held a VIP, and who answered for it, is computed rightly from what was seen."""

import pytest

from tests.lab.sightings import (
    Sighting,
    both_answering,
    both_holding,
    holding,
    total,
    unheld,
)

A, B, NOBODY = frozenset({"node-a"}), frozenset({"node-b"}), frozenset[str]()
VIP = "10.0.0.10"
STORY = [
    Sighting(1.0, VIP, A, A),
    Sighting(2.0, VIP, A | B, A | B),
    Sighting(2.5, VIP, A | B, B),
    Sighting(3.0, VIP, NOBODY, NOBODY),
    Sighting(3.2, VIP, B, B),
    Sighting(3.3, "10.0.0.11", A | B, A | B),
]


def test_two_answers_are_counted_while_they_last() -> None:
    assert total(both_answering(STORY, VIP, 4.0)) == pytest.approx(0.5)
    assert total(both_holding(STORY, VIP, 4.0)) == pytest.approx(1.0)


def test_a_period_that_goes_on_ends_when_the_looking_does() -> None:
    (period,) = both_answering(STORY, "10.0.0.11", 4.0)
    assert (period.begins, period.ends) == (3.3, 4.0)


def test_a_node_and_nobody() -> None:
    assert [p.seconds for p in holding(STORY, VIP, "node-a", 4.0)] == pytest.approx([2.0])
    assert [p.seconds for p in unheld(STORY, VIP, 4.0)] == pytest.approx([0.2])
