"""Durations as people write and read them, and wrong use as an exception."""

import argparse

import pytest

from piranha.errors import UsageError
from piranha.programs.command_line import CommandLine, read_duration, show_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90.0), ("30m", 1800.0), ("2h", 7200.0), ("1.5d", 129600.0), ("250ms", 0.25), ("5s", 5)],
)
def test_a_duration_has_a_number_and_perhaps_a_unit(text: str, seconds: float) -> None:
    assert read_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "m", "-5", "0", "nan", "inf", "5x", "1 0", "1e400"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no duration"):
        read_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "0 ms"),
        (0.012, "12 ms"),
        (0.5, "0.5 s"),
        (2.54, "2.5 s"),
        (42.4, "42 s"),
        (200.0, "3 min 20 s"),
        (7200.0, "2 h"),
        (7500.0, "2 h 5 min"),
        (90000.0, "1 d 1 h"),
    ],
)
def test_a_duration_is_shown_as_exactly_as_a_person_needs_it(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text


def test_wrong_use_is_an_exception_that_names_the_help() -> None:
    with pytest.raises(UsageError, match=r"unrecognized arguments: -z \(see it --help\)"):
        CommandLine(prog="it").parse_args(["-z"])
