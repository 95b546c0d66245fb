"""Two nodes whose heartbeats go through the hands of an attacker who has no key.

Both ends are the real HeartbeatPaths; only the sockets are replaced, by lists in which the attacker
records, repeats, reorders, cuts and changes datagrams. Time is simulated.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

from piranha.programs.heartbeat_paths import HeartbeatPaths
from piranha.system.datagrams import Arrival
from piranha.system.loop import Loop
from piranha.terms import Side
from piranha.wire.aside import Talk
from piranha.wire.envelope import KeyRing
from piranha.wire.heartbeat import Heartbeat
from tests.programs.example_settings import settings

ADDRESSES = {Side.PRIMARY: ip_address("127.9.3.1"), Side.BACKUP: ip_address("127.9.3.2")}
KEY = KeyRing((b"k" * 32,))
BEAT = Heartbeat(
    cluster="default",
    node=Side.PRIMARY,
    incarnation=0,
    sequence=0,
    keepalive_seconds=1.0,
    deadtime_seconds=5.0,
    serial_no=0,
    wants_answer=False,
    is_goodbye=False,
    has_carrier=True,
    sees_witness=None,
    frozen_seconds=0.0,
)


@dataclass
class Door:
    """Stands for a socket: what is put into `queue` is drained, what is sent goes to `on_send`."""

    source: object
    on_send: Callable[[bytes], None]
    now: Callable[[], float]
    queue: list[bytes] = field(default_factory=list)
    foreign: int = 0
    newest_foreign: str = ""
    is_empty: bool = True

    def send(self, data: bytes) -> None:
        self.on_send(data)

    def drain(self, limit: int) -> list[Arrival]:
        taken, self.queue = self.queue[:limit], self.queue[limit:]
        self.is_empty = not self.queue
        return [Arrival(data, self.source, self.now()) for data in taken]  # type: ignore[arg-type]

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        pass


@dataclass
class End:
    """One node: what it has sent, what it believed, and since which moment of the partner."""

    side: Side
    world: "Road"
    incarnation: int = 0
    sequence: int = 0
    newest_known: int = 0
    heard: list[tuple[int, int]] = field(default_factory=list)
    partner_at_start: tuple[int, int] = (0, 0)
    unproven: int = 0
    wants_beat: bool = False

    def start(self, partner: "End") -> None:
        """A new run: nothing is remembered but the newest run of the partner."""
        if self.incarnation:
            self.newest_known = max(self.newest_known, self.paths.guard.newest_known)
            self.paths.close()
        self.incarnation = self.world.next_incarnation()
        self.sequence = 0
        self.heard = []
        self.partner_at_start = partner.incarnation, partner.sequence
        paths = self.world.settings
        self.paths = HeartbeatPaths(self.world.loop, paths, self.side, self)
        real = self.paths.paths[0].door
        assert real is not None
        self.world.loop.forget(real)
        real.close()
        self.door = Door(ADDRESSES[self.side.other], self.world.sender(self), self.world.time)
        self.paths.paths[0].flood = None
        self.paths.paths[0].door = self.door  # type: ignore[assignment]
        self.paths.use(KEY)
        self.paths.guard.newest_known = self.newest_known

    def beat(self) -> None:
        self.sequence += 1
        beat = replace(BEAT, node=self.side, incarnation=self.incarnation, sequence=self.sequence)
        self.paths.send_beat(beat)

    def turn(self) -> None:
        self.paths.drain()
        self.paths.tend()
        if self.wants_beat:
            self.wants_beat = False
            self.beat()

    def hear(self, _path: int, beat: Heartbeat, _at: float) -> None:
        self.heard.append((beat.incarnation, beat.sequence))

    def hear_unproven(self, _at: float) -> None:
        self.unproven += 1

    def hear_aside(self, talk: Talk) -> None:
        raise AssertionError(talk)

    def answer_challenge(self) -> None:
        self.wants_beat = True


class Road:
    """The two ends and what is between them."""

    def __init__(self, seed: int, loop: Loop, clock: "FakeClock", port: int) -> None:
        self.random = random.Random(seed)
        self.loop = loop
        self.clock = clock
        self.settings = settings(
            heartbeat_port=port, addresses={side: (a,) for side, a in ADDRESSES.items()}
        )
        self.flying: list[tuple[End, bytes]] = []
        self.recorded: list[tuple[End, bytes]] = []
        self._newest = 0
        self.ends = {side: End(side, self) for side in Side}
        for end in self.ends.values():
            end.start(self.other(end))

    def other(self, end: End) -> End:
        return self.ends[end.side.other]

    def next_incarnation(self) -> int:
        self._newest += 1
        return self._newest << 32 | self.random.getrandbits(32)

    def time(self) -> float:
        return self.clock.now()

    def sender(self, end: End) -> Callable[[bytes], None]:
        def fly(data: bytes) -> None:
            self.flying.append((self.other(end), data))
            self.recorded.append((self.other(end), data))

        return fly

    def deliver(self, number: int) -> None:
        to, data = self.flying.pop(number)
        to.door.queue.append(data)

    def settle(self) -> None:
        """The attacker sleeps: what is sent arrives."""
        self.flying.clear()
        for _ in range(6):
            self.clock.pass_by(0.06)
            for end in self.ends.values():
                end.beat()
            while self.flying:
                self.deliver(0)
                for end in self.ends.values():
                    end.turn()

    def misbehave(self) -> None:
        """One thing that an attacker, the network or an operator does."""
        choice = self.random.random()
        end = self.random.choice(list(self.ends.values()))
        if choice < 0.3:
            end.beat()
        elif choice < 0.55 and self.flying:
            self.deliver(self.random.randrange(len(self.flying)))
        elif choice < 0.6 and self.flying:
            self.flying.pop(self.random.randrange(len(self.flying)))
        elif choice < 0.75 and self.recorded:
            to, data = self.random.choice(self.recorded)
            to.door.queue.append(data)
        elif choice < 0.85 and self.recorded:
            to, data = self.random.choice(self.recorded)
            self.random.choice(list(self.ends.values())).door.queue.append(self.spoil(data))
        elif choice < 0.9:
            end.start(self.other(end))
        elif choice < 0.95:
            self.clock.pass_by(self.random.uniform(0.0, 0.3))
        for each in self.ends.values():
            each.turn()

    def spoil(self, data: bytes) -> bytes:
        if self.random.random() < 0.4:
            return data[: self.random.randrange(len(data))]
        changed = bytearray(data)
        for _ in range(self.random.randint(1, 4)):
            changed[self.random.randrange(len(changed))] ^= 1 << self.random.randrange(8)
        return bytes(changed)


class FakeClock:
    """Stands for `piranha.system.clock`."""

    def __init__(self) -> None:
        self._now = 1000.0

    def now(self) -> float:
        return self._now

    def pass_by(self, seconds: float) -> None:
        self._now += seconds
