"""The programs for people: the demo tells its story, and whatever ends them, nothing is left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lab.host import TREE
from tests.lab.pair import wait_until

pytestmark = pytest.mark.lab

DEMO_LIMIT_SECONDS = 60.0
CHAPTERS = 4
MARK = "LAB_TEST_MARK"


def start(program: str, mark: str, **options: object) -> "subprocess.Popen[str]":
    """One of the programs, in a process group of its own, with a mark in its environment."""
    return subprocess.Popen(
        [sys.executable, str(TREE / "tests" / "lab" / program)],
        cwd="/",
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        **options,
    )


def marked(mark: str) -> list[str]:
    """The command lines of the processes that carry the mark; hosts hand it on to their holders."""
    wanted, found = f"{MARK}={mark}\0".encode(), []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and wanted in (entry / "environ").read_bytes() + b"\0":
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def lab_mounts() -> list[str]:
    return [line for line in Path("/proc/mounts").read_text().splitlines() if line[:4] == "lab "]


def test_the_demo_tells_what_happened_why_and_what_it_cost() -> None:
    began = time.monotonic()
    demo = start("demo.py", "story")
    told, _ = demo.communicate(timeout=DEMO_LIMIT_SECONDS + 10)
    print(told)
    assert demo.returncode == 0
    assert time.monotonic() - began < DEMO_LIMIT_SECONDS
    for word in ("what  ", "why  ", "outage  "):
        assert told.count(f"   {word}") >= CHAPTERS
    assert marked("story") == []
    assert lab_mounts() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("seconds", [0.25, 0.4, 0.8, 2.0, 6.0])
def test_an_interrupted_demo_leaves_nothing(seconds: float, number: signal.Signals) -> None:
    mark = f"{number.name} after {seconds}"
    demo = start("demo.py", mark)
    time.sleep(seconds)
    os.killpg(demo.pid, number)
    told, _ = demo.communicate(timeout=10)
    assert demo.returncode != 0, told
    wait_until(lambda: marked(mark) == [], 2.0, f"all is gone: {marked(mark)}")
    assert lab_mounts() == []


def test_the_playground_is_a_shell_on_node_a_and_ends_with_it() -> None:
    playground = start("play.py", "play", stdin=subprocess.PIPE)
    typed = "hostname\npiranhactl status\ngo node-b\nhostname\nexit\n"
    told, _ = playground.communicate(typed, timeout=DEMO_LIMIT_SECONDS)
    assert playground.returncode == 0, told
    assert "node-a\n" in told
    assert "node-b\n" in told
    assert marked("play") == []
