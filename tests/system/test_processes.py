"""Processes are looked at without being mistaken for others."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from piranha.system import processes


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", "input()", "--mark=sleeper"],
                          stdin=subprocess.PIPE) as process:  # fmt: skip
        yield process
        process.kill()


def test_a_process_is_known_by_pid_and_beginning(sleeper: "subprocess.Popen[bytes]") -> None:
    began = processes.create_time(sleeper.pid)
    assert began is not None
    assert processes.is_same_process(sleeper.pid, began)
    assert not processes.is_same_process(sleeper.pid, began - 10)


def test_a_process_that_has_ended_is_not_the_same(sleeper: "subprocess.Popen[bytes]") -> None:
    began = processes.create_time(sleeper.pid)
    assert began is not None
    sleeper.kill()
    sleeper.wait()
    assert processes.create_time(sleeper.pid) is None
    assert not processes.is_same_process(sleeper.pid, began)
    assert processes.figures(sleeper.pid) is None


def test_what_an_earlier_run_left_is_found_by_its_words(
    sleeper: "subprocess.Popen[bytes]",
) -> None:
    found = processes.children_left(["--mark=sleeper", "input()"])
    assert [seen.pid for seen in found] == [sleeper.pid]
    assert found[0].command.endswith("--mark=sleeper")
    assert processes.is_same_process(sleeper.pid, found[0].create_time)


def test_words_are_whole_arguments(sleeper: "subprocess.Popen[bytes]") -> None:
    assert sleeper.pid not in [seen.pid for seen in processes.children_left(["--mark"])]


def test_we_are_not_left_by_ourselves() -> None:
    assert os.getpid() not in [seen.pid for seen in processes.children_left([])]


def test_figures_are_those_of_the_process() -> None:
    figures = processes.figures(os.getpid())
    assert figures is not None
    assert figures.private_bytes > 1_000_000
    assert figures.cpu_seconds > 0
