"""Errors of the operating system mean the service, or this node."""

import errno

import pytest

from piranha.probes.sick_endings import verdict_of
from piranha.probes.verdict import Verdict


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (errno.ECONNREFUSED, Verdict.REFUSED),
        (errno.ECONNRESET, Verdict.RESET),
        (errno.EPIPE, Verdict.RESET),
        (errno.EHOSTUNREACH, Verdict.UNREACHABLE),
        (errno.ENETUNREACH, Verdict.UNREACHABLE),
        (errno.EMFILE, Verdict.SYSTEM_REFUSED),
        (errno.EPERM, Verdict.SYSTEM_REFUSED),
        (errno.EADDRNOTAVAIL, Verdict.SYSTEM_REFUSED),
    ],
)
def test_each_error_has_its_verdict(number: int, verdict: Verdict) -> None:
    assert verdict_of(OSError(number, ""))[0] is verdict


def test_the_words_are_the_systems() -> None:
    assert verdict_of(OSError(errno.ECONNREFUSED, ""))[1] == "connection refused"


def test_an_error_without_a_number_is_this_nodes() -> None:
    assert verdict_of(TimeoutError("odd")) == (Verdict.SYSTEM_REFUSED, "odd")
