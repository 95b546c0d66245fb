"""The launcher's exit status is the truth. Each case runs in a process of its own."""

import subprocess
import sys

import pytest

from piranha.system import clock

PROGRAM = """
import os, sys
from piranha.programs.detaching import run_detached
from piranha.wire.exit_status import ExitStatus

def body(tell):
    {body}
    return 0

sys.exit(run_detached("a test daemon", body))
"""


def launch(body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body=body)],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


def test_a_daemon_that_is_ready_lets_its_launcher_succeed(tmp_path: object) -> None:
    done = launch(
        f"open('{tmp_path}/me', 'w').write(f'{{os.getcwd()}} {{os.getsid(0) != os.getpid()}}"
        f' {{os.umask(0o22)}} {{os.readlink("/proc/self/fd/1")}}\');'
        "tell(ExitStatus.OK, '')"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with open(f"{tmp_path}/me") as file:
        assert file.read() == "/ True 18 /dev/null"


def test_the_launcher_waits_until_the_daemon_is_ready() -> None:
    before = clock.now()
    done = launch("import time; time.sleep(0.3); tell(ExitStatus.OK, '')")
    assert done.returncode == 0
    assert clock.now() - before >= 0.3


def test_a_refusal_is_told_with_its_reason() -> None:
    done = launch("tell(ExitStatus.REFUSED, 'pulse: already running, pid 7')")
    assert (done.returncode, done.stderr) == (111, "pulse: already running, pid 7\n")


@pytest.mark.parametrize("body", ["os._exit(0)", "raise ValueError", "os.kill(os.getpid(), 9)"])
def test_a_daemon_that_dies_at_once_is_a_failure(body: str) -> None:
    done = launch(body)
    assert done.returncode == 111
    assert "ended before it was ready" in done.stderr
