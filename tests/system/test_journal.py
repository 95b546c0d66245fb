"""One line an event, whatever is in its text and whoever does not read it."""

import contextlib
import fcntl
import os
import re
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.system import journal
from piranha.system.journal import LONGEST_LINE, Stream, Syslog, one_line
from piranha.terms import Severity


@pytest.fixture
def said() -> list[tuple[Severity, str]]:
    lines: list[tuple[Severity, str]] = []
    journal.open_journal("pulse", False, False, sink=lambda *line: lines.append(line))
    return lines


def test_a_line_names_program_and_subject(said: list[tuple[Severity, str]]) -> None:
    journal.say(Severity.INFO, "web", "standby -> active: no heartbeat")
    assert said == [(Severity.INFO, "pulse: web: standby -> active: no heartbeat")]


def test_a_line_without_subject_has_no_gap(said: list[tuple[Severity, str]]) -> None:
    journal.say(Severity.ERROR, "", "cannot read the file")
    assert said == [(Severity.ERROR, "pulse: cannot read the file")]


def test_debug_lines_are_said_only_when_verbose(said: list[tuple[Severity, str]]) -> None:
    journal.say(Severity.DEBUG, "web", "quiet")
    journal.set_verbose(True)
    journal.say(Severity.DEBUG, "web", "loud")
    assert journal.is_verbose()
    assert [line for _, line in said] == ["pulse: web: loud"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\u2028b\u202ec", r"a\u2028b\u202ec"),
        ("\udc80", r"\udc80"),
        ("grün, 漢字", "grün, 漢字"),
    ],
)
def test_nothing_breaks_the_line_or_the_terminal(text: str, line: str) -> None:
    assert one_line(text) == line


@given(st.text(st.characters(), max_size=100))
def test_every_text_becomes_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()


@pytest.mark.parametrize("text", ["x" * 5000, "\n" * 5000])
def test_a_long_text_is_cut(text: str) -> None:
    assert len(one_line(text)) == LONGEST_LINE
    assert one_line(text).endswith("...")


def test_standard_output_has_the_time_in_front(capfd: pytest.CaptureFixture[str]) -> None:
    journal.open_journal("fos", True, False)
    journal.say(Severity.WARNING, "web", "look")
    line = capfd.readouterr().out
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} fos: web: look\n", line)


def test_the_journal_of_systemd_has_the_priority_in_front(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status = os.fstat(1)
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
    journal.open_journal("fos", True, False)
    for severity in (Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.CRITICAL):
        journal.say(severity, "web", severity)
    assert capfd.readouterr().out.splitlines() == [
        "<6>fos: web: info",
        "<4>fos: web: warning",
        "<3>fos: web: error",
        "<2>fos: web: critical",
    ]


def test_a_journal_stream_that_is_not_ours_changes_nothing(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    journal.open_journal("fos", True, False)
    journal.say(Severity.INFO, "web", "up")
    assert not capfd.readouterr().out.startswith("<")


def fill(descriptor: int) -> None:
    os.set_blocking(descriptor, False)
    try:
        while True:
            os.write(descriptor, b"x" * 65536)
    except BlockingIOError:
        os.set_blocking(descriptor, True)


def test_a_reader_that_does_not_read_never_makes_us_wait() -> None:
    reading, writing = os.pipe()
    capacity = fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)
    stream = Stream(writing, lambda _severity: "")
    fill(writing)
    for number in range(3):
        stream.write(Severity.INFO, f"fos: lost {number}")
    os.read(reading, capacity)
    stream.write(Severity.INFO, "fos: heard again")
    assert os.read(reading, capacity).decode().splitlines() == [
        "fos: 3 log lines lost, nobody read them",
        "fos: heard again",
    ]
    os.close(reading)
    os.close(writing)


def test_a_reader_that_is_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    stream = Stream(writing, lambda _severity: "")
    os.close(reading)
    stream.write(Severity.INFO, "fos: to nobody")
    os.close(writing)


def listening(path: Path) -> socket.socket:
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    daemon.bind(str(path))
    daemon.settimeout(5)
    return daemon


def test_syslog_gets_facility_time_program_and_pid(tmp_path: Path) -> None:
    with listening(tmp_path / "log") as daemon:
        syslog = Syslog(str(tmp_path / "log"))
        syslog.write(Severity.CRITICAL, "pulse: web: two owners")
        line = daemon.recv(4096).decode()
        syslog.close()
    pattern = rf"<26>[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d pulse\[{os.getpid()}\]: web: two owners"
    assert re.fullmatch(pattern, line)


def test_a_syslog_daemon_that_was_started_again_is_found_again(tmp_path: Path) -> None:
    syslog = Syslog(str(tmp_path / "log"))
    with listening(tmp_path / "log"):
        syslog.write(Severity.INFO, "pulse: one")
    syslog.write(Severity.INFO, "pulse: lost")
    (tmp_path / "log").unlink()
    with listening(tmp_path / "log") as daemon:
        syslog.write(Severity.INFO, "pulse: two")
        lines = [daemon.recv(4096).decode().split("]: ")[1] for _ in range(2)]
    syslog.close()
    assert lines == ["1 log lines lost, syslog did not take them", "two"]


def test_a_syslog_daemon_that_is_stopped_never_makes_us_wait(tmp_path: Path) -> None:
    with listening(tmp_path / "log") as daemon:
        syslog = Syslog(str(tmp_path / "log"))
        for number in range(2000):
            syslog.write(Severity.INFO, f"pulse: {number}")
        daemon.setblocking(False)
        heard = 0
        with contextlib.suppress(BlockingIOError):
            while daemon.recv(4096):
                heard += 1
        syslog.write(Severity.INFO, "pulse: last")
        text = daemon.recv(4096).decode()
        syslog.close()
    assert text.endswith(f"{2000 - heard} log lines lost, syslog did not take them")
