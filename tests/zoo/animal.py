"""A real server of the zoo: what it is, and how one is kept for a while and looked at."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.host import Host, HostProcess

HOME = "/tmp/zoo"
"""Where a server lives inside its host: its files, and `*.log` as what it logs."""
LIBRARIES = f"{HOME}/deb/usr/lib/{sysconfig.get_config_var('MULTIARCH')}"
DEBS = Path(sys.prefix) / "zoo"
"""Where packages are kept that are only unpacked."""
CLONE_NEWNET = 0x40000000
LISTENING = {"tcp": "0A", "udp": "07"}
STOPPED = "T"

PREPARE = r"""
mkdir -p /tmp/zoo/dev/pts /tmp/zoo/dev/shm
cd /tmp/zoo/dev
for name in null zero full random urandom tty; do : >$name; mount --bind /dev/$name $name; done
ln -s /proc/self/fd fd
ln -s /proc/self/fd/0 stdin
ln -s /proc/self/fd/1 stdout
ln -s /proc/self/fd/2 stderr
ln -s pts/ptmx ptmx
mount --rbind /tmp/zoo/dev /dev
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts /dev/pts
ip link set lo up
rm -f /etc/hosts
echo "127.0.0.1 localhost zoo.test $(hostname)" >/etc/hosts
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
echo 1000 >/proc/sys/net/unix/max_dgram_qlen
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=zoo.test \
    -addext subjectAltName=DNS:zoo.test,IP:127.0.0.1 \
    -keyout /tmp/zoo/key.pem -out /tmp/zoo/cert.pem 2>/dev/null
cat /tmp/zoo/cert.pem /tmp/zoo/key.pem >/tmp/zoo/both.pem
chmod 644 /tmp/zoo/*.pem
"""
"""A host that a server may take for its own: devices, loopback, every port, a certificate."""


@dataclass(frozen=True, slots=True)
class Animal:
    """A server from Debian, and the recipes that it is asked with."""

    name: str
    packages: tuple[str, ...]
    """Debian's, to be installed; the first one is the server, where nothing is unpacked."""
    recipes: Mapping[str, str]
    """For each recipe the further lines of the `failover` block, `port = 2525` among them."""
    script: str
    """For sh -eu, as root in HOME; its last command is the server and stays in the foreground, or
    leaves it in the background. What is written to stdout and stderr is a log too."""
    unpacked: tuple[str, ...] = ()
    """Packages that cannot be installed beside others: they are laid open in HOME/deb instead; the
    first one is the server."""
    in_ci: bool = False
    ready_seconds: float = 30.0
    """How long it may take from its start to its first answer."""


@dataclass(slots=True)
class Kept:
    """A running animal."""

    animal: Animal
    host: Host
    syslog: list[str] = field(default_factory=list)

    def processes(self) -> list[HostProcess]:
        return self.host.processes()

    def listens(self, port: int, protocol: str = "tcp") -> bool:
        """True when someone listens on the port; nobody is asked, so nothing is logged."""
        for table in (protocol, protocol + "6"):
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{self.host.pid}/net/{table}").read_text().splitlines()[1:]:
                    words = line.split()
                    is_port = int(words[1].rsplit(":", 1)[1], 16) == port
                    if is_port and words[3] == LISTENING[protocol]:
                        return True
        return False

    def logged(self) -> list[str]:
        """Every line that it has logged so far, to files below HOME, stdout or syslog."""
        lines = list(self.syslog)
        for path in sorted(self.host.path(HOME).rglob("*.log")):
            with contextlib.suppress(OSError):
                lines += path.read_text(errors="replace").splitlines()
        return lines

    def freeze(self) -> None:
        """Stop every process of it (SIGSTOP), and return when all stand still."""
        for _ in range(100):
            running = [p for p in self.processes() if state_of(p.pid) not in (STOPPED, "Z", "")]
            if not running:
                return
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGSTOP)
            time.sleep(0.01)
        raise TimeoutError(f"{self.animal.name} does not stand still: {running}")

    def thaw(self) -> None:
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)


def state_of(pid: int) -> str:
    """The letter of proc(5): R, S, T ...; empty when it has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


@contextmanager
def keeping(animal: Animal) -> Iterator[Kept]:
    """Start a server in a host of its own; at the end the host ends, and all that runs in it."""
    host = Host(animal.name)
    try:
        host.wait_until_ready()
        kept = Kept(animal, host)
        host.run(["sh", "-euc", PREPARE])
        for package in animal.unpacked:
            argv = ["dpkg", "-x", str(deb_of(package)), str(host.path(f"{HOME}/deb"))]
            subprocess.run(argv, check=True)
        with _syslog(kept):
            start = host.path(f"{HOME}/start")
            start.write_text(f"cd {HOME}\nexport LD_LIBRARY_PATH={LIBRARIES}\n{animal.script}")
            with host.path(f"{HOME}/stdout.log").open("wb") as log:
                host.start_detached(
                    ["sh", "-eu", f"{HOME}/start"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            yield kept
    finally:
        host.stop()


@contextmanager
def _syslog(kept: Kept) -> Iterator[None]:
    """Be the syslog daemon of the host: a thread that keeps every line."""
    path = str(kept.host.path(f"{HOME}/dev/log"))
    with network_of(kept.host.pid):  # which says how many lines may wait
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with channel:
        channel.bind(path)
        os.chmod(path, 0o666)
        channel.settimeout(0.1)
        is_wanted = threading.Event()
        is_wanted.set()

        def listen() -> None:
            while is_wanted.is_set():
                with contextlib.suppress(TimeoutError):
                    kept.syslog.append(channel.recv(65_536).decode(errors="replace"))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_wanted.clear()
            thread.join(5.0)


@contextmanager
def network_of(pid: int | None) -> Iterator[None]:
    """This thread, and what it starts, is in the network namespace of a process meanwhile; with
    None in a new one, whose loopback is up."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(call: Callable[[], int]) -> None:
        if call() != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if pid is None:
            enter(lambda: libc.unshare(CLONE_NEWNET))
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        else:
            there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
            try:
                enter(lambda: libc.setns(there, CLONE_NEWNET))
            finally:
                os.close(there)
        yield
    finally:
        enter(lambda: libc.setns(home, CLONE_NEWNET))
        os.close(home)


def deb_of(package: str) -> Path:
    """The package's file, fetched where it is not there yet; FileNotFoundError."""
    with contextlib.suppress(StopIteration):
        return next(DEBS.glob(f"{package}_*.deb"))
    DEBS.mkdir(exist_ok=True)
    subprocess.run(
        ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package],
        cwd=DEBS,
        check=False,
    )
    for path in DEBS.glob(f"{package}_*.deb"):
        return path
    raise FileNotFoundError(f"apt-get cannot download {package}")


def version(animal: Animal) -> str:
    """Debian's version of the server."""
    if animal.unpacked:
        return deb_of(animal.unpacked[0]).name.split("_")[1].replace("%3a", ":")
    return version_of(animal.packages[0])


def version_of(package: str) -> str:
    """Debian's version of an installed package; empty when it is not installed."""
    argv = ["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", package]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    status, _, version = done.stdout.partition(" ")
    return version if status == "installed" else ""
