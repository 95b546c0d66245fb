"""At most one holder of a pid file, and no stale one is believed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from piranha.errors import SystemRefusedError
from piranha.system.pid_file import PidFile

HOLDER = """
import sys, time
from piranha.system.pid_file import PidFile
with PidFile(sys.argv[1]):
    print("held", flush=True)
    time.sleep(100)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pulse.pid"


@pytest.fixture
def holder(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the file."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_file_has_our_pid_while_we_hold_it(path: Path) -> None:
    with PidFile(path) as held:
        assert path.read_text() == f"{os.getpid()}\n"
        assert held.i_am_locking()
        assert held.is_locked()
    assert not path.exists()
    assert not held.is_locked()


def test_a_second_holder_is_told_who_is_first(path: Path, holder: "subprocess.Popen[str]") -> None:
    second = PidFile(path)
    with pytest.raises(SystemRefusedError, match=f"already running, pid {holder.pid}"):
        second.acquire()
    assert second.is_locked()
    assert not second.i_am_locking()
    assert second.holder() == holder.pid
    assert path.read_text() == f"{holder.pid}\n"


def test_a_file_left_by_a_kill_is_no_obstacle(path: Path, holder: "subprocess.Popen[str]") -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert path.exists()
    assert PidFile(path).holder() is None
    with PidFile(path):
        assert path.read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("content", ["", "not a pid", "1\n", f"{os.getppid()}\n", "9" * 500])
def test_a_stale_file_is_no_obstacle_whatever_it_says(path: Path, content: str) -> None:
    path.write_text(content)
    with PidFile(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_reading_our_own_pid_does_not_end_the_lock(
    path: Path,
) -> None:
    """Any close(2) of the file would (fcntl(2)), so nothing here opens it again."""
    with PidFile(path) as held:
        assert held.read_pid() == os.getpid()
        assert held.is_locked()
        command = [sys.executable, "-c", HOLDER, str(path)]
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert f"already running, pid {os.getpid()}" in second.stderr


def test_a_forked_child_neither_holds_nor_releases(path: Path) -> None:
    with PidFile(path) as held:
        child = os.fork()
        if child == 0:
            held.release()
            os._exit(held.i_am_locking())
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert path.exists()
        assert held.i_am_locking()


def test_a_lock_cannot_be_broken(path: Path, holder: "subprocess.Popen[str]") -> None:
    PidFile(path).break_lock()
    assert PidFile(path).holder() == holder.pid


def test_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    path.symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match=f"cannot lock {path}: Too many levels"):
        PidFile(path).acquire()
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"cannot lock .*: No such file"):
        PidFile(tmp_path / "d" / "pulse.pid").acquire()


def test_releasing_what_we_do_not_hold_is_no_error(path: Path) -> None:
    PidFile(path).release()


def test_a_daemon_holds_it_after_it_went_into_the_background(path: Path) -> None:
    program = f"""
import os, sys, time, daemon
from piranha.system.pid_file import PidFile
ready, tell = os.pipe()
if os.fork():
    os.close(tell)
    print(os.read(ready, 100).decode(), flush=True)
    os._exit(0)
with daemon.DaemonContext(
    pidfile=PidFile({str(path)!r}), detach_process=True, umask=0o022, signal_map={{}},
    files_preserve=[tell],
):
    os.write(tell, b"%d" % os.getpid())
    time.sleep(100)
"""
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    pid = int(result.stdout)
    assert PidFile(path).holder() == pid
    os.kill(pid, signal.SIGKILL)
