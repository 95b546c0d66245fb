"""Looks at real processes: by pid file, by unit, by name."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.probes import process
from piranha.probes.asking import Asked
from piranha.probes.process import Held, ProcessProbe, hold, oldest_of_name, pid_in_file
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from tests.probes.servers import doors


def wait_for_name(pid: int, name: str) -> None:
    """The kernel names a process a moment after it has begun to run a program."""
    for _ in range(500):
        if process._name_of(pid) == name:
            return
        threading.Event().wait(0.01)


@contextmanager
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that runs until it is killed, at the latest after a minute."""
    with subprocess.Popen(["sleep", "60"]) as running:
        wait_for_name(running.pid, "sleep")
        try:
            yield running
        finally:
            running.kill()


def watching(target: object) -> Question:
    return Question(
        "127.0.0.1", 80, Transport.PROCESS, timeout_seconds=2.0, service="web", watched=str(target)
    )


def look(target: object) -> Outcome:
    with Asked(watching(target), doors()) as outcome:
        return outcome


def look_again(target: object, held: Held | None) -> tuple[Outcome, Held | None]:
    probe = ProcessProbe(watching(target), doors(), held)
    return probe.ask(), probe.take()


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_process_that_runs(tmp_path: Path) -> None:
    file = tmp_path / "web.pid"
    with sleeper() as running:
        file.write_text(f"{running.pid}\n")
        outcome = look(file)
    assert outcome.verdict is Verdict.RUNS
    assert outcome.evidence.startswith(f"pid {running.pid} (sleep) of {file} runs, after 0.0")


def test_a_process_that_has_ended(tmp_path: Path) -> None:
    """It is not reaped yet: a zombie runs no more."""
    file = tmp_path / "web.pid"
    with sleeper() as running:
        file.write_text(f"{running.pid}\n")
        running.kill()
        os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)
        assert look(file).verdict is Verdict.NO_PROCESS


@pytest.mark.parametrize("text", ["", "\n", "nginx\n", "-1\n", "0\n", "4194304999\n", "9" * 60])
def test_a_file_that_names_nobody(tmp_path: Path, text: str) -> None:
    file = tmp_path / "web.pid"
    file.write_text(text)
    assert look(file).verdict is Verdict.NO_PROCESS


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert look(tmp_path / "none" / "web.pid").verdict is Verdict.NO_PROCESS
    assert look(tmp_path).verdict is Verdict.NO_PROCESS


def test_a_file_that_cannot_be_read_says_nothing_of_the_service() -> None:
    assert look("/proc/1/mem/web.pid").verdict is Verdict.NO_PROCESS
    outcome = look("/" + "x" * 300)
    assert outcome.verdict is Verdict.SYSTEM_REFUSED
    assert "file name too long" in outcome.evidence


def test_a_pipe_in_place_of_the_file_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "web.pid")
    assert look(tmp_path / "web.pid").verdict is Verdict.NO_PROCESS


def test_its_end_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "web.pid"
    with sleeper() as running:
        file.write_text(str(running.pid))
        outcome, held = look_again(file, None)
        assert outcome.verdict is Verdict.RUNS
        running.kill()
        running.wait()
    outcome, held = look_again(file, held)
    assert outcome.verdict is Verdict.PROCESS_ENDED
    assert f"pid {running.pid} (sleep) of {file} has ended" in outcome.evidence
    assert held is None
    assert look_again(file, None)[0].verdict is Verdict.NO_PROCESS


def test_a_file_that_was_written_anew_is_followed(tmp_path: Path) -> None:
    file = tmp_path / "web.pid"
    with sleeper() as old, sleeper() as new:
        file.write_text(str(old.pid))
        held = look_again(file, None)[1]
        file.write_text(str(new.pid))
        outcome, held = look_again(file, held)
        assert held is not None
        assert held.pid == new.pid
        assert outcome.verdict is Verdict.RUNS
        old.kill()
        outcome, held = look_again(file, held)
        assert outcome.verdict is Verdict.RUNS
        assert held is not None
        os.close(held.pidfd)


