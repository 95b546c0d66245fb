"""One machine of the laboratory: its namespaces, its processes, its files."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
HOLDER = Path(__file__).with_name("holder.py")
PROGRAMS = Path(sys.prefix) / "bin"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NAMESPACES = ("--mount", "--net", "--uts", "--ipc", "--pid")
COMMAND_LIMIT_SECONDS = 30.0
END_LIMIT_SECONDS = 1.0
LOCAL_IPV4 = re.compile(r"\|-- (\d+\.\d+\.\d+\.\d+)\n\s+/32 host LOCAL")


class LabError(Exception):
    """The laboratory itself failed; its text says what was tried and what came back."""


@dataclass(frozen=True, slots=True)
class HostProcess:
    """A process inside a host."""

    pid: int
    """As the laboratory sees it, so that a signal can be sent from outside."""
    title: str

    def is_of(self, program: str) -> bool:
        """True for the processes of "pulse", "fos --active", "nanny" and so on."""
        words = program.split()
        name = rf"(^|/| ){re.escape(words[0])}(:| |$)"
        return bool(re.search(name, self.title)) and all(w in self.title for w in words[1:])


class Host:
    """A host lives from its construction to `stop`; it also ends with the process that made it."""

    def __init__(self, name: str) -> None:
        kept = sorted({str(TREE), sys.prefix, sys.base_prefix})
        interpreter = [sys.executable, "-I", "-S", str(HOLDER), name, *kept]
        self.name = name
        self._launcher = subprocess.Popen(
            ["unshare", *NAMESPACES, "--fork", "--kill-child", "--mount-proc", *interpreter],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.pid = 0

    def wait_until_ready(self) -> None:
        """Holders start side by side: make all hosts first, then wait for each. LabError."""
        assert self._launcher.stdout is not None
        if self._launcher.stdout.readline() != b"ready\n":
            raise LabError(f"{self.name}: the host did not start")
        launcher = self._launcher.pid
        children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
        self.pid = int(children[0])

    def entering(self, argv: Sequence[str], is_network_only: bool = False) -> list[str]:
        """The argv that runs `argv` inside this host; network only: with our own files and pids."""
        spaces = ["--net"] if is_network_only else [*NAMESPACES, "--wd=/"]
        return ["nsenter", "--target", str(self.pid), *spaces, "--", *argv]

    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{PROGRAMS}:{SYSTEM_PATH}",
            "HOME": os.environ.get("HOME", "/root"),
            "LANG": "C.UTF-8",
            "TERM": os.environ.get("TERM", "dumb"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def start(self, argv: Sequence[str], **options: object) -> "subprocess.Popen[str]":
        """Start a program here; it runs on when the Popen is forgotten, and ends with the host."""
        return subprocess.Popen(
            self.entering(argv),
            env=self.environment(),
            text=True,
            start_new_session=True,
            **options,
        )

    def start_detached(self, argv: Sequence[str], **options: object) -> None:
        """Start a daemon here: a child of the host's first process, so any signal may hit it.

        (nsenter stops with a child that is stopped, and then leaves it unreaped.)
        """
        self.start(["setsid", "--fork", *argv], **options).wait()

    def run(
        self,
        argv: Sequence[str],
        text: str | None = None,
        is_checked: bool = True,
        is_network_only: bool = False,
    ) -> str:
        """Run a program here to its end; returns what it printed on stdout. LabError: it failed."""
        done = subprocess.run(
            self.entering(argv, is_network_only),
            env=self.environment(),
            input=text,
            capture_output=True,
            text=True,
            start_new_session=True,
            timeout=COMMAND_LIMIT_SECONDS,
        )
        if is_checked and done.returncode != 0:
            said = (done.stderr + done.stdout).strip()
            raise LabError(f"{self.name}: {' '.join(argv)}: status {done.returncode}: {said}")
        return done.stdout

    def path(self, inside: str) -> Path:
        """Where a file of this host is seen from outside; links to absolute paths do not work."""
        return Path(f"/proc/{self.pid}/root{inside}")

    def processes(self, program: str = "") -> list[HostProcess]:
        """What runs here, oldest first; only those of one program if it is named."""
        ours = os.readlink(f"/proc/{self.pid}/ns/pid")
        found = []
        for entry in sorted((e for e in os.listdir("/proc") if e.isdigit()), key=int):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{entry}/ns/pid") != ours or int(entry) == self.pid:
                    continue
                raw = Path(f"/proc/{entry}/cmdline").read_bytes()
                title = raw.replace(b"\0", b" ").decode(errors="replace").strip()
                if title:
                    found.append(HostProcess(int(entry), title))
        return [process for process in found if not program or process.is_of(program)]

    def signal(self, program: str, number: signal.Signals) -> list[HostProcess]:
        """Signal every process of a program; returns them, oldest first. LabError: none runs."""
        hit = self.processes(program)
        if not hit:
            raise LabError(f"{self.name}: no process of {program} runs")
        for process in hit:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)
        return hit

    def addresses(self) -> frozenset[str]:
        """Every local address, as this host's kernel has it now; costs no process."""
        return kernel_addresses(self.pid)

    def stop(self) -> None:
        """End the host and all that runs in it."""
        assert self._launcher.stdin is not None
        assert self._launcher.stdout is not None
        self._launcher.stdin.close()
        try:
            self._launcher.wait(timeout=END_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._launcher.kill()
            self._launcher.wait()
        self._launcher.stdout.close()


def kernel_addresses(pid: int) -> frozenset[str]:
    """The local addresses in the network namespace of a process (proc(5), /proc/PID/net)."""
    trie = Path(f"/proc/{pid}/net/fib_trie").read_text()
    found = set(LOCAL_IPV4.findall(trie[trie.rfind("Local:") :]))
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/net/if_inet6").read_text().splitlines():
            found.add(str(IPv6Address(int(line.split()[0], 16))))
    return frozenset(found)
