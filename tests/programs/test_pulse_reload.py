"""A new version of the file: put in force, or refused whole."""

from pathlib import Path

import pytest

from piranha.config.reading import read_settings
from piranha.programs.pulse_reload import Reread, Running, read_again
from piranha.terms import Severity

FILE = """\
serial_no = 1
service = fos
primary = 10.0.0.1
backup = 10.0.0.2
keepalive = 2
deadtime = 5
failover web {
    active = 1
    address = 10.0.0.10 eth0:1
    port = 80
    start_cmd = "/bin/true"
    stop_cmd = "/bin/true"
}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lvs.cf"


@pytest.fixture
def running() -> Running:
    reading = read_settings(FILE.encode(), "lvs.cf")
    assert reading.settings is not None
    return Running(reading.settings, reading.document)


def reread(path: Path, running: Running, text: str) -> Reread:
    path.write_text(text)
    return read_again(path, running)


def test_the_same_file_changes_nothing(path: Path, running: Running) -> None:
    said = reread(path, running, FILE)
    assert said.fresh == running
    assert said.lines == ((Severity.INFO, "nothing has changed"),)


def test_what_changed_is_told_section_by_section(path: Path, running: Running) -> None:
    ftp = FILE[FILE.index("failover") :].replace("web", "ftp").replace("port = 80", "port = 21")
    said = reread(path, running, FILE.replace("port = 80", "port = 81") + ftp)
    assert said.fresh is not None
    assert [service.port for service in said.fresh.settings.groups[0].services] == [81, 21]
    texts = [text for _, text in said.lines]
    assert "failover web: changed" in texts
    assert "failover ftp: added" in texts


def test_a_bad_file_is_refused_whole_with_all_its_complaints(path: Path, running: Running) -> None:
    said = reread(path, running, FILE.replace("= 80", "= eighty") + "keepalife = 1\nx\n")
    assert said.fresh is None
    errors = [text for severity, text in said.lines if severity is Severity.ERROR]
    assert any(text.startswith(f"{path}:10:") for text in errors)
    assert any(text.startswith(f"{path}:15:") for text in errors)
    assert errors[-1].endswith("the running configuration stays")


def test_a_file_that_is_not_there_is_refused(path: Path, running: Running) -> None:
    said = read_again(path, running)
    assert said.fresh is None
    assert "cannot read" in said.lines[0][1]


def test_keywords_of_the_heartbeat_wait_for_a_restart(path: Path, running: Running) -> None:
    text = FILE.replace("keepalive = 2", "keepalive = 1").replace(
        "backup = 10.0.0.2", "backup = 10.0.0.3"
    )
    said = reread(path, running, text.replace("port = 80", "port = 81"))
    assert said.fresh is not None
    assert said.fresh.settings.keepalive_seconds == 2.0
    assert said.fresh.settings.addresses == running.settings.addresses
    assert bytes(said.fresh.document) == FILE.replace("port = 80", "port = 81").encode()
    warnings = [text for severity, text in said.lines if severity is Severity.WARNING]
    assert warnings == [
        "backup is not applied before a restart of pulse on both nodes",
        "keepalive is not applied before a restart of pulse on both nodes",
    ]