def test_a_file_that_vanishes_changes_nothing_while_the_process_runs(tmp_path: Path) -> None:
    file = tmp_path / "web.pid"
    with sleeper() as running:
        file.write_text(str(running.pid))
        held = look_again(file, None)[1]
        file.unlink()
        outcome, held = look_again(file, held)
        assert outcome.verdict is Verdict.RUNS
        assert held is not None
        os.close(held.pidfd)


def test_an_end_counts_even_when_nothing_can_be_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with sleeper() as running:
        held = hold(running.pid)
        running.kill()
        running.wait()
    monkeypatch.setenv("PATH", "/nonexistent")
    outcome, held = look_again("web.service", held)
    assert outcome.verdict is Verdict.PROCESS_ENDED
    assert held is None


def test_by_name_the_oldest_is_taken(tmp_path: Path) -> None:
    """A master and its workers have one name."""
    program = tmp_path / "a-rather-long-name"
    program.symlink_to("/bin/sleep")
    first = subprocess.Popen([program, "60"])
    threading.Event().wait(0.03)  # start times are counted in ticks of 10 ms
    second = subprocess.Popen([program, "60"])
    for running in (first, second):
        wait_for_name(running.pid, "a-rather-long-n")
    try:
        assert oldest_of_name("a-rather-long-name") == first.pid
        outcome = look("a-rather-long-name")
        assert outcome.verdict is Verdict.RUNS
        assert f"pid {first.pid} (a-rather-long-n)" in outcome.evidence
    finally:
        for running in (first, second):
            running.kill()
            running.wait()
    assert look("a-rather-long-name").verdict is Verdict.NO_PROCESS


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for systemctl(1) that a test writes."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "systemctl"


def says(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_a_unit_is_asked_of_systemd(systemctl: Path) -> None:
    with sleeper() as running:
        says(
            systemctl,
            f'[ "$*" = "show --property=MainPID --value -- web.service" ] && echo {running.pid}',
        )
        assert look("web.service").verdict is Verdict.RUNS
    says(systemctl, "echo 0")
    assert look("web.service").verdict is Verdict.NO_PROCESS


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo Failed to connect to bus >&2; exit 1", "systemctl: Failed to connect to bus"),
        ("exec sleep 60", "systemctl was not done in time"),
    ],
)
def test_a_systemd_that_does_not_answer_says_nothing(
    systemctl: Path, script: str, words: str
) -> None:
    says(systemctl, script)
    outcome = look("web.service")
    assert outcome.verdict is Verdict.SYSTEM_REFUSED
    assert words in outcome.evidence
    assert outcome.seconds < 3.0


def test_a_systemd_that_hangs_does_not_delay_the_verdict(systemctl: Path) -> None:
    says(systemctl, "exec sleep 60")
    question = replace(watching("web.service"), timeout_seconds=0.3)
    late = []
    for _ in range(3):  # one late verdict is this machine's doing
        with Asked(question, doors()) as outcome:
            late.append(outcome.seconds - question.timeout_seconds)
    assert min(late) < 0.05


def test_nothing_is_left_open(tmp_path: Path, systemctl: Path) -> None:
    file = tmp_path / "web.pid"
    says(systemctl, "echo 0")
    with sleeper() as running:
        file.write_text(str(running.pid))
        before = open_descriptors()
        held: Held | None = None
        for target in (file, "sleep", "none", "web.service"):
            look(target)
            for _ in range(3):
                held = look_again(target, held)[1]
        if held is not None:
            os.close(held.pidfd)
        assert open_descriptors() == before


@given(st.binary(max_size=100))
def test_any_bytes_in_a_pid_file_are_a_number_or_nothing(data: bytes) -> None:
    assert 0 <= process._number(data) <= 0x7FFFFFFF


def test_a_thread_is_no_process(tmp_path: Path) -> None:
    file = tmp_path / "web.pid"
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait, args=(5.0,))
    thread.start()
    file.write_text(str(thread.native_id))
    try:
        assert pid_in_file(str(file)) == thread.native_id
        assert look(file).verdict is Verdict.NO_PROCESS
    finally:
        ended.set()
        thread.join()
