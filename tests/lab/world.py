"""The private world of a program for people: what it makes ends with it, however it ends.

The program forks into namespaces of its own: for mounts, network and processes, and without root
for users too. It is the first process in there, so the kernel ends all that it made when it ends:
after Ctrl-C, after a closed terminal, after SIGKILL. The process that was called only waits.
"""

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from piranha.wire.exit_status import ExitStatus
from tests.lab.holder import MS_REC, mount

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
PRIVATE = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
MS_PRIVATE = 0x40000
PR_SET_PDEATHSIG = 1
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PACKAGES = {"unshare": "util-linux", "nsenter": "util-linux", "ip": "iproute2", "nft": "nftables"}
LEFT_OUT = """\
Not root: this runs in a user namespace of yours, so these parts are left out:
  - real-time scheduling and locked memory, for pulse and for the client that measures
  - dropping root's rights: the nannies have nobody to become
"""

libc = ctypes.CDLL(None, use_errno=True)


def run(program: Callable[[], int], needed: Sequence[str] = ()) -> int:
    """Run a program in a world of its own, as its first process; returns its exit status.

    It is interrupted (KeyboardInterrupt) by SIGINT, SIGTERM and SIGHUP. If something is missing to
    make the world, one line on stderr says what, and the status is 111.
    """
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    packages = sorted({PACKAGES.get(p, p) for p in [*PACKAGES, *needed] if not shutil.which(p)})
    if packages:
        print(f"missing: apt-get install {' '.join(packages)}", file=sys.stderr)
        return ExitStatus.REFUSED
    is_root = os.geteuid() == 0
    try:
        _leave_the_old_world(is_root)
    except OSError as error:
        lacking = "root" if is_root else "root, or unprivileged user namespaces on this system"
        print(f"missing: {lacking} ({error.strerror})", file=sys.stderr)
        return ExitStatus.REFUSED
    if not is_root:
        print(LEFT_OUT, flush=True)
    for number in ENDINGS:
        signal.signal(number, _interrupt)
    pid = os.fork()
    if pid == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os._exit(_live(program))
    return _wait_for(pid)


def _leave_the_old_world(is_root: bool) -> None:
    """New namespaces for this process and its children; OSError: not allowed."""
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(PRIVATE | (0 if is_root else CLONE_NEWUSER)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    if not is_root:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    mount("none", "/", None, MS_PRIVATE | MS_REC)


def _live(program: Callable[[], int]) -> int:
    """The first process: its own view of processes, then the program."""
    try:
        mount("proc", "/proc", "proc", 0)
        status = program()
    except KeyboardInterrupt:
        status = 128 + signal.SIGINT
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = ExitStatus.OUR_BUG
    sys.stdout.flush()
    return status


def _wait_for(pid: int) -> int:
    """Wait for the first process; what would end us is passed on to it."""
    while True:
        try:
            _, status = os.waitpid(pid, 0)
            return abs(os.waitstatus_to_exitcode(status))
        except KeyboardInterrupt:
            os.kill(pid, signal.SIGTERM)


def _interrupt(_number: int, _frame: object) -> None:
    """Interrupt once; what comes while the program cleans up is ignored."""
    if os.getpid() == 1:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
