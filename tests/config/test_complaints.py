"""Complaints are printed with their place, sorted by it, and never more than a person reads."""

import pytest

from piranha.config.complaints import (
    MOST_COMPLAINTS,
    Complaint,
    Complaints,
    Weight,
    did_you_mean,
    errors,
)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        ("error", "lvs.cf:3:7: it is wrong"),
        ("warning", "lvs.cf:3:7: warning: it is wrong"),
        ("notice", "lvs.cf:3:7: notice: it is wrong"),
    ],
)
def test_a_complaint_names_its_place(weight: Weight, expected: str) -> None:
    assert str(Complaint("lvs.cf", 3, 7, weight, "it is wrong")) == expected


def test_complaints_come_in_the_order_of_the_file() -> None:
    complaints = Complaints("lvs.cf")
    for line, column in ((2, 5), (1, 9), (2, 1)):
        complaints.add(line, column, "warning", "x")
    assert [(c.line, c.column) for c in complaints.sorted()] == [(1, 9), (2, 1), (2, 5)]
    assert not complaints.has_error


def test_what_is_left_out_is_counted_and_an_error_among_it_is_not_forgotten() -> None:
    complaints = Complaints("lvs.cf")
    for line in range(MOST_COMPLAINTS):
        complaints.add(line + 1, 1, "notice", "x")
    assert complaints.is_full
    complaints.add(7, 1, "error", "")
    last = complaints.sorted()[-1]
    assert (last.text, last.severity) == ("and 1 more complaints", "error")
    assert errors(complaints.sorted()) == (last,)


def test_a_near_word_is_guessed_and_a_far_one_is_not() -> None:
    known = ("keepalive", "deadtime")
    assert did_you_mean("keepalife", known) == ', did you mean "keepalive"?'
    assert did_you_mean("bogus", known) == ""
    assert did_you_mean("k" * 50, ("k" * 50,)) == ""
    assert did_you_mean("a1", [f"a{number}" for number in range(1000)]) == ""
