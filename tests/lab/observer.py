"""The neutral eye on the segment: who has a VIP, and who answers for it, fifty times a second.

    observer.py DEVICE OWN-ADDRESS NAME=PID=MAC [NAME=PID=MAC ...] -- VIP [VIP ...]

Runs in the switch's network namespace. Every 20 ms it looks into both nodes' kernels (proc(5)) and
asks the segment by ARP, as a station of its own: the client learns nothing from the answers. Every
broadcast that names a node as the owner of a VIP is an announcement. A line on standard input asks
for the changes and announcements since the last one: one JSON line comes back. The end of standard
input ends it. Only IPv4 VIPs are asked for; IPv6 ones are looked up in the kernels alone.
"""

import contextlib
import json
import os
import select
import socket
import struct
import sys
import time
from dataclasses import dataclass, field

from tests.lab.host import kernel_addresses

PERIOD_SECONDS = 0.020
ETHERNET_ARP, REQUEST, REPLY = 0x0806, 1, 2
BROADCAST = b"\xff" * 6


def now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def question(mac: bytes, address: str, vip: str) -> bytes:
    """An ordinary ARP request (RFC 826)."""
    fixed = struct.pack("!HHBBH", 1, 0x0800, 6, 4, REQUEST)
    asked = mac + socket.inet_aton(address) + bytes(6) + socket.inet_aton(vip)
    return BROADCAST + mac + struct.pack("!H", ETHERNET_ARP) + fixed + asked


@dataclass(slots=True)
class Observer:
    segment: socket.socket
    address: str
    nodes: dict[str, int]
    """Name and a pid in the node's namespace."""
    names: dict[bytes, str]
    """MAC and name."""
    vips: tuple[str, ...]
    answering: dict[str, set[str]] = field(default_factory=dict)
    last: dict[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    changes: list[tuple[float, str, list[str], list[str]]] = field(default_factory=list)
    announced: list[tuple[float, str, str]] = field(default_factory=list)

    def ask(self) -> None:
        """Send this round's questions."""
        self.answering = {vip: set() for vip in self.vips}
        mac = self.segment.getsockname()[4]
        for vip in self.vips:
            if ":" not in vip:
                with contextlib.suppress(OSError):
                    self.segment.send(question(mac, self.address, vip))

    def hear(self) -> None:
        """Note who answered and who announced; a stranger counts under its MAC."""
        with contextlib.suppress(BlockingIOError):
            while True:
                frame = self.segment.recv(2048)
                vip, mac = socket.inet_ntoa(frame[28:32]), frame[22:28]
                if vip not in self.answering:
                    continue
                name = self.names.get(mac, mac.hex(":"))
                if frame[:6] == BROADCAST:
                    self.announced.append((now(), vip, name))
                elif struct.unpack_from("!H", frame, 20)[0] == REPLY:
                    self.answering[vip].add(name)

    def conclude(self, at: float) -> None:
        """Write down what changed since the round before."""
        held = {name: kernel_addresses(pid) for name, pid in self.nodes.items()}
        for vip in self.vips:
            holders = frozenset(name for name, addresses in held.items() if vip in addresses)
            seen = (holders, frozenset(self.answering[vip]))
            if self.last.get(vip) != seen:
                self.last[vip] = seen
                self.changes.append((at, vip, sorted(seen[0]), sorted(seen[1])))

    def run(self) -> None:
        while True:
            began = now()
            self.ask()
            while (left := began + PERIOD_SECONDS - now()) > 0:
                readable, _, _ = select.select([sys.stdin, self.segment], [], [], left)
                if self.segment in readable:
                    self.hear()
                if sys.stdin in readable:
                    if not os.read(sys.stdin.fileno(), 4096):
                        return
                    told = {"changes": self.changes, "announced": self.announced, "at": now()}
                    print(json.dumps(told), flush=True)
                    self.changes, self.announced = [], []
            try:
                self.conclude(began)
            except FileNotFoundError:
                return


def main() -> None:
    device, address = sys.argv[1:3]
    split = sys.argv.index("--")
    nodes: dict[str, int] = {}
    names: dict[bytes, str] = {}
    for entry in sys.argv[3:split]:
        name, pid, mac = entry.split("=")
        nodes[name] = int(pid)
        names[bytes.fromhex(mac.replace(":", ""))] = name
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    segment = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERNET_ARP))
    segment.bind((device, ETHERNET_ARP))
    segment.setblocking(False)
    Observer(segment, address, nodes, names, tuple(sys.argv[split + 1 :])).run()


if __name__ == "__main__":
    main()
