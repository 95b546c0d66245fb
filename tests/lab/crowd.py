"""Many nannies of one fos on this machine: what they cost, and how their probes are spread.

python tests/lab/crowd.py COUNT SECONDS        prints one JSON object
"""

import collections
import json
import os
import select
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from ipaddress import ip_address
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from piranha.config.reading import read_settings
from piranha.config.settings import Service
from piranha.decisions.fos_events import NannyReported
from piranha.programs.fos_nannies import Nannies, NannyEvent
from piranha.system import children, clock
from piranha.system.loop import Loop

INTERVAL_SECONDS = 1.0
SETTLING_SECONDS = 2.0
"""Two rounds of probes, in which nannies touch the memory that they need."""
PAGE = b"HTTP/1.0 200 OK\r\n\r\nhello"
BLOCK = """\
service = fos
primary = 127.0.0.1
backup = 127.0.0.2
failover web {{
    active = 1
    address = 10.9.0.10 lo
    port = {port}
    interval = 1
    timeout = 5
    script {{
        send = "GET / HTTP/1.0\\r\\nHost: %h\\r\\n\\r\\n"
        expect_line = "HTTP/1.0 200"
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What was measured."""

    nannies: int
    probes: int
    healthy: int
    percent: float
    """Of one core, for all nannies and the fos that hears them."""
    typical_kilobytes: int
    """Private memory of a nanny, the median."""
    largest_kilobytes: int
    busiest_tenth: float
    """Share of the probes that came in the busiest tenth of the interval; 0.1 is even."""


def serve(listener: socket.socket) -> int:
    """Answers everybody at once; in a process of its own, which is not counted."""
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    clients: dict[int, socket.socket] = {}
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == listener.fileno():
                client, _ = listener.accept()
                clients[client.fileno()] = client
                poll.register(client, select.EPOLLIN)
                continue
            client = clients.pop(descriptor)
            poll.unregister(descriptor)
            with client, suppress(OSError):
                client.recv(4096)
                client.send(PAGE)


def services(count: int, port: int) -> list[Service]:
    reading = read_settings(BLOCK.format(port=port).encode(), "crowd")
    assert reading.settings is not None, reading.complaints
    (service,) = reading.settings.groups[0].services
    return [replace(service, name=f"web{number}") for number in range(count)]


def processor_seconds(pids: list[int]) -> float:
    """What these have used so far (proc(5), schedstat)."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def private_kilobytes(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if "Private_" in line)


def measure(count: int, seconds: float) -> Crowd:
    listener = socket.create_server(("127.0.0.1", 0), backlog=count)
    server = children.fork(lambda: serve(listener), "server", (listener.fileno(),))
    loop, heard = Loop(), []

    def note(event: NannyEvent) -> None:
        if isinstance(event, NannyReported):
            heard.append((clock.now(), event.report.is_healthy))

    nannies = Nannies(loop, ip_address("127.0.0.1"), note)
    asked = services(count, listener.getsockname()[1])
    nannies.spread(asked)
    children.prepare_to_fork()
    for service in asked:
        nannies.start(service)

    def run(until: float) -> None:
        while (now := clock.now()) < until:
            if now >= min(nannies.work_at(), nannies.wake_at()):
                nannies.tend()
            loop.turn(min(until, nannies.work_at(), nannies.wake_at()))

    while len(nannies.pids()) < count:
        run(clock.now() + 0.1)
    run(clock.now() + SETTLING_SECONDS)
    pids = list(nannies.pids().values())
    before, _ = processor_seconds([*pids, os.getpid()]), heard.clear()
    run(clock.now() + seconds)
    used = processor_seconds([*pids, os.getpid()]) - before
    tenths = collections.Counter(int(at % INTERVAL_SECONDS * 10) for at, _ in heard)
    sizes = sorted(map(private_kilobytes, pids))
    crowd = Crowd(
        nannies=count,
        probes=len(heard),
        healthy=sum(is_healthy for _, is_healthy in heard),
        percent=used / seconds * 100,
        typical_kilobytes=sizes[count // 2],
        largest_kilobytes=sizes[-1],
        busiest_tenth=max(tenths.values()) / len(heard),
    )
    nannies.end()
    children.kill(server)
    return crowd


def measured_crowd(count: int, seconds: float) -> Crowd:
    """In a process of its own, which has loaded no more than a fos."""
    command = [sys.executable, __file__, str(count), str(seconds)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)
    return Crowd(**json.loads(ran.stdout))


def main(count: int, seconds: float) -> None:
    print(json.dumps(asdict(measure(count, seconds))))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
