"""The administrator's command after a move."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from piranha.programs import move_hook
from piranha.programs.move_hook import MoveHook
from piranha.system import clock
from piranha.system.loop import Loop
from piranha.wire.control_line import MoveShown

MOVE = MoveShown(1.0, "backup", "web", 4, "standby", "starting", "silent", "no \0heartbeat", {})


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


def run(loop: Loop, hook: MoveHook) -> None:
    limit = clock.now() + 10.0
    while hook._running:
        assert clock.now() < limit
        loop.turn(min(limit, hook.wake_at()))
        hook.tend()


def test_the_command_learns_of_the_move(loop: Loop, tmp_path: Path, lines: list[str]) -> None:
    hook = MoveHook(loop, "default")
    hook.run(["/bin/sh", "-c", f"env | grep ^PIRANHA_ | sort > {tmp_path}/told"], MOVE)
    run(loop, hook)
    assert (tmp_path / "told").read_text().splitlines() == [
        "PIRANHA_CLUSTER=default",
        "PIRANHA_EPOCH=4",
        "PIRANHA_FACT=silent",
        "PIRANHA_GROUP=web",
        "PIRANHA_NEW=starting",
        "PIRANHA_NODE=backup",
        "PIRANHA_OLD=standby",
        "PIRANHA_REASON=no  heartbeat",
    ]
    assert lines == []


def test_a_failure_is_told(loop: Loop, lines: list[str]) -> None:
    hook = MoveHook(loop, "default")
    hook.run(["/bin/false"], MOVE)
    hook.run(["/nowhere/hook"], MOVE)
    hook.run([], MOVE)
    run(loop, hook)
    assert lines == [
        "pulse: notify_cmd: cannot start /nowhere/hook: No such file or directory",
        "pulse: notify_cmd: ended with exit status 1",
    ]


def test_a_command_that_does_not_end_is_killed(
    loop: Loop, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move_hook, "COMMAND_TIMEOUT_SECONDS", 0.1)
    hook = MoveHook(loop, "default")
    hook.run([sys.executable, "-c", "import time; time.sleep(60)"], MOVE)
    run(loop, hook)
    assert lines[0] == "pulse: notify_cmd: killed after 0.1 s"
    assert "exit status -9" in lines[1]


def test_there_are_never_too_many(loop: Loop, lines: list[str]) -> None:
    hook = MoveHook(loop, "default")
    for _ in range(move_hook.MOST_AT_ONCE + 1):
        hook.run(["/bin/true"], MOVE)
    run(loop, hook)
    assert lines == ["pulse: notify_cmd: 8 still run, not started"]
