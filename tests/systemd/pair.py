"""Two machines with systemd on one segment, and a client between them.

node-a 10.77.0.1   node-b 10.77.0.2   client 10.77.0.100, whose computer is also the switch
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.systemd.installing import install
from tests.systemd.machine import Machine

VIP = "10.77.0.10"
SETTLED_SECONDS = 20

CONFIGURATION = f"""\
serial_no = 1
service = fos
primary = 10.77.0.1
backup = 10.77.0.2
keepalive = 1
deadtime = 6

failover web {{
    active = 1
    address = {VIP} eth0:1
    port = 80
    interval = 1
    timeout = 1
    start_cmd = "/usr/bin/systemctl start nginx"
    stop_cmd = "/usr/bin/systemctl stop nginx"
}}

failover ftp {{
    active = 1
    address = {VIP} eth0:1
    port = 21
    expect = "220"
    interval = 1
    timeout = 1
    start_cmd = "/usr/bin/systemctl start vsftpd"
    stop_cmd = "/usr/bin/systemctl stop vsftpd"
}}
"""


@dataclass(frozen=True, slots=True)
class Client:
    """The third computer: only its network is its own."""

    pid: int

    def entering(self, *command: str) -> list[str]:
        """The argv that runs a command with the client's network."""
        return ["nsenter", "-t", str(self.pid), "-n", *command]

    def start(self, argv: Sequence[str], **options: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen(self.entering(*argv), text=True, **options)


class Pair:
    """Both machines up, cabled, and with the suite installed; pulse is not started."""

    def __init__(self, directory: Path) -> None:
        self.a = Machine(directory / "a", "node-a")
        self.b = Machine(directory / "b", "node-b")
        self._client: subprocess.Popen[bytes] | None = None

    @property
    def machines(self) -> tuple[Machine, Machine]:
        return self.a, self.b

    def boot(self) -> None:
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "-n", "sleep", "infinity"]
        self._client = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        for machine in self.machines:
            machine.directory.mkdir()
            machine.boot()
        self._lay_cables()
        for machine in self.machines:
            install(machine)
            machine.write("/etc/lvs.cf", CONFIGURATION)
            machine.write("/var/www/html/index.html", f"{machine.name}\n")

    def power_off(self) -> None:
        for machine in self.machines:
            machine.power_off()
        if self._client is not None:
            self._client.kill()
            self._client.wait()

    @property
    def client(self) -> "Client":
        assert self._client is not None
        return Client(self._client.pid)

    def _lay_cables(self) -> None:
        lines = ["link set lo up", "link add segment type bridge", "link set segment up"]
        lines += ["address add 10.77.0.100/24 dev segment"]
        for machine in self.machines:
            port = f"to-{machine.name}"
            lines.append(f"link add {port} type veth peer name eth0 netns {machine.pid}")
            lines.append(f"link set {port} master segment up")
        batch = "\n".join(lines).encode()
        subprocess.run(self.client.entering("ip", "-batch", "-"), input=batch, check=True)
        for number, machine in enumerate(self.machines, 1):
            machine.run("ip", "link", "set", "lo", "up")
            machine.run("ip", "address", "add", f"10.77.0.{number}/24", "dev", "eth0")
            machine.run("ip", "link", "set", "eth0", "up")


def holds_vip(machine: Machine) -> bool:
    return f" {VIP}/" in machine.run("ip", "-o", "-4", "address", "show", "dev", "eth0")


def wait_until(claim: Callable[[], bool], seconds: float = SETTLED_SECONDS) -> float:
    """Seconds until the claim held; raises AssertionError with its name when it never did."""
    began = time.monotonic()
    while not claim():
        waited = time.monotonic() - began
        assert waited < seconds, f"not so after {waited:.1f} s"
        time.sleep(0.02)
    return time.monotonic() - began
