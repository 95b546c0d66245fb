"""A file on trial is gone back from, whatever dies meanwhile, unless it was confirmed in time."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from piranha.errors import UsageError
from piranha.programs import file_trial
from piranha.programs.file_trial import (
    confirm,
    content_in_force,
    go_back,
    old_path,
    put_in_place,
    read_trial,
    record_path,
)
from piranha.system import clock, files
from piranha.system.refused import RefusedError

OLD, NEW = b"old \xff bytes\n", b"new\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lvs.cf"
    path.write_bytes(OLD)
    path.chmod(0o640)
    return path


def in_force(file: Path) -> bytes:
    return content_in_force(file, 1000)


def test_without_a_trial_the_new_file_stays_and_the_old_one_is_kept(file: Path) -> None:
    put_in_place(file, NEW, OLD, None)
    assert (file.read_bytes(), old_path(file).read_bytes()) == (NEW, OLD)
    assert file.stat().st_mode & 0o777 == 0o640
    assert read_trial(file) is None
    assert not go_back(file)
    assert not confirm(file)


def test_on_trial_the_new_file_is_in_force_until_its_time_is_over(file: Path) -> None:
    put_in_place(file, NEW, OLD, 60.0)
    assert in_force(file) == NEW
    trial = read_trial(file)
    assert trial is not None
    assert trial.is_due(trial.due_at)
    assert not trial.is_due(trial.due_at - 0.001)
    assert record_path(file).stat().st_mode & 0o777 == 0o600


def test_after_it_the_old_one_is_in_force_even_before_it_is_back(file: Path) -> None:
    put_in_place(file, NEW, OLD, 0.0)
    assert in_force(file) == OLD
    assert not confirm(file), "too late"
    assert go_back(file)
    assert file.read_bytes() == OLD
    assert not record_path(file).exists()
    assert not go_back(file)


def test_after_a_reboot_it_is_over_whatever_the_clock_says(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_place(file, NEW, OLD, 3600.0)
    assert in_force(file) == NEW
    monkeypatch.setattr(file_trial, "boot_id", lambda: "another run of the machine")
    assert in_force(file) == OLD


def test_a_confirmed_file_stays(file: Path) -> None:
    put_in_place(file, NEW, OLD, 0.2)
    assert confirm(file)
    clock.sleep_until(clock.now() + 0.25)
    assert in_force(file) == NEW
    assert not go_back(file)


def test_there_is_one_trial_at_a_time(file: Path) -> None:
    put_in_place(file, NEW, OLD, 60.0)
    with pytest.raises(UsageError, match="is on trial for another 60 s: piranhactl confirm"):
        put_in_place(file, b"newer\n", NEW, None)
    assert file.read_bytes() == NEW


@pytest.mark.parametrize("steps", range(3))
def test_a_crash_at_any_step_leaves_a_whole_file_and_a_way_back(
    file: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, done = files.write_atomically, []

    def crashing(path: Path, content: bytes, mode: int) -> None:
        if len(done) == steps:
            raise RefusedError("crashed", errno.EIO)
        done.append(path)
        real(path, content, mode)

    monkeypatch.setattr(files, "write_atomically", crashing)
    with pytest.raises(OSError, match="crashed"):
        put_in_place(file, NEW, OLD, 60.0)
    monkeypatch.undo()
    assert file.read_bytes() == OLD
    go_back(file)
    assert file.read_bytes() == OLD


def test_a_damaged_record_is_no_trial(file: Path) -> None:
    for content in (b"", b"[]", b'{"boot": 1}', b"\xff"):
        record_path(file).write_bytes(content)
        assert read_trial(file) is None
        assert in_force(file) == OLD


def test_a_trial_knows_every_byte_of_the_old_file(file: Path) -> None:
    put_in_place(file, NEW, OLD, 60.0)
    trial = read_trial(file)
    assert trial is not None
    assert replace(trial).old_bytes == OLD
