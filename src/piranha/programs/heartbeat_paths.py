"""The heartbeat's paths to the partner: what goes out on all of them, and what may come in.

What comes in is believed only when it decodes, is of our cluster, from the partner's side and
address, and newer than what the same path brought before. Everything else is counted, logged once
a minute with its source, and changes nothing.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass

from piranha.config.settings import IPAddress, Settings
from piranha.errors import WireError
from piranha.system import clock, journal
from piranha.system.datagrams import Arrival, HeartbeatSocket
from piranha.system.loop import Loop
from piranha.terms import Severity, Side
from piranha.wire import heartbeat
from piranha.wire.heartbeat import Heartbeat

MOST_AT_ONCE = 256
"""Datagrams read from one path before others have their turn."""
REOPEN_SECONDS = 1.0
COMPLAINT_SECONDS = 60.0
MOST_COMPLAINTS = 32
"""Different kinds of wrong datagrams that are told apart; more are one kind."""
INCARNATIONS_KEPT = 8

Hear = Callable[[int, Heartbeat, float], None]
"""Takes the path, the heartbeat, and the instant at which it arrived."""


class SequenceGuard:
    """Refuses what was heard before: a heartbeat of an incarnation that is over, or one that is
    not newer than the last on its path."""

    def __init__(self) -> None:
        self._incarnation: int | None = None
        self._over: list[int] = []
        self._newest: dict[int, int] = {}

    def refusal(self, path: int, beat: Heartbeat) -> str:
        """Why the heartbeat is refused; empty when it is taken, and then it counts as heard."""
        if beat.incarnation in self._over:
            return "of an earlier run of the partner"
        if beat.incarnation != self._incarnation:
            if self._incarnation is not None:
                self._over = [*self._over, self._incarnation][-INCARNATIONS_KEPT:]
            self._incarnation = beat.incarnation
            self._newest = {}
        if beat.sequence <= self._newest.get(path, -1):
            return "repeated or overtaken"
        self._newest[path] = beat.sequence
        return ""


class WrongDatagrams:
    """Counts what was refused, by source and reason, and says so once a minute."""

    def __init__(self) -> None:
        self.total = 0
        self._counts: dict[tuple[str, str], int] = {}
        self._say_at = 0.0

    def add(self, source: str, reason: str, count: int = 1) -> None:
        key = (source, reason)
        if key not in self._counts and len(self._counts) >= MOST_COMPLAINTS:
            key = ("others", "wrong")
        self._counts[key] = self._counts.get(key, 0) + count
        self.total += count

    def wake_at(self) -> float:
        return self._say_at if self._counts else float("inf")

    def tend(self, now: float) -> None:
        """Say what came since the last time: the first at once, then at most once a minute."""
        if not self._counts or now < self._say_at:
            return
        for (source, reason), count in self._counts.items():
            datagrams = "1 datagram" if count == 1 else f"{count} datagrams"
            text = f"{datagrams} from {source} ignored: {reason}"
            journal.say(Severity.WARNING, "heartbeat", text)
        self._counts.clear()
        self._say_at = now + COMPLAINT_SECONDS


@dataclass(slots=True)
class HeartbeatPath:
    """One pair of addresses, and what went over it."""

    number: int
    local: IPAddress
    partner: IPAddress
    door: HeartbeatSocket | None = None
    sent: int = 0
    received: int = 0
    heard_at: float | None = None
    trouble: str = ""
    foreign_told: int = 0


class HeartbeatPaths:
    """Every path of this node."""

    def __init__(self, loop: Loop, settings: Settings, side: Side, hear: Hear) -> None:
        """Raises OSError when a path cannot be opened though its address is here."""
        self._loop = loop
        self._cluster = settings.cluster
        self._partner = side.other
        self._port = settings.heartbeat_port
        self._hear = hear
        self._guard = SequenceGuard()
        self._reopen_at = float("inf")
        self.wrong = WrongDatagrams()
        ours, theirs = settings.addresses[side], settings.addresses[side.other]
        self.paths = tuple(
            HeartbeatPath(number, local, partner)
            for number, (local, partner) in enumerate(zip(ours, theirs, strict=True))
        )
        for path in self.paths:
            self._open(path, is_first=True)

    def send(self, data: bytes) -> None:
        """Send one heartbeat on every path."""
        for path in self.paths:
            if path.door is None:
                continue
            refusal = path.door.send(data)
            if refusal is None:
                path.sent += 1
            if (refusal or "") != path.trouble:
                self._tell_trouble(path, refusal or "")

    def drain(self) -> None:
        """Read everything that has come on every path."""
        for path in self.paths:
            if path.door is not None:
                self._drain(path)

    def wake_at(self) -> float:
        return min(self._reopen_at, self.wrong.wake_at())

    def tend(self) -> None:
        """Try paths that could not be opened again, and say what was ignored."""
        now = clock.now()
        if now >= self._reopen_at:
            self._reopen_at = float("inf")
            for path in self.paths:
                if path.door is None:
                    self._open(path, is_first=False)
        self.wrong.tend(now)

    def close(self) -> None:
        for path in self.paths:
            if path.door is not None:
                self._loop.forget(path.door)
                path.door.close()
                path.door = None

    def _open(self, path: HeartbeatPath, is_first: bool) -> None:
        try:
            path.door = HeartbeatSocket(path.local, self._port, path.partner)
        except OSError as error:
            if is_first and error.errno != errno.EADDRNOTAVAIL:
                raise
            self._reopen_at = clock.now() + REOPEN_SECONDS
            if path.trouble != str(error):
                self._tell_trouble(path, str(error))
            return
        if path.trouble:
            self._tell_trouble(path, "")
        self._loop.watch(path.door, lambda: self._drain(path))

    def _tell_trouble(self, path: HeartbeatPath, trouble: str) -> None:
        path.trouble = trouble
        name = f"path {path.local} to {path.partner}"
        if trouble:
            journal.say(Severity.WARNING, "heartbeat", f"{name}: {trouble}")
        else:
            journal.say(Severity.INFO, "heartbeat", f"{name}: can be used again")

    def _drain(self, path: HeartbeatPath) -> None:
        assert path.door is not None
        while arrivals := path.door.drain(MOST_AT_ONCE):
            for arrival in arrivals:
                self._take(path, arrival)
            if len(arrivals) < MOST_AT_ONCE:
                break
        foreign = path.door.foreign - path.foreign_told
        if foreign:
            path.foreign_told = path.door.foreign
            reason = f"not the partner's address, {path.partner}"
            self.wrong.add(path.door.newest_foreign, reason, foreign)

    def _take(self, path: HeartbeatPath, arrival: Arrival) -> None:
        try:
            beat = heartbeat.decode(arrival.data)
        except WireError as error:
            self.wrong.add(str(arrival.source), str(error))
            return
        refusal = self._stranger(beat) or self._guard.refusal(path.number, beat)
        if refusal:
            self.wrong.add(str(arrival.source), refusal)
            return
        path.received += 1
        path.heard_at = arrival.arrived_at
        self._hear(path.number, beat, arrival.arrived_at)

    def _stranger(self, beat: Heartbeat) -> str:
        if beat.cluster != self._cluster:
            return f'cluster "{beat.cluster}", not "{self._cluster}"'
        if beat.node is not self._partner:
            return f"it says that it is the {beat.node}, as this node is"
        return ""
