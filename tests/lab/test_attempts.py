"""What the client saw is computed rightly from its attempts."""

import pytest

from tests.lab.attempts import Attempt, failures, first_answer_by, longest_gap, servers

LOST = Attempt(1.010, 1.060, "")
STORY = [
    Attempt(1.000, 1.001, "node-a"),
    Attempt(1.005, 1.006, "node-a"),
    LOST,
    Attempt(1.300, 1.302, "node-b"),
    Attempt(1.305, 1.306, "node-b"),
]


def test_an_outage_is_from_the_last_answer_to_the_next() -> None:
    gap = longest_gap(STORY)
    assert gap.seconds == pytest.approx(0.296)
    assert gap.failures == 1


def test_an_answer_that_comes_late_counts_when_it_comes() -> None:
    slow = [Attempt(1.0, 1.001, "node-a"), Attempt(1.005, 1.050, "node-a")]
    assert longest_gap(slow).milliseconds == pytest.approx(49)


def test_only_gaps_that_were_open_after_the_fault_count() -> None:
    assert longest_gap(STORY, after=1.302).seconds == pytest.approx(0.004)
    assert longest_gap(STORY, after=1.200).seconds == pytest.approx(0.296)


def test_no_answer_at_all_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="no answer before and after"):
        longest_gap([LOST])


def test_who_answered_is_told_once_for_each_change() -> None:
    assert servers(STORY) == ["node-a", "node-b"]
    assert failures(STORY) == [LOST]
    assert first_answer_by(STORY, "node-b", 1.1) == 1.302
    assert first_answer_by(STORY, "node-a", 1.1) is None
