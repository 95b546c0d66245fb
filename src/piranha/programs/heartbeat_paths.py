"""The heartbeat's paths to the partner: what goes out on all of them, and what may come in.

What comes in is believed only when it is sealed (where there is a key), decodes, is of our cluster,
from the partner's side and address, and when heartbeat_guard.py believes it. Everything else is
counted, logged once a minute with its source, and changes nothing.
"""

import errno
from dataclasses import dataclass
from typing import Protocol

from piranha.config.settings import IPAddress, Settings
from piranha.errors import WireError
from piranha.programs.flood_watch import FloodWatch
from piranha.programs.heartbeat_guard import Belief, HeartbeatGuard
from piranha.system import clock, journal
from piranha.system.datagrams import Arrival, HeartbeatSocket
from piranha.system.heartbeat_filter import Known
from piranha.system.loop import Loop
from piranha.system.randomness import draw
from piranha.terms import Severity, Side
from piranha.wire import aside, envelope, heartbeat
from piranha.wire.aside import Aside, Challenge, ChallengeAnswered, Talk
from piranha.wire.envelope import NO_KEYS, KeyRing, Kind, seal
from piranha.wire.heartbeat import Heartbeat

MOST_AT_ONCE = 256
"""Datagrams read from one path before others have their turn."""
REOPEN_SECONDS = 1.0
COMPLAINT_SECONDS = 60.0
MOST_COMPLAINTS = 32
"""Different kinds of wrong datagrams that are told apart; more are one kind."""
MOST_NAMED = 3
MOST_IN_A_ROW = 4096
"""Datagrams read from one path in one go: more than the kernel queues, so that whatever waited is
read, and a flood cannot keep us reading for ever."""
MAGICS = tuple(kind.value for kind in Kind)
COUNT_SECONDS = 1.0
"""Between two looks at how many datagrams the kernel has kept away."""
ANSWERS_SECONDS = 0.01
"""Between two answers to challenges, each of which costs a heartbeat too."""


class Listener(Protocol):
    """Who is told of what comes in."""

    def hear(self, path: int, beat: Heartbeat, at: float) -> None:
        """A heartbeat of the partner that is believed, and the instant at which it arrived."""

    def hear_unproven(self, at: float) -> None:
        """A sealed one of a run of the partner that has not proven that it lives."""

    def hear_aside(self, talk: Talk) -> None:
        """A question about our file, or an answer about the partner's."""

    def answer_challenge(self) -> None:
        """The partner wants a fresh heartbeat: it believes us from now on."""


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
        journal.say(Severity.WARNING, "heartbeat", self._text())
        self._counts.clear()
        self._say_at = now + COMPLAINT_SECONDS

    def _text(self) -> str:
        """One line, whatever came; those that came most often are named."""
        most = sorted(self._counts.items(), key=lambda item: -item[1])
        (source, reason), count = most[0]
        if len(most) == 1:
            return f"{_datagrams(count)} from {source} ignored: {reason}"
        named = [
            f"{count} from {source}: {reason}" for (source, reason), count in most[:MOST_NAMED]
        ]
        if rest := sum(count for _, count in most[MOST_NAMED:]):
            named.append(f"{rest} others")
        total = sum(self._counts.values())
        return f"{_datagrams(total)} ignored: {'; '.join(named)}"


def _datagrams(count: int) -> str:
    return "1 datagram" if count == 1 else f"{count} datagrams"


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
    wrong: int = 0
    """Datagrams with the partner's address that were refused."""
    flood: FloodWatch | None = None


