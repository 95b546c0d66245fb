"""Real commands as fences: their input, their output, their end, and the end of their time."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from piranha.programs.fence_command import FenceAction, FenceRun
from piranha.programs.fencer import Fencer
from piranha.system import clock
from piranha.system.loop import Loop


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


def a_run(script: str, stdin: bytes = b"", seconds: float = 10.0) -> FenceRun:
    argv = ("/bin/sh", "-c", script)
    return FenceRun(FenceAction.OFF, argv, stdin, {"PIRANHA_PARTNER": "backup"}, seconds)


def outcome(loop: Loop, run: FenceRun) -> tuple[bool, str]:
    told: list[tuple[bool, str]] = []
    fencer = Fencer(loop)
    fencer.begin(run, lambda is_off, text: told.append((is_off, text)))
    limit = clock.now() + 10.0
    while not told:
        assert clock.now() < limit
        loop.turn(min(limit, fencer.wake_at()))
        fencer.tend()
    assert not fencer.is_busy
    return told[0]


def test_a_fence_that_succeeds_is_told_with_its_last_words(loop: Loop, lines: list[str]) -> None:
    run = a_run("read a; read b; echo got $a and $b for $PIRANHA_PARTNER", b"ip=1\nport=2\n")
    assert outcome(loop, run) == (
        True,
        "/bin/sh: exit status 0 (got ip=1 and port=2 for backup)",
    )
    assert lines == ["pulse: fence: /bin/sh says: got ip=1 and port=2 for backup"]


def test_a_fence_that_fails_is_told_with_its_error(loop: Loop) -> None:
    run = a_run("echo Connection timed out >&2; exit 1")
    assert outcome(loop, run) == (False, "/bin/sh: exit status 1 (Connection timed out)")


def test_a_fence_that_cannot_be_started_has_failed(loop: Loop) -> None:
    run = FenceRun(FenceAction.OFF, ("/nowhere/fence_x",), b"", {}, 1.0)
    is_off, text = outcome(loop, run)
    assert not is_off
    assert "cannot start /nowhere/fence_x" in text


def test_after_its_time_everything_of_it_is_killed(loop: Loop, tmp_path: Path) -> None:
    run = a_run(f"sleep 60 & echo $! > {tmp_path}/pid; wait", seconds=0.3)
    began = clock.now()
    assert outcome(loop, run) == (False, "/bin/sh: killed after 0.3 s")
    assert clock.now() - began < 5.0
    pid = int((tmp_path / "pid").read_text())
    limit = clock.now() + 5.0
    while _lives(pid):
        assert clock.now() < limit, "its child lives on"


def _lives(pid: int) -> bool:
    """Not a zombie either: who inherits it may be slow to reap."""
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_only_one_fence_runs_at_a_time(loop: Loop) -> None:
    fencer, told = Fencer(loop), []
    fencer.begin(a_run("sleep 60"), lambda *end: told.append(end))
    fencer.begin(a_run("true"), lambda *end: told.append(end))
    assert told == [(False, "another fence runs")]
    fencer.close()
    while fencer.is_busy:
        loop.turn(clock.now() + 1.0)
    assert told[1] == (False, "/bin/sh: killed by signal 9")


def test_input_that_nobody_reads_hinders_nobody(loop: Loop) -> None:
    assert outcome(loop, a_run("exit 0", b"x=y\n" * 1000)) == (True, "/bin/sh: exit status 0")
