"""Two network namespaces with a cable between them, in which real pulses run with a fake fos.

Needs root. Everything is made for one test module and removed after it.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from piranha.system import clock

FAKE_FOS = Path(__file__).with_name("fake_fos.py")
ADDRESSES = {"a": "10.78.0.1", "b": "10.78.0.2"}
VIP = "10.78.0.10"
CONFIG = """\
serial_no = 1
service = fos
cluster = pair
primary = 10.78.0.1
backup = 10.78.0.2
keepalive = 0.2
deadtime = 1
heartbeat_port = 5578
failover web {
    active = 1
    address = 10.78.0.10 eth0:1
    port = 8080
    start_cmd = "/bin/true"
    stop_cmd = "/bin/true"
    start_timeout = 2
    stop_timeout = 2
    first_wait = 1
}
"""


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
    return done.stdout


class Namespaces:
    """The two nodes' network."""

    def __init__(self) -> None:
        self.names = {node: f"pp{os.getpid()}{node}" for node in ADDRESSES}
        for name in self.names.values():
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        a, b = self.names.values()
        ip("-n", a, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", b)
        for node, name in self.names.items():
            ip("-n", name, "addr", "add", f"{ADDRESSES[node]}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")

    def remove(self) -> None:
        for name in self.names.values():
            ip("netns", "del", name)


class Node:
    """One node's directories, and the programs that are run there."""

    def __init__(self, namespace: str, directory: Path) -> None:
        self.namespace = namespace
        self.run_directory = directory / "run"
        self.state_directory = directory / "state"
        self.config = directory / "lvs.cf"
        self.log = directory / "log"
        self.started: list[subprocess.Popen[bytes]] = []
        directory.mkdir(parents=True)
        self.config.write_text(CONFIG)
        self.fos = directory / "fos"
        self.fos.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE_FOS} "$@"\n')
        self.fos.chmod(0o755)
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "RUNTIME_DIRECTORY": str(self.run_directory),
            "STATE_DIRECTORY": str(self.state_directory),
            "FAKE_FOS_DIRECTORY": str(self.run_directory),
            "FAKE_FOS_CLUSTER": "pair",
        }

    def argv(self, program: str, *words: str) -> list[str]:
        module = f"piranha.programs.{program}"
        inside = ["ip", "netns", "exec", self.namespace, sys.executable, "-m", module]
        return [*inside, "-c", str(self.config), *words]

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(program, *words), env=self.environment, capture_output=True, text=True,
            timeout=30, check=False,
        )  # fmt: skip

    def pulse(self, *words: str) -> subprocess.Popen[bytes]:
        """Start pulse in the foreground; its log is in `log`."""
        with open(self.log, "ab") as log:
            argv = self.argv("pulse", "-n", f"--fos={self.fos}", *words)
            made = subprocess.Popen(argv, env=self.environment, stdout=log, stderr=log)
        self.started.append(made)
        return made

    def pid(self) -> int:
        """Of the running pulse, by its pid file; 0: none."""
        try:
            return int((self.run_directory / "pair.pid").read_text())
        except (OSError, ValueError):
            return 0

    def lines(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def wait_for(self, text: str, count: int = 1, seconds: float = 15.0) -> None:
        """Until the log has this text so many times."""
        until(lambda: self.lines().count(text) >= count, self.lines, seconds)

    def fos_pids(self) -> list[int]:
        words = str(FAKE_FOS).encode()
        marks = f"FAKE_FOS_DIRECTORY={self.run_directory}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    ours = words in (entry / "cmdline").read_bytes().split(b"\0")
                    if ours and marks in (entry / "environ").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue
        return sorted(found)

    def clear(self) -> None:
        """End whatever runs."""
        left = [self.pid()]
        for started in self.started:
            if started.poll() is None:
                started.kill()
            started.wait()
        for pid in filter(None, [*left, *self.fos_pids()]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def until(is_so: Callable[[], bool], told: Callable[[], object], seconds: float = 15.0) -> None:
    """Look again and again; when time is over, fail with what is told."""
    limit = clock.now() + seconds
    while not is_so():
        assert clock.now() < limit, told()
        clock.sleep_until(clock.now() + 0.01)
