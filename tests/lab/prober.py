"""The client: opens a new connection every few milliseconds and tells how each one ended.

    prober.py ADDRESS PORT [--say TEXT] [--period SECONDS]

Runs in the client's namespace, in a process of its own. Each attempt is a new TCP connection with
a limit of its own, and several may be open at once; the last word of the first answer names the
node that gave it. A line on standard input asks for what was seen since the last one: one JSON line
comes back. The end of standard input ends it. It asks for real-time scheduling, so that the
daemons' work does not look like an outage, and reports how late it was nevertheless.
"""

import argparse
import contextlib
import json
import os
import select
import socket
import sys
import time
from dataclasses import dataclass, field

PERIOD_SECONDS = 0.005
LIMIT_SECONDS = 0.050
QUESTION = "GET / HTTP/1.0\r\n\r\n"
LONGEST_ANSWER = 4096


def now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(slots=True)
class Open:
    """A connection under way."""

    connection: socket.socket
    started: float
    is_connected: bool = False


@dataclass(slots=True)
class Prober:
    family: int
    address: tuple[str, int]
    question: bytes
    period: float = PERIOD_SECONDS
    open: dict[int, Open] = field(default_factory=dict)
    ended: list[tuple[float, float, str]] = field(default_factory=list)
    ticks: int = 0
    missed: int = 0
    worst_lateness: float = 0.0

    def begin(self) -> None:
        """Start one attempt; it is never waited for."""
        connection = socket.socket(self.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        attempt = Open(connection, now())
        with contextlib.suppress(BlockingIOError):
            try:
                connection.connect(self.address)
            except OSError as error:
                if not isinstance(error, BlockingIOError):
                    self.finish(attempt, "")
                    return
        self.open[connection.fileno()] = attempt

    def finish(self, attempt: Open, node: str) -> None:
        self.open.pop(attempt.connection.fileno(), None)
        attempt.connection.close()
        self.ended.append((attempt.started, now(), node))

    def connected(self, attempt: Open) -> None:
        """The connection is there, or refused."""
        if attempt.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.finish(attempt, "")
            return
        attempt.is_connected = True
        try:
            if self.question:
                attempt.connection.send(self.question)
        except OSError:
            self.finish(attempt, "")

    def answered(self, attempt: Open) -> None:
        try:
            words = attempt.connection.recv(LONGEST_ANSWER).split()
        except OSError:
            words = []
        self.finish(attempt, words[-1].decode(errors="replace") if words else "")

    def expire(self) -> None:
        """Give up what is over its limit."""
        limit = now() - LIMIT_SECONDS
        for attempt in [a for a in self.open.values() if a.started <= limit]:
            self.finish(attempt, "")

    def turn(self, until: float) -> bool:
        """Wait until an instant at most, and do what is ready. False: standard input has ended."""
        readers = [d for d, a in self.open.items() if a.is_connected]
        writers = [d for d, a in self.open.items() if not a.is_connected]
        wait = max(0.0, until - now())
        readable, writable, _ = select.select([sys.stdin, *readers], writers, [], wait)
        for descriptor in writable:
            self.connected(self.open[descriptor])
        for descriptor in readable:
            if descriptor is sys.stdin:
                if not os.read(sys.stdin.fileno(), LONGEST_ANSWER):
                    return False
                self.report()
            elif descriptor in self.open:
                self.answered(self.open[descriptor])
        self.expire()
        return True

    def report(self) -> None:
        seen = {
            "attempts": self.ended,
            "ticks": self.ticks,
            "missed": self.missed,
            "worst_lateness": self.worst_lateness,
        }
        print(json.dumps(seen), flush=True)
        self.ended = []

    def run(self) -> None:
        """Attempt after attempt until standard input ends; a tick that was missed is left out."""
        planned = now()
        while self.turn(min([planned, *(a.started + LIMIT_SECONDS for a in self.open.values())])):
            late = now() - planned
            if late < 0:
                continue
            self.worst_lateness = max(self.worst_lateness, late)
            self.ticks += 1
            self.begin()
            skipped = int(late / self.period)
            self.missed += skipped
            planned += self.period * (1 + skipped)


def become_realtime() -> None:
    """Where the system allows it; without, the lateness in the report says what that cost."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--say", default=QUESTION, help="what the client says first; may be empty")
    parser.add_argument("--period", type=float, default=PERIOD_SECONDS, help="between attempts")
    wanted = parser.parse_args()
    become_realtime()
    family = socket.AF_INET6 if ":" in wanted.address else socket.AF_INET
    address = (wanted.address, wanted.port)
    Prober(family, address, wanted.say.encode(), wanted.period).run()


if __name__ == "__main__":
    main()
