"""pulse goes back at the instant, says so once, and has the file on the disk put back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from piranha.programs import file_trial, trial_watch
from piranha.programs.trial_watch import NEVER, RETRY_SECONDS, TrialWatch, outside
from piranha.system import children, clock
from piranha.system.loop import Loop


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lvs.cf"
    path.write_text("old\n")
    return path


def test_a_file_that_is_not_on_trial_is_never_due(file: Path, loop: Loop) -> None:
    watch = TrialWatch(loop, file, lambda: pytest.fail("reloaded"))
    watch.look()
    assert watch.due_at == NEVER
    watch.tend(clock.now())


def test_at_the_instant_the_old_file_is_read_and_put_back(
    file: Path, loop: Loop, lines: list[str]
) -> None:
    reloads: list[str] = []
    watch = TrialWatch(loop, file, lambda: reloads.append("reload"))
    file_trial.put_in_place(file, b"new\n", b"old\n", 0.05)
    watch.look()
    assert watch.due_at > clock.now()
    clock.sleep_until(watch.due_at)
    watch.tend(clock.now())
    assert reloads == ["reload"]
    assert "was not confirmed: going back to the file before it" in lines[0]
    limit = clock.now() + 10
    while file_trial.read_trial(file) is not None and clock.now() < limit:
        loop.turn(clock.now() + 0.1)
    assert file.read_text() == "old\n"
    watch.look()
    assert watch.due_at == NEVER


def test_a_trial_that_was_confirmed_meanwhile_changes_nothing(file: Path, loop: Loop) -> None:
    watch = TrialWatch(loop, file, lambda: pytest.fail("reloaded"))
    file_trial.put_in_place(file, b"new\n", b"old\n", 0.05)
    watch.look()
    file_trial.confirm(file)
    clock.sleep_until(watch.due_at)
    watch.tend(clock.now())
    assert (watch.due_at, file.read_text()) == (NEVER, "new\n")


def test_what_could_not_be_put_back_is_tried_again(
    file: Path, loop: Loop, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_watch, "outside", lambda _argv: ["/bin/false"])
    reloads: list[str] = []
    watch = TrialWatch(loop, file, lambda: reloads.append("reload"))
    file_trial.put_in_place(file, b"new\n", b"old\n", 0.0)
    watch.look()
    now = clock.now()
    watch.tend(now)
    assert watch.due_at == now + RETRY_SECONDS
    limit = clock.now() + 5
    while len(lines) < 2 and clock.now() < limit:
        loop.turn(clock.now() + 0.1)
    assert "could not be put back (exit status 1), tried again" in lines[1]
    watch.look()
    assert watch.due_at >= now + RETRY_SECONDS
    watch.tend(watch.due_at)
    assert reloads == ["reload"], "once"


def test_one_that_hangs_is_not_joined_by_another(
    file: Path, loop: Loop, lines: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "runs"
    hang = ["/bin/sh", "-c", f"echo run >>{record}; exec sleep 5"]
    monkeypatch.setattr(trial_watch, "outside", lambda _argv: hang)
    watch = TrialWatch(loop, file, lambda: None)
    file_trial.put_in_place(file, b"new\n", b"old\n", 0.0)
    watch.look()
    watch.tend(clock.now())
    limit = clock.now() + 5
    while not record.exists() and clock.now() < limit:
        loop.turn(clock.now() + 0.05)
    watch.tend(watch.due_at)
    clock.sleep_until(clock.now() + 0.3)
    assert record.read_text() == "run\n"
    assert watch._child is not None
    children.kill_group(watch._child)
    while watch._child is not None and clock.now() < limit:
        loop.turn(clock.now() + 0.05)
    assert "could not be put back" in lines[-1]


def test_outside_of_a_sandbox_systemd_runs_it(tmp_path: Path) -> None:
    assert outside(["/bin/x"], tmp_path / "none") == ["/bin/x"]
    assert outside(["/bin/x", "-c"], tmp_path)[-3:] == ["--", "/bin/x", "-c"]
