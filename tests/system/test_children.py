"""Children start clean, tell their end once, and leave nothing of us behind."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from piranha.system import children
from piranha.system.children import Birth, Child, User
from piranha.wire.exit_status import ExitStatus

Readable = Callable[[Any], bool]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "GREETING": "hello"}
NOBODY = User(65534, 65534)
PATIENCE_SECONDS = 5.0

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: becomes another user")


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def status_of(readable: Readable) -> Callable[[Child], int]:
    """Waits for the end of a child."""

    def wait(child: Child) -> int:
        assert readable(child), "the child did not end"
        status = children.reap(child)
        assert status is not None
        return status

    return wait


StatusOf = Callable[[Child], int]
Pipe = tuple[int, int]


def said(pipe: Pipe) -> str:
    """What came through the pipe; waits until there is something."""
    assert select.select([pipe[0]], [], [], PATIENCE_SECONDS)[0], "nothing was said"
    return os.read(pipe[0], 4096).decode()


def has_ended(pidfd: int) -> bool:
    """Waits for the end of a process that is not our child."""
    ready = select.select([pidfd], [], [], PATIENCE_SECONDS)[0]
    os.close(pidfd)
    return bool(ready)


def shell(script: str, **options: Any) -> Child:
    return children.spawn(["sh", "-c", script], ENVIRONMENT, **options)


def run_python(program: str) -> "subprocess.CompletedProcess[str]":
    """A program of its own, where pytest is not in the way."""
    return subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=20
    )


def facts(pid: int | str) -> dict[str, str]:
    """/proc/PID/status by its keys."""
    text = Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def test_a_command_runs_and_its_output_goes_where_it_is_told(
    pipe: Pipe, status_of: StatusOf
) -> None:
    child = shell('echo "$GREETING"; echo oops >&2; exit 7', stdout=pipe[1], stderr=pipe[1])
    assert status_of(child) == 7
    assert said(pipe) == "hello\noops\n"


@pytest.mark.parametrize("user", [None, pytest.param(NOBODY, marks=needs_root)])
def test_a_command_may_be_given_its_input(
    pipe: Pipe, status_of: StatusOf, user: User | None
) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"one\ntwo\n")
    os.close(writing)
    child = shell("read a; read b; echo $b $a", stdin=reading, stdout=pipe[1], user=user)
    os.close(reading)
    assert status_of(child) == 0
    assert said(pipe) == "two one\n"


@pytest.mark.parametrize("user", [None, pytest.param(NOBODY, marks=needs_root)])
def test_output_may_be_exchanged(pipe: Pipe, status_of: StatusOf, user: User | None) -> None:
    """Its standard error becomes our standard output, its output a pipe."""
    saved = os.dup(1)
    ours, out = os.pipe()
    os.dup2(out, 1)
    try:
        child = shell("echo out; echo error >&2", stdout=pipe[1], stderr=1, user=user)
        assert status_of(child) == 0
    finally:
        os.dup2(saved, 1)
    assert (os.read(pipe[0], 100), os.read(ours, 100)) == (b"out\n", b"error\n")
    for number in (saved, ours, out):
        os.close(number)


def test_a_child_that_runs_has_no_status_yet(status_of: StatusOf) -> None:
    child = shell("exec sleep 100")
    assert children.reap(child) is None
    children.kill(child)
    assert status_of(child) == -signal.SIGKILL


def test_the_pidfd_is_closed_with_the_status(status_of: StatusOf) -> None:
    child = shell("exit 0")
    status_of(child)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(child.pidfd)


def test_standard_input_is_empty(pipe: Pipe, status_of: StatusOf) -> None:
    assert status_of(shell("cat; readlink /proc/self/fd/0", stdout=pipe[1])) == 0
    assert said(pipe) == "/dev/null\n"


@pytest.mark.parametrize("user", [None, pytest.param(NOBODY, marks=needs_root)])
def test_only_the_descriptors_that_were_given_pass(
    pipe: Pipe, status_of: StatusOf, user: User | None
) -> None:
    given, secret = os.open("/dev/null", os.O_RDONLY), 200
    os.dup2(given, secret, inheritable=False)
    child = children.spawn(
        ["ls", "/proc/self/fd"], ENVIRONMENT, stdout=pipe[1], pass_fds=[given], user=user
    )
    assert status_of(child) == 0
    numbers = {int(number) for number in said(pipe).split()}
    assert {0, 1, 2, given} <= numbers
    assert len(numbers) == 5, "one more is the directory that ls itself reads"
    assert secret not in numbers
    os.close(given)
    os.close(secret)


@pytest.mark.parametrize("user", [None, pytest.param(NOBODY, marks=needs_root)])
def test_signals_are_as_a_new_program_expects_them(
    pipe: Pipe, status_of: StatusOf, user: User | None
) -> None:
    """Python ignores SIGPIPE, and we may block or ignore others; a command must not."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        child = children.spawn(
            ["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"],
            ENVIRONMENT,
            stdout=pipe[1],
            user=user,
        )
        assert status_of(child) == 0
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    masks = [int(line.split()[1], 16) for line in said(pipe).splitlines()]
    standard = (1 << 31) - 1
    assert [mask & standard for mask in masks] == [0, 0]


