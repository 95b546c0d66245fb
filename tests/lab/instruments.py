"""The laboratory's two eyes as objects: the client's prober and the observer on the segment."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.lab.attempts import Attempt, Noise
from tests.lab.host import SYSTEM_PATH, TREE, LabError
from tests.lab.segment import BRIDGE, SWITCH, Segment, address_of, hardware_address_of
from tests.lab.sightings import Announcement, Sighting

HERE = Path(__file__).parent
INTERPRETER = (sys.executable, "-I", "-S")


def now() -> float:
    """Seconds of CLOCK_BOOTTIME: the clock of the daemons and of every instrument."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class _Instrument:
    """A process that answers each line with what it saw since the last one."""

    def __init__(self, process: "subprocess.Popen[str]", name: str) -> None:
        self._process = process
        self._name = name

    def _ask(self) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("report\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise LabError(f"{self._name}: ended with status {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(timeout=5)
        self._process.stdout.close()


class Prober(_Instrument):
    """Opens connections from the client until it is stopped."""

    def __init__(
        self, segment: Segment, vip: str, port: int, say: str | None = None, period: float = 0.005
    ) -> None:
        """`say`: what the client says first; `period`: seconds between two attempts."""
        argv = [*INTERPRETER, str(HERE / "prober.py"), vip, str(port), f"--period={period}"]
        if say is not None:
            argv.append(f"--say={say}")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        super().__init__(segment.client.start(argv, **pipes), f"prober of {vip}:{port}")
        self._attempts: list[Attempt] = []
        self.noise = Noise(0, 0.0, 0)

    def attempts(self) -> list[Attempt]:
        """Every attempt so far that has ended, in the order of the ends."""
        seen = self._ask()
        self._attempts += [Attempt(*fields) for fields in seen["attempts"]]
        self.noise = Noise(seen["ticks"], seen["worst_lateness"], seen["missed"])
        return list(self._attempts)

    def is_answered_by(self, node: str, since: float) -> bool:
        """True once this node has answered an attempt made after an instant."""
        return any(a.node == node and a.started >= since for a in self.attempts())


class Observer(_Instrument):
    """Watches these VIPs until it is stopped."""

    def __init__(self, segment: Segment, vips: Sequence[str]) -> None:
        nodes = [f"{n.name}={n.pid}={hardware_address_of(n.name)}" for n in segment.nodes]
        program = [sys.executable, "-S", str(HERE / "observer.py")]
        argv = [*program, BRIDGE, address_of(SWITCH), *nodes, "--", *vips]
        process = subprocess.Popen(
            segment.switch.entering(argv, is_network_only=True),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={"PATH": SYSTEM_PATH, "PYTHONPATH": str(TREE), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        super().__init__(process, "observer")
        self._sightings: list[Sighting] = []
        self._announcements: list[Announcement] = []
        self.until = 0.0

    def sightings(self) -> list[Sighting]:
        """Every change so far; `until` is the instant up to which they hold."""
        seen = self._ask()
        self.until = seen["at"]
        self._sightings += [
            Sighting(at, vip, frozenset(holders), frozenset(answering))
            for at, vip, holders, answering in seen["changes"]
        ]
        self._announcements += [Announcement(*fields) for fields in seen["announced"]]
        return list(self._sightings)

    def announcements(self) -> list[Announcement]:
        """Every announcement so far, in their order."""
        self.sightings()
        return list(self._announcements)
