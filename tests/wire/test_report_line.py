"""Every report comes back as it was made; what pulse does not know is an error."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.errors import WireError
from piranha.wire import report_line
from piranha.wire.report_line import FosMode, Held, Hello, Report, ServiceMoved, ServiceState

reports = st.one_of(*(st.from_type(kind) for kind in get_args(Report)))


@given(reports)
def test_a_report_comes_back_on_one_line(report: Report) -> None:
    if "nan" in repr(report):
        return
    line = report_line.encode(report)
    assert b"\n" not in line
    assert report_line.decode(line) == report


def test_a_greeting_says_its_version_first() -> None:
    hello = Hello(1, FosMode.ACTIVE, "web", 4711, 3, 99.5, 2, {"www": "started"})
    assert report_line.encode(hello).startswith(b'{"report":"hello","version":1,"mode":"active"')


def test_a_state_is_a_word() -> None:
    line = report_line.encode(ServiceMoved("www", ServiceState.STARTED, 0.25))
    assert b'"state":"started"' in line


def test_an_instant_keeps_its_microseconds() -> None:
    instant = 123456.123456
    assert report_line.decode(report_line.encode(Held(1, instant))) == Held(1, instant)


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"report":"held","epoch":1}',
        b'{"report":"held","epoch":1.5,"until":2}',
        b'{"report":"held","epoch":true,"until":2}',
        b'{"report":"service_moved","service":"w","state":"sleeping","seconds":1}',
        b'{"report":"armed","how":"well"}',
        b'{"order":"quit"}',
    ],
)
def test_what_is_unknown_or_wrong_is_refused(line: bytes) -> None:
    with pytest.raises(WireError):
        report_line.decode(line)


@given(st.integers(0, 2**62), st.floats(0, 1e12))
def test_what_is_said_all_day_is_the_same_line_as_from_the_codec(epoch: int, until: float) -> None:
    line = report_line.encode(Held(epoch, until))
    assert json.loads(line) == {"report": "held", "epoch": epoch, "until": until}
    assert report_line.decode(line) == Held(epoch, until)
