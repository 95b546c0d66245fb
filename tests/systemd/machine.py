"""A machine that runs a real systemd as process 1, in namespaces of its own, for the tests."""

import signal
import subprocess
import time
from pathlib import Path

import psutil

BOOT = Path(__file__).with_name("boot")
PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
BOOT_SECONDS = 30


class Machine:
    """Boots in a second; everything it changes is in memory and gone with it."""

    def __init__(self, directory: Path, name: str = "machine") -> None:
        """`directory` exists and is the machine's alone; what it holds stays hidden in there."""
        self.directory = directory
        self.name = name
        self._outer: subprocess.Popen[bytes] | None = None
        self.pid = 0
        """Of its process 1, as seen from outside."""

    def boot(self) -> None:
        """Returns when basic.target is reached; raises TimeoutError when it is not."""
        # The machine dies with the test run, even with a killed one: --pdeathsig, --kill-child.
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "-m", "-p", "-n", "-u", "-i", "-C"]
        command += ["--fork", "--kill-child", str(BOOT), str(self.directory), self.name]
        self._outer = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            if self._outer.poll() is not None:
                raise ChildProcessError(f"the machine ended with status {self._outer.returncode}")
            if self._find_pid() and self._is_up():
                return
            time.sleep(0.05)
        raise TimeoutError(f"no basic.target after {BOOT_SECONDS} s")

    def power_off(self) -> None:
        """Pulls the plug."""
        if self._outer is None:
            return
        self._outer.kill()
        self._outer.wait()
        self._outer = None

    def has_ended(self) -> bool:
        """True when its process 1 is gone."""
        return self._outer is None or self._outer.poll() is not None

    def run(self, *command: str, check: bool = True, seconds: float = 30) -> str:
        """Run a command as root in the machine; its output, both streams. With `check`, a status
        that is not 0 raises AssertionError with the output."""
        result = self._enter(*command, seconds=seconds)
        assert not check or result.returncode == 0, (
            f"{command}: {result.returncode}: {result.stdout}"
        )
        return result.stdout

    def status(self, *command: str) -> int:
        """The exit status of a command run in the machine."""
        return self._enter(*command, seconds=30).returncode

    def spawn(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in the machine that goes on; the caller ends it."""
        return subprocess.Popen(
            self._entering(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file of the machine, and the directories above it."""
        program = 'mkdir -p "$(dirname "$0")" && cat >"$0" && chmod "$1" "$0"'
        subprocess.run(
            self._entering("sh", "-c", program, path, f"{mode:o}"),
            input=text,
            text=True,
            check=True,
            timeout=10,
        )

    def unpack(self, archive: bytes, directory: str) -> None:
        """Lay out a tar archive in a directory of the machine."""
        program = 'mkdir -p "$0" && tar -x --no-same-owner -C "$0"'
        command = self._entering("sh", "-c", program, directory)
        subprocess.run(command, input=archive, check=True, timeout=30)

    def journal(self, unit: str) -> str:
        """What the unit has logged, oldest first, messages only."""
        self.run("journalctl", "--sync")
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit)

    def show(self, unit: str, name: str) -> str:
        """One property of a unit (systemctl(1), show)."""
        return self.run("systemctl", "show", "--value", "-p", name, unit).strip()

    def kill(self, pid: int, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal a process by its number inside the machine."""
        self.run("kill", f"-{int(number)}", str(pid))

    def _enter(self, *command: str, seconds: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._entering(*command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )

    def _entering(self, *command: str) -> list[str]:
        assert self.pid, "the machine is not up"
        enter = ["nsenter", "-t", str(self.pid), "-m", "-p", "-n", "-u", "-i", "-C", "-r", "-w"]
        return [*enter, "env", "-i", f"PATH={PATH}", "LC_ALL=C.UTF-8", *command]

    def _find_pid(self) -> bool:
        """Learn the number that process 1 of the machine has out here."""
        assert self._outer is not None
        children = psutil.Process(self._outer.pid).children()
        self.pid = next((child.pid for child in children if child.name() == "systemd"), 0)
        return self.pid != 0

    def _is_up(self) -> bool:
        try:
            return self.status("systemctl", "--quiet", "is-active", "basic.target") == 0
        except subprocess.TimeoutExpired:
            return False
