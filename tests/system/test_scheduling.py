"""Real time and locked memory, tried in programs of their own; a refusal is a reason."""

import os
import subprocess
import sys

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: real-time scheduling")


def output_of(program: str) -> list[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
    ).stdout.splitlines()


@needs_root
def test_a_daemon_runs_in_real_time_and_its_children_do_not() -> None:
    program = """
import os
from piranha.system import scheduling
print(scheduling.become_realtime())
print(os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR)
child = os.fork()
if child == 0:
    os._exit(os.sched_getscheduler(0) == os.SCHED_OTHER)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1)
"""
    assert output_of(program) == ["None", "True", "True"]


@needs_root
def test_memory_is_locked() -> None:
    program = """
from piranha.system import scheduling
print(scheduling.lock_memory())
print([int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmLck")][0] > 1000)
"""
    assert output_of(program) == ["None", "True"]


@needs_root
def test_a_refusal_is_a_reason() -> None:
    program = """
import resource
resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
from piranha.system import children, scheduling
children.drop_rights()
print(scheduling.become_realtime())
print(scheduling.lock_memory())
"""
    assert output_of(program) == [
        "cannot run in real time: Operation not permitted",
        "cannot lock memory: Operation not permitted",
    ]
