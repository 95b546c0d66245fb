"""Bounded load: every core busy and the disk written to, for so long and no longer."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.lab.host import TREE, Host

BUSY_LOOP = "while :; do :; done"
WRITTEN_MB = 32
WRITERS = 2
DISK_LOOP = (
    f"while :; do dd if=/dev/zero of=$0 bs=1M count={WRITTEN_MB} conv=fsync status=none; done"
)


class Load:
    """As many busy loops as there are cores, and writers that wait for the disk each time.

    They are ordinary processes of a node, each with a time limit of its own (timeout(1)), so that
    they end even if nobody ends them.
    """

    def __init__(self, host: Host, seconds: float) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix=".lab-load-", dir=TREE))
        limited = ["timeout", "--foreground", "--kill-after=1", f"{seconds:.2f}", "bash", "-c"]
        commands = [[*limited, BUSY_LOOP] for _ in range(os.cpu_count() or 1)]
        commands += [
            [*limited, DISK_LOOP, str(self._directory / str(number))] for number in range(WRITERS)
        ]
        self._processes = [host.start(command) for command in commands]
        self.ends = time.monotonic() + seconds

    def stop(self) -> None:
        """End it now, and remove what was written."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._processes:
            process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)


def keep_on_disk(host: Host) -> Path:
    """The node's records and logs go to a real disk from now on, not to memory; before pulse is
    started. The caller removes the directory."""
    directory = Path(tempfile.mkdtemp(prefix=".lab-disk-", dir=TREE))
    for inside in ("/var/lib/piranha", "/var/log"):
        outside = directory / inside.strip("/")
        outside.mkdir(parents=True)
        host.run(["mkdir", "-p", inside])
        host.run(["mount", "--bind", str(outside), inside])
    return directory


def disk_waits(seconds: float) -> float:
    """The longest that one written and synced kilobyte took within so long, in seconds: whether
    the disk was busy at all."""
    worst = 0.0
    end = time.monotonic() + seconds
    with tempfile.NamedTemporaryFile(prefix=".lab-look-", dir=TREE) as file:
        while time.monotonic() < end:
            began = time.monotonic()
            file.write(b"x" * 1024)
            file.flush()
            os.fsync(file.fileno())
            worst = max(worst, time.monotonic() - began)
            time.sleep(0.2)
    return worst


def is_idle_again(limit_seconds: float = 5.0) -> bool:
    """Whether nothing of ours burns processors any longer (ps(1))."""
    end = time.monotonic() + limit_seconds
    while time.monotonic() < end:
        told = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
        if BUSY_LOOP not in told.stdout:
            return True
        time.sleep(0.1)
    return False