def test_a_group_is_killed_with_its_grandchildren(pipe: Pipe, status_of: StatusOf) -> None:
    child = shell("sleep 100 & echo $!; wait", stdout=pipe[1])
    grandchild = int(said(pipe))
    assert os.getpgid(grandchild) == child.pid
    watch = os.pidfd_open(grandchild)
    children.kill_group(child)
    assert status_of(child) == -signal.SIGKILL
    assert has_ended(watch)


def test_killing_what_has_ended_is_no_error(readable: Readable) -> None:
    child = shell("exit 0")
    assert readable(child)
    children.kill(child)
    children.kill_group(child)
    assert children.reap(child) == 0
    children.kill_group(child)


def test_a_child_may_stay_in_our_group(status_of: StatusOf) -> None:
    child = shell("exec sleep 100", new_group=False)
    assert os.getpgid(child.pid) == os.getpgid(0)
    children.kill(child, signal.SIGTERM)
    assert status_of(child) == -signal.SIGTERM


@pytest.mark.parametrize("user", [None, pytest.param(NOBODY, marks=needs_root)])
@pytest.mark.parametrize(
    ("program", "reason"),
    [("/nowhere/program", "No such file or directory"), ("/etc/passwd", "Permission denied")],
)
def test_what_cannot_start_is_named(program: str, reason: str, user: User | None) -> None:
    with pytest.raises(OSError, match=f"cannot start {program}: {reason}"):
        children.spawn([program], ENVIRONMENT, user=user)


@needs_root
def test_a_command_may_run_as_another_user(pipe: Pipe, status_of: StatusOf) -> None:
    user = children.find_user("nobody")
    child = shell("id -u; id -g; id -G", stdout=pipe[1], user=user)
    assert status_of(child) == 0
    assert said(pipe).split() == [str(user.uid), str(user.gid), str(user.gid)]


def test_a_user_namespace_may_not_know_a_user() -> None:
    nobody = children.find_user("nobody")
    assert children.can_become(nobody)
    program = "from piranha.system import children as c; print(c.can_become(c.find_user('nobody')))"
    inside = ["unshare", "--user", "--map-root-user", sys.executable, "-c", program]
    asked = subprocess.run(inside, capture_output=True, text=True)
    if asked.returncode == 1 and "unshare failed" in asked.stderr:
        pytest.skip("needs user namespaces")
    assert asked.stdout == "False\n"


def test_a_user_who_does_not_exist_is_named() -> None:
    with pytest.raises(OSError, match="cannot find user no-such-user"):
        children.find_user("no-such-user")


@needs_root
@pytest.mark.parametrize("user", [None, NOBODY])
def test_commands_of_a_realtime_daemon_run_in_ordinary_time(
    status_of: StatusOf, user: User | None
) -> None:
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        child = shell("exec sleep 100", user=user)
        assert os.sched_getscheduler(child.pid) == os.SCHED_OTHER
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    children.kill(child)
    status_of(child)


def test_a_forked_child_runs_the_call_and_ends_with_its_status(
    pipe: Pipe, status_of: StatusOf
) -> None:
    def work() -> int:
        os.write(pipe[1], b"worked")
        return ExitStatus.FAILED

    child = children.fork(work, "nanny: web -> 10.0.0.1:80", keep_fds=[pipe[1]])
    assert status_of(child) == ExitStatus.FAILED
    assert said(pipe) == "worked"