class HeartbeatPaths:
    """Every path of this node."""

    def __init__(self, loop: Loop, settings: Settings, side: Side, listener: Listener) -> None:
        """Raises OSError when a path cannot be opened though its address is here."""
        self._loop = loop
        self._cluster = settings.cluster
        self._side = side
        self._port = settings.heartbeat_port
        self._listener = listener
        self._ring = NO_KEYS
        self._is_seal_told = False
        self._sent: tuple[int, int] | None = None
        """Incarnation and sequence number of the newest heartbeat sent."""
        self._answer_at = 0.0
        self._count_at = 0.0
        self.guard = HeartbeatGuard(lambda: draw(64))
        self._reopen_at = float("inf")
        self.wrong = WrongDatagrams()
        ours, theirs = settings.addresses[side], settings.addresses[side.other]
        self.paths = tuple(
            HeartbeatPath(number, local, partner)
            for number, (local, partner) in enumerate(zip(ours, theirs, strict=True))
        )
        for path in self.paths:
            self._open(path, is_first=True)

    def use(self, ring: KeyRing) -> None:
        """Seal with these keys, and open with them, from now on."""
        self._ring = ring
        self._is_seal_told = False
        self.guard.is_challenging = bool(ring.keys)

    def send_beat(self, beat: Heartbeat) -> None:
        """Send one heartbeat on every path."""
        self._sent = beat.incarnation, beat.sequence
        self.send(seal(heartbeat.encode(beat), self._ring))

    def send_aside(self, talk: Talk) -> None:
        """Say something else on every path; the partner takes the first copy."""
        self.send(self._aside(talk))

    def _aside(self, talk: Talk) -> bytes:
        return seal(aside.encode(Aside(self._cluster, self._side, talk)), self._ring)

    def send(self, data: bytes) -> None:
        """Send one datagram on every path."""
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
        floods = (path.flood.wake_at() for path in self.paths if path.flood)
        return min(self._reopen_at, self.wrong.wake_at(), self.guard.wake_at(), *floods)

    def tend(self) -> None:
        """Try paths that could not be opened again, and say what was ignored."""
        now = clock.now()
        self._challenge(now)
        for path in self.paths:
            if path.flood is not None and now >= path.flood.wake_at():
                self._watch_flood(path, now)
        if now >= self._reopen_at:
            self._reopen_at = float("inf")
            for path in self.paths:
                if path.door is None:
                    self._open(path, is_first=False)
        self._count_kept_away(now)
        self.wrong.tend(now)

    def _count_kept_away(self, now: float) -> None:
        if now < self._count_at:
            return
        self._count_at = now + COUNT_SECONDS
        for path in self.paths:
            kept_away = path.flood.newly_kept_away() if path.flood else 0
            if kept_away:
                self.wrong.add("anybody", f"a flood on the path from {path.partner}", kept_away)

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
        path.flood = FloodWatch(path.door)
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
        wrong = path.wrong
        for _ in range(MOST_IN_A_ROW // MOST_AT_ONCE):
            for arrival in path.door.drain(MOST_AT_ONCE):
                self._take(path, arrival)
            if path.door.is_empty:
                break
        foreign = path.door.foreign - path.foreign_told
        if foreign:
            path.foreign_told = path.door.foreign
            reason = f"not the partner's address, {path.partner}"
            self.wrong.add(path.door.newest_foreign, reason, foreign)
        if foreign or path.wrong != wrong:
            self._watch_flood(path, clock.now())

    def _watch_flood(self, path: HeartbeatPath, now: float) -> None:
        if path.flood is None:
            return
        run, number = self.guard.newest(path.number)
        known = Known(envelope.LARGEST_DATAGRAM, MAGICS, heartbeat.RUN_OFFSET, run, number)
        before = path.flood.level
        try:
            path.flood.look(now, path.wrong, known)
        except OSError as error:
            self._tell_trouble(path, f"cannot keep a flood away: {error}")
        if path.flood.level is not before and path.flood.level > before:
            text = f"path {path.local} to {path.partner}: a flood; the kernel keeps it away now"
            journal.say(Severity.WARNING, "heartbeat", text)

    def _take(self, path: HeartbeatPath, arrival: Arrival) -> None:
        try:
            opened = envelope.open_datagram(arrival.data, self._ring)
            if opened.kind is Kind.ASIDE:
                refusal = self._take_aside(aside.read(opened.body))
            else:
                refusal = self._take_beat(path, heartbeat.read(opened.body), arrival.arrived_at)
        except WireError as error:
            refusal = str(error)
        if refusal:
            path.wrong += 1
            self.wrong.add(str(arrival.source), refusal)
        elif opened.is_sealed and not self._ring.keys and not self._is_seal_told:
            self._is_seal_told = True
            text = "the partner seals its heartbeats, but this node has no heartbeat_key: "
            text += "they are believed unlooked-at"
            journal.say(Severity.WARNING, "heartbeat", text)

    def _take_beat(self, path: HeartbeatPath, beat: Heartbeat, at: float) -> str:
        """Why it is refused; empty when it is taken, or waits for a proof."""
        if refusal := self._stranger(beat.cluster, beat.node):
            return refusal
        belief = self.guard.hear(path.number, beat, at)
        if belief is Belief.TAKEN:
            path.received += 1
            path.heard_at = at
            self._listener.hear(path.number, beat, at)
        elif belief is Belief.UNPROVEN:
            self._listener.hear_unproven(at)
            self._challenge(clock.now())
        return self.guard.reason if belief is Belief.REFUSED else ""

    def _take_aside(self, said: Aside) -> str:
        if refusal := self._stranger(said.cluster, said.node):
            return refusal
        if isinstance(said.talk, Challenge):
            self._answer(said.talk)
        elif isinstance(said.talk, ChallengeAnswered):
            for waiting in self.guard.answered(said.talk):
                self._take_beat(self.paths[waiting.path], waiting.beat, waiting.at)
        else:
            self._listener.hear_aside(said.talk)
        return ""

    def _challenge(self, now: float) -> None:
        if challenge := self.guard.challenge(now):
            self.send_aside(challenge)

    def _answer(self, challenge: Challenge) -> None:
        """On every path, and with a heartbeat behind it that is newer than what was recorded."""
        now = clock.now()
        if self._sent is None or now < self._answer_at:
            return
        self._answer_at = now + ANSWERS_SECONDS
        self.send_aside(ChallengeAnswered(challenge.nonce, *self._sent))
        self._listener.answer_challenge()

    def _stranger(self, cluster: str, node: Side) -> str:
        if cluster != self._cluster:
            return f'cluster "{cluster}", not "{self._cluster}"'
        if node is self._side:
            return f"it says that it is the {node}, as this node is"
        return ""
