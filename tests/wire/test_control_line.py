"""Requests and answers of the control socket, as they stand on the line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.wire import control_line as line
from piranha.wire.exit_status import ExitStatus
from piranha.wire.json_line import WireError

MOVE = line.MoveShown(
    1.5e9, "backup", "web", 3, "standby", "active", "SILENT", "no heartbeat", {"silence": 5.02}
)
GROUP = line.GroupShown(
    "web", "active", 3, True, "", "standby", False, "held", 2.5, 0.1, 0.4375,
    (line.VipShown("10.0.0.10", "eth0", "eth0:1", True),),
    (line.ServiceShown("http", "here", "judged", True, "answered", "200 OK", 12.0),),
    (line.FosShown("active", 4711, "serving", 0.1),),
    MOVE,
)  # fmt: skip
STATUS = line.StatusShown(
    1.5e9, "0.1.0", "default", "backup", "10.0.0.2", "10.0.0.1", 4242, 60.0, "/etc/lvs.cf", 7,
    2.0, 5.0, 3.5, True, True, 1800.0, True, 0.3, False, 0.012, 0.003,
    (line.PathShown(0, "10.0.0.2", "10.0.0.1", 0.3, None, 30, 29),),
    (GROUP,),
    (line.WitnessShown("10.0.0.254", True, 0.2, 0.0004, "ARP", ""),),
    {"eth0": True},
    ("failover ftp",),
    0,
)  # fmt: skip
REQUESTS = [
    line.Status(), line.Status(True), line.Why(5), line.Switch("web", True), line.Reload(),
    line.Hold(), line.Hold(1800.0), line.Ignore("ftp", 600.0), line.Ignore("ftp"),
    line.Resume(), line.Resume("ftp"), line.Clear(""), line.Upgrade(),
]  # fmt: skip
ANSWERS = [
    STATUS, MOVE, line.Progress("claimed"), line.Done(), line.Done("read"),
    line.Refused("only root may", ExitStatus.WRONG_USE),
]  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_comes_back(request_: line.Request) -> None:
    assert line.decode_request(line.encode_request(request_)) == request_


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_comes_back(answer: line.Answer) -> None:
    assert line.decode_answer(line.encode_answer(answer)) == answer


def test_a_request_can_be_typed_by_hand() -> None:
    typed = b'{ "version": 1, "request": "hold" }'
    assert line.decode_request(typed) == line.Hold()


def test_another_version_is_named() -> None:
    with pytest.raises(WireError, match="version 2, expected 1"):
        line.decode_request(b'{"version":2,"request":"status"}')


def test_an_answer_is_no_request() -> None:
    with pytest.raises(WireError, match="unknown request"):
        line.decode_request(line.encode_answer(line.Done()))


def test_no_line_holds_a_line_end() -> None:
    assert b"\n" not in line.encode_answer(line.Progress("one\ntwo"))


def test_every_honest_request_is_within_the_limit() -> None:
    longest = line.encode_request(line.Ignore("x" * 255, 86400.0))
    assert len(longest) < line.LARGEST_REQUEST


def test_looking_changes_nothing() -> None:
    assert {type(request).__name__ for request in REQUESTS if isinstance(request, line.ONLY_LOOKS)
            } == {"Status", "Why"}  # fmt: skip


@given(st.binary())
def test_any_bytes_are_a_request_or_a_wire_error(data: bytes) -> None:
    with contextlib.suppress(WireError):
        line.decode_request(data)
