"""The first process of one laboratory host: hides what the host must not share, then reaps.

    holder.py HOSTNAME [KEPT ...]

Run as PID 1 of fresh net, mount, uts, ipc and pid namespaces. It prints one line, "ready", when the
host may be used, and ends when its standard input ends: when it is told to, and also when whoever
started it was killed. Its end is the end of every process, namespace and address of the host.

Directories are covered, not changed: a covered directory is a tmpfs whose names point to what was
there before, so a host may make and remove files in it that nobody else ever sees. KEPT paths (the
tree under test, the interpreter) stay visible even where a directory above them was hidden.
"""

import contextlib
import ctypes
import os
import signal
import socket
import sys

HIDDEN = ("/run", "/tmp", "/var/log", "/var/tmp")
COVERED = ("/etc", "/var/lib")
KEEP = "/run/host"
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC = 0x1, 0x20, 0x1000, 0x4000

libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """mount(2); OSError names the target."""
    encoded = kind.encode() if kind else None
    if libc.mount(source.encode(), target.encode(), encoded, flags, options.encode()) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot mount {source} on {target}: {os.strerror(number)}")


def hide(directory: str) -> None:
    """Put an empty directory over this one."""
    mount("lab", directory, "tmpfs", 0, "mode=1777" if "tmp" in directory else "mode=755")


def cover(directory: str) -> None:
    """Put a directory of links to the old names over this one."""
    kept = KEEP + directory
    os.makedirs(kept)
    mount(directory, kept, None, MS_BIND | MS_REC)
    with contextlib.suppress(OSError):
        mount("lab", kept, None, MS_BIND | MS_REMOUNT | MS_RDONLY)
    mount("lab", directory, "tmpfs", 0, "mode=755")
    for name in os.listdir(kept):
        os.symlink(f"{kept}/{name}", f"{directory}/{name}")


def make_private(kept: list[str]) -> None:
    """Hide and cover; what is kept is bound back to where it was."""
    below = tuple(directory + "/" for directory in HIDDEN)
    held = {path: os.open(path, os.O_PATH) for path in kept if path.startswith(below)}
    for directory in HIDDEN:
        hide(directory)
    for path, descriptor in sorted(held.items()):
        os.makedirs(path, exist_ok=True)
        mount(f"/proc/self/fd/{descriptor}", path, None, MS_BIND | MS_REC)
        os.close(descriptor)
    for directory in COVERED:
        cover(directory)
    os.makedirs("/var/log/nginx")
    with contextlib.suppress(FileNotFoundError):
        os.unlink("/etc/lvs.cf")
    with contextlib.suppress(FileNotFoundError):
        os.unlink("/var/lib/piranha")
    with contextlib.suppress(OSError):
        mount("lab", "/sys", "sysfs", 0)


def name_itself(name: str) -> None:
    """A host that does not know its own name asks name servers that are not there."""
    socket.sethostname(name)
    with contextlib.suppress(FileNotFoundError):
        os.unlink("/etc/hosts")
    with open("/etc/hosts", "w") as hosts:
        hosts.write(f"127.0.0.1 localhost {name}\n::1 localhost {name}\n")


def reap(_number: int, _frame: object) -> None:
    """Collect every child that has ended: orphans of the host end up here."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main() -> None:
    name, kept = sys.argv[1], sys.argv[2:]
    signal.signal(signal.SIGCHLD, reap)
    make_private(kept)
    name_itself(name)
    print("ready", flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
