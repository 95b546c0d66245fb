"""The file is read with the names that this machine knows."""

import os
from pathlib import Path

import pytest

from piranha.config.reading import LARGEST_FILE
from piranha.errors import UsageError
from piranha.programs.config_file import (
    port_of_service,
    read_config_file,
    read_trusted_file,
    resolve_host,
)

PAIR = "service = fos\nprimary = 10.0.0.1\nbackup = 10.0.0.2\n"


def test_a_file_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"cannot read .*lvs\.cf: No such file"):
        read_config_file(tmp_path / "lvs.cf")


def test_a_file_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "lvs.cf"
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(OSError, match="more than 1048576 bytes"):
        read_config_file(path)


def test_complaints_begin_with_the_path(tmp_path: Path) -> None:
    path = tmp_path / "lvs.cf"
    path.write_text("service = fos\nkeepalive = soon\n")
    reading = read_config_file(path)
    assert reading.settings is None
    assert f"{path}:2:" in "\n".join(str(complaint) for complaint in reading.complaints)


def test_a_file_that_others_may_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lvs.cf"
    path.write_text(PAIR)
    path.chmod(0o666)
    with pytest.raises(UsageError, match=r"is not to be trusted: everybody may write it .*: chmod"):
        read_trusted_file(path)
    path.chmod(0o644)
    assert read_trusted_file(path).settings is not None


def test_a_hook_that_others_may_write_is_refused(tmp_path: Path) -> None:
    hook = tmp_path / "hook"
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o777)
    path = tmp_path / "lvs.cf"
    path.write_text(f"{PAIR}notify_cmd = {hook}\n")
    with pytest.raises(UsageError, match=f"notify_cmd: {hook} is not to be trusted: everybody"):
        read_trusted_file(path)
    path.write_text(f"{PAIR}notify_cmd = /no/such/hook\n")
    assert read_trusted_file(path).settings is not None  # it is only missed when it is needed


def test_names_are_those_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RES_OPTIONS", "ndots:2")
    assert resolve_host("localhost") == "127.0.0.1"
    assert resolve_host("no host") is None
    assert resolve_host("x" * 300) is None
    assert port_of_service("http") == 80
    assert port_of_service("no service") is None
    assert os.environ["RES_OPTIONS"] == "ndots:2"