def test_several_children_are_forked_in_a_row(status_of: StatusOf) -> None:
    births = [Birth(lambda status=status: status, f"child {status}") for status in (3, 4, 5)]
    assert [status_of(child) for child in children.fork_many(births)] == [3, 4, 5]
    assert children.fork_many([]) == []


def test_a_forked_child_is_clean(pipe: Pipe, status_of: StatusOf) -> None:
    """Looked at from inside: title, descriptors, handlers, group."""

    def look() -> int:
        command = Path("/proc/self/cmdline").read_bytes().split(b"\0")[0].decode()
        listed = sorted(int(name) for name in os.listdir("/proc/self/fd"))
        numbers = [number for number in listed if Path(f"/proc/self/fd/{number}").exists()]
        is_default = signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL
        is_leader = os.getpgid(0) == os.getpid()
        os.write(pipe[1], repr((command, numbers, is_default, is_leader)).encode())
        return 0

    signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        child = children.fork(look, "nanny: web -> 10.0.0.1:80", keep_fds=[pipe[1]])
        assert status_of(child) == 0
    finally:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    expected = ("nanny: web -> 10.0.0.1:80", [0, 1, 2, pipe[1]], True, True)
    assert said(pipe) == repr(expected)


def test_a_forked_child_that_raises_shows_why_and_runs_nothing_of_ours() -> None:
    program = """
import atexit, os, select
from piranha.system import children
atexit.register(print, "the parent's own end")

def fail():
    raise RuntimeError("a bug")

child = children.fork(fail, "nanny")
select.select([child], [], [])
print(children.reap(child), flush=True)
os._exit(0)
"""
    result = run_python(program)
    assert result.stdout == f"{ExitStatus.OUR_BUG}\n"
    assert result.stderr.endswith("RuntimeError: a bug\n")


def test_a_forked_child_dies_with_its_parent(pipe: Pipe) -> None:
    """Also after it has given up its rights, which makes the kernel forget the wish."""
    program = f"""
import os, time
from piranha.system import children

def linger():
    children.drop_rights()
    os.write({pipe[1]}, b"%d" % os.getpid())
    time.sleep(100)
    return 0

children.fork(linger, "nanny", keep_fds=[{pipe[1]}])
time.sleep(100)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], pass_fds=[pipe[1]])
    child = int(said(pipe))
    if os.geteuid() == 0:
        assert facts(child)["Uid"].split()[0] == "65534"
    watch = os.pidfd_open(child)
    parent.kill()
    parent.wait()
    assert has_ended(watch)


@needs_root
def test_rights_are_dropped_for_good(pipe: Pipe, status_of: StatusOf) -> None:
    def drop() -> int:
        children.drop_rights()
        try:
            os.setuid(0)
        except PermissionError:
            state = facts("self")
            text = (
                state["Uid"].split(),
                state["Gid"].split(),
                state["Groups"].strip(),
                state["CapEff"],
            )
            os.write(pipe[1], repr(text).encode())
            return 0
        return 1

    child = children.fork(drop, "nanny", keep_fds=[pipe[1]])
    assert status_of(child) == 0
    nobody = children.find_user("nobody")
    expected = ([str(nobody.uid)] * 4, [str(nobody.gid)] * 4, "", "0" * 16)
    assert said(pipe) == repr(expected)


def test_who_may_write_no_files_still_talks(
    pipe: Pipe, status_of: StatusOf, tmp_path: Path
) -> None:
    path = tmp_path / "file"

    def write() -> int:
        children.write_no_files()
        os.write(pipe[1], b"a pipe")
        with open(path, "wb", buffering=0) as file:
            file.write(b"a file")
        return 0

    child = children.fork(write, "nanny", keep_fds=[pipe[1]])
    assert status_of(child) == -signal.SIGXFSZ
    assert said(pipe) == "a pipe"
    assert path.stat().st_size == 0


def test_a_prepared_fork_costs_little_memory() -> None:
    """Measured in a program of its own, as pytest's memory is not ours."""
    program = """
import gc, os, sys
from piranha.system import children
ballast = [[number] for number in range(200_000)]

def private():
    gc.collect()
    rows = open("/proc/self/smaps_rollup").read().splitlines()
    print(sum(int(row.split()[1]) for row in rows if row.startswith("Private_")))
    return 0

children.prepare_to_fork()
child = children.fork(private, "nanny")
os.waitpid(child.pid, 0)
"""
    assert int(run_python(program).stdout) < 4096, "kB; without the preparation it is above 20,000"
