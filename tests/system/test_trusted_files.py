"""Whom root believes: files and programs that nobody else may write."""

import os
import sys
from pathlib import Path

import pytest

from piranha.system.trusted_files import distrust, program_fault, secret_fault

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: files of other users")
SOMEBODY = 1234


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lvs.cf"
    path.write_text("service = fos\n")
    path.chmod(0o644)
    return path


def test_a_file_that_only_its_owner_may_write_is_believed(file: Path) -> None:
    assert distrust(file) == ""


def test_a_file_that_everybody_may_write_is_not(file: Path) -> None:
    file.chmod(0o646)
    assert distrust(file) == f"everybody may write it (mode 0646): chmod o-w {file}"


def test_a_secret_is_not_for_everybody(file: Path) -> None:
    assert secret_fault(file) == f"everybody may read it (mode 0644): chmod o-r {file}"
    file.chmod(0o602)
    assert secret_fault(file) == f"everybody may write it (mode 0602): chmod o-w {file}"
    file.chmod(0o640)
    assert secret_fault(file) == ""


@needs_root
def test_a_file_that_a_group_may_write_is_not(file: Path) -> None:
    os.chown(file, 0, SOMEBODY)
    file.chmod(0o664)
    assert distrust(file) == f"its group 1234 may write it (mode 0664): chmod g-w {file}"


@needs_root
def test_the_group_of_root_is_root(file: Path) -> None:
    os.chown(file, 0, 0)
    file.chmod(0o664)
    assert distrust(file) == ""


@needs_root
def test_a_file_of_another_user_is_not(file: Path) -> None:
    os.chown(file, SOMEBODY, 0)
    assert distrust(file) == f"it belongs to user 1234: chown root {file}"


def test_what_counts_is_where_a_link_leads(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    file.chmod(0o666)
    assert distrust(link) == f"everybody may write it (mode 0666): chmod o-w {file}"


def test_a_directory_in_which_everybody_may_replace_files_spoils_them(file: Path) -> None:
    file.parent.chmod(0o777)
    expected = f"everybody may replace files in {file.parent} (mode 0777): chmod o-w {file.parent}"
    assert distrust(file) == expected
    file.parent.chmod(0o1777)  # as /tmp is: others may not replace what is not theirs
    assert distrust(file) == ""


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        distrust(tmp_path / "none")


def test_a_program_can_be_run(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert program_fault(sys.executable) == ""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert program_fault("true") == ""
    assert program_fault("no-such-program") == "is not found in PATH"
    assert program_fault("true", "/no/such/directory") == "is not found in PATH"
    assert program_fault(str(file)) == "is not executable"
    assert program_fault(str(file.parent)) == "is a directory"
    assert program_fault(str(file / "none")) == "does not exist"


def test_a_program_that_others_may_write_should_not_be_run(file: Path) -> None:
    file.chmod(0o757)
    reason = f"everybody may write it (mode 0757): chmod o-w {file}"
    assert program_fault(str(file)) == f"is not to be trusted: {reason}"
