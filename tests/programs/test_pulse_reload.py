"""A new version of the file: put in force, or refused whole."""

from dataclasses import replace
from pathlib import Path

import pytest

from piranha.config.reading import read_settings
from piranha.programs.heartbeat_key import add_key, make_file, read_keys
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


def test_a_key_file_is_read_again(path: Path, running: Running, tmp_path: Path) -> None:
    key = tmp_path / "key"
    make_file(key)
    settings = replace(running.settings, heartbeat_key=str(key))
    sealed = replace(running, settings=settings, keys=read_keys(key))
    text = FILE.replace("failover", f"heartbeat_key = {key}\nfailover")
    assert reread(path, sealed, text).fresh is not None
    both = add_key(key)
    said = reread(path, sealed, text)
    assert said.fresh is not None
    assert said.fresh.keys == both
    assert (Severity.INFO, "heartbeat_key: 2 keys") in said.lines


def test_a_key_file_that_others_can_read_refuses_the_reload(
    path: Path, running: Running, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    make_file(key)
    key.chmod(0o644)
    sealed = replace(running, settings=replace(running.settings, heartbeat_key=str(key)))
    said = reread(path, sealed, FILE.replace("failover", f"heartbeat_key = {key}\nfailover"))
    assert said.fresh is None
    severity, text = said.lines[-1]
    assert severity is Severity.ERROR
    assert f"chmod 600 {key}; the running configuration stays" in text


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
