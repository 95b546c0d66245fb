"""Stand-ins for a watchdog: a file and a pipe. No machine that builds this has a real one."""

import os
from pathlib import Path

import pytest

from piranha.system.watchdog_device import WatchdogDevice


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "watchdog"
    path.touch()
    return path


def test_each_feeding_is_a_byte_that_is_not_the_magic_one(file: Path) -> None:
    device = WatchdogDevice(str(file), 4)
    device.feed()
    device.feed()
    assert file.read_bytes() == b"\0\0"
    assert (device.is_real, device.timeout_seconds) == (False, 4)
    device.close(is_orderly=False)
    assert file.read_bytes() == b"\0\0"


def test_an_orderly_end_writes_the_magic_byte_last(file: Path) -> None:
    device = WatchdogDevice(str(file), 4)
    device.feed()
    device.close(is_orderly=True)
    assert file.read_bytes() == b"\0V"


def test_a_pipe_whose_reader_went_is_an_error_and_closes_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    device = WatchdogDevice(str(path), 1)
    device.feed()
    assert os.read(reader, 10) == b"\0"
    os.close(reader)
    with pytest.raises(OSError, match=f"cannot feed {path}: Broken pipe"):
        device.feed()
    device.close(is_orderly=True)


def test_what_is_not_there_or_has_no_reader_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"cannot open .*No such file"):
        WatchdogDevice(str(tmp_path / "none"), 1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"cannot open .*No such device or address"):
        WatchdogDevice(str(tmp_path / "pipe"), 1)
