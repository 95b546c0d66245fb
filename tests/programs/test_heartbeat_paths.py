"""What is believed of what comes in on the heartbeat's paths. On loopback."""

import itertools
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address

import pytest

from piranha.programs.heartbeat_paths import HeartbeatPaths, WrongDatagrams
from piranha.system import clock
from piranha.system.loop import Loop
from piranha.terms import Side
from piranha.wire import aside, envelope, heartbeat
from piranha.wire.aside import Aside, Challenge, ChallengeAnswered, SectionAsked, Talk
from piranha.wire.envelope import NO_KEYS, KeyRing
from piranha.wire.heartbeat import Heartbeat
from tests.programs.example_settings import settings

PRIMARY, BACKUP = ip_address("127.9.0.1"), ip_address("127.9.0.2")
PRIVATE = {Side.PRIMARY: ip_address("127.9.1.1"), Side.BACKUP: ip_address("127.9.1.2")}
BEAT = Heartbeat(
    cluster="default",
    node=Side.PRIMARY,
    incarnation=11,
    sequence=1,
    keepalive_seconds=2.0,
    deadtime_seconds=5.0,
    serial_no=3,
    wants_answer=False,
    is_goodbye=False,
    has_carrier=True,
    sees_witness=None,
    frozen_seconds=0.0,
)


def beat(sequence: int) -> Heartbeat:
    return replace(BEAT, sequence=sequence)


def test_wrong_datagrams_are_told_at_once_and_then_once_a_minute(lines: list[str]) -> None:
    wrong = WrongDatagrams()
    assert wrong.wake_at() == float("inf")
    wrong.add("10.0.0.9", "too short")
    wrong.tend(100.0)
    for _ in range(3):
        wrong.add("10.0.0.9", "too short")
    wrong.tend(159.9)
    assert wrong.wake_at() == 160.0
    wrong.tend(160.0)
    assert lines == [
        "pulse: heartbeat: 1 datagram from 10.0.0.9 ignored: too short",
        "pulse: heartbeat: 3 datagrams from 10.0.0.9 ignored: too short",
    ]
    assert wrong.total == 4


def test_a_flood_of_different_wrongs_does_not_grow(lines: list[str]) -> None:
    wrong = WrongDatagrams()
    for number in range(10_000):
        wrong.add(f"10.0.0.{number}", "too short")
    wrong.tend(1.0)
    assert lines == [
        "pulse: heartbeat: 10000 datagrams ignored: 9968 from others: wrong; "
        "1 from 10.0.0.0: too short; 1 from 10.0.0.1: too short; 30 others"
    ]


class Pair:
    """The paths of the backup, and sockets with which the primary speaks."""

    def __init__(self, is_private_here: bool = True) -> None:
        self.heard: list[tuple[int, int]] = []
        self.arrived: list[float] = []
        self.asides: list[Talk] = []
        self.unproven = self.challenges = 0
        self.ring = NO_KEYS
        self.loop = Loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind((str(BACKUP), 0))
            self.port: int = free.getsockname()[1]
        private = PRIVATE[Side.BACKUP] if is_private_here else ip_address("192.0.2.1")
        given = settings(
            heartbeat_port=self.port,
            addresses={
                Side.PRIMARY: (PRIMARY, PRIVATE[Side.PRIMARY]),
                Side.BACKUP: (BACKUP, private),
            },
        )
        self.paths = HeartbeatPaths(self.loop, given, Side.BACKUP, self)
        self.partner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.partner.bind((str(PRIMARY), self.port))
        self.partner.settimeout(1.0)

    def hear(self, path: int, beat: Heartbeat, at: float) -> None:
        self.heard.append((path, beat.sequence))
        self.arrived.append(at)

    def hear_unproven(self, _at: float) -> None:
        self.unproven += 1

    def hear_aside(self, talk: Talk) -> None:
        self.asides.append(talk)

    def answer_challenge(self) -> None:
        self.challenges += 1

    def said(self) -> Talk:
        """The next thing that came to the partner besides heartbeats."""
        opened = envelope.open_datagram(self.partner.recv(2000), self.ring)
        return aside.read(opened.body).talk

    def says(self, talk: Talk) -> None:
        said = aside.encode(Aside("default", Side.PRIMARY, talk))
        self.say(envelope.seal(said, self.ring))

    def say(self, data: bytes) -> None:
        self.partner.sendto(data, (str(BACKUP), self.port))

    def turn(self) -> None:
        self.loop.turn(clock.now() + 0.05)
        self.paths.tend()

    def close(self) -> None:
        self.paths.close()
        self.loop.close()
        self.partner.close()


@pytest.fixture
def pair(lines: list[str]) -> Iterator[Callable[..., Pair]]:
    assert lines == []
    pairs: list[Pair] = []

    def make(is_private_here: bool = True) -> Pair:
        pairs.append(Pair(is_private_here))
        return pairs[-1]

    yield make
    for made in pairs:
        made.close()


def test_a_heartbeat_of_the_partner_is_heard_with_its_path_and_instant(
    pair: Callable[..., Pair],
) -> None:
    it = pair()
    before = clock.now()
    it.say(heartbeat.encode(beat(1)))
    it.turn()
    assert it.heard == [(0, 1)]
    assert before <= it.arrived[0] <= clock.now()
    assert it.paths.paths[0].received == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", ""),
        (b"x" * 3000, ""),
        (heartbeat.encode(replace(BEAT, cluster="other")), 'cluster "other", not "default"'),
        (heartbeat.encode(replace(BEAT, node=Side.BACKUP)), "it says that it is the backup"),
    ],
)
def test_what_is_wrong_is_counted_told_and_ignored(
    pair: Callable[..., Pair], lines: list[str], data: bytes, reason: str
) -> None:
    it = pair()
    it.say(data)
    it.turn()
    assert it.heard == []
    assert it.paths.wrong.total == 1
    assert lines[0].startswith("pulse: heartbeat: 1 datagram from 127.9.0.1 ignored: ")
    assert reason in lines[0]


def test_a_stranger_is_not_heard(pair: Callable[..., Pair], lines: list[str]) -> None:
    it = pair()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.9.0.66", 0))
        stranger.sendto(heartbeat.encode(BEAT), (str(BACKUP), it.port))
        it.turn()
    assert it.heard == []
    assert "from 127.9.0.66 ignored: not the partner's address, 127.9.0.1" in lines[0]


OLD, NEW = b"o" * 32, b"n" * 32


def sealed(sequence: int, *keys: bytes) -> bytes:
    return envelope.seal(heartbeat.encode(beat(sequence)), KeyRing(keys))


def keyed(it: Pair, *keys: bytes, **more: bool) -> None:
    """The partner, whose run is proven already, and this node have keys."""
    it.ring = KeyRing(keys[:1])
    it.paths.use(KeyRing(keys, **more))
    it.say(sealed(1, keys[0]))
    it.turn()
    challenge = it.said()
    assert isinstance(challenge, Challenge)
    it.says(ChallengeAnswered(challenge.nonce, 11, 1))
    it.turn()


def test_a_run_of_the_partner_is_believed_when_it_has_answered(pair: Callable[..., Pair]) -> None:
    it = pair()
    it.ring = KeyRing((NEW,))
    it.paths.use(it.ring)
    it.say(sealed(7, NEW))
    it.turn()
    assert (it.heard, it.unproven) == ([], 1)
    challenge = it.said()
    assert isinstance(challenge, Challenge)
    it.says(ChallengeAnswered(challenge.nonce + 1, 11, 7))
    it.turn()
    assert it.heard == []
    it.says(ChallengeAnswered(challenge.nonce, 11, 7))
    it.turn()
    it.say(sealed(8, NEW))
    it.turn()
    assert it.heard == [(0, 7), (0, 8)]


def test_a_challenge_is_repeated_while_its_answer_is_missing(pair: Callable[..., Pair]) -> None:
    it = pair()
    it.ring = KeyRing((NEW,))
    it.paths.use(it.ring)
    it.say(sealed(7, NEW))
    it.turn()
    first = it.said()
    clock.sleep_until(it.paths.wake_at())
    it.paths.tend()
    assert it.said() == first


def test_a_challenge_is_answered_and_a_heartbeat_asked_for(pair: Callable[..., Pair]) -> None:
    it = pair()
    it.says(Challenge(5))
    it.turn()
    assert it.challenges == 0, "nothing was sent yet"
    it.paths.send_beat(replace(BEAT, node=Side.BACKUP, incarnation=3, sequence=9))
    it.partner.recv(2000)
    for _ in range(5):
        it.says(Challenge(5))
    it.turn()
    assert it.said() == ChallengeAnswered(5, 3, 9)
    assert it.challenges == 1


def test_what_is_not_sealed_or_sealed_otherwise_is_ignored(
    pair: Callable[..., Pair], lines: list[str]
) -> None:
    it = pair()
    keyed(it, NEW)
    for data in (heartbeat.encode(beat(2)), sealed(3, OLD), sealed(4, NEW)[:-1] + b"x"):
        it.say(data)
    it.turn()
    assert it.heard == [(0, 1)]
    assert "it is not sealed; has the partner no heartbeat_key?" in lines[0]
    assert "3 datagrams ignored: 2 from 127.9.0.1: its seal fits no key of this node" in lines[0]


def test_while_a_first_key_is_given_what_is_not_sealed_is_heard(pair: Callable[..., Pair]) -> None:
    it = pair()
    keyed(it, NEW, takes_unsealed=True)
    it.say(heartbeat.encode(beat(2)))
    it.turn()
    assert it.heard == [(0, 1), (0, 2)]


def test_a_node_without_a_key_hears_a_sealing_partner_and_says_so_once(
    pair: Callable[..., Pair], lines: list[str]
) -> None:
    it = pair()
    for sequence in (1, 2):
        it.say(sealed(sequence, NEW))
    it.turn()
    assert it.heard == [(0, 1), (0, 2)]
    assert [line for line in lines if "has no heartbeat_key" in line] == lines
    assert len(lines) == 1


def test_a_key_is_changed_without_a_moment_of_deafness(pair: Callable[..., Pair]) -> None:
    """Each step of the procedure, on one node before the other, in either order."""
    it = pair()
    keyed(it, OLD)
    steps = [(OLD,), (OLD, NEW), (NEW, OLD), (NEW,)]
    sequence = 1
    for before, after in itertools.pairwise(steps):
        for ours, theirs in ((before, after), (after, before), (after, after)):
            it.paths.use(KeyRing(ours))
            sequence += 1
            it.say(sealed(sequence, *theirs))
            it.turn()
            assert it.heard[-1] == (0, sequence), (ours, theirs)


def test_what_is_said_aside_reaches_whom_it_concerns(pair: Callable[..., Pair]) -> None:
    it = pair()
    it.says(SectionAsked(1, 0, "global"))
    it.turn()
    assert it.asides == [SectionAsked(1, 0, "global")]


def test_all_that_waits_is_read_though_strangers_sent_most_of_it(pair: Callable[..., Pair]) -> None:
    it = pair()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.9.0.66", 0))
        for _ in range(600):
            stranger.sendto(b"x", (str(BACKUP), it.port))
    it.say(heartbeat.encode(beat(1)))
    it.paths.drain()
    assert it.heard == [(0, 1)]


def test_our_heartbeats_go_out_on_every_path(pair: Callable[..., Pair]) -> None:
    it = pair()
    private = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    private.bind((str(PRIVATE[Side.PRIMARY]), it.port))
    it.paths.send(b"here")
    for receiver in (it.partner, private):
        receiver.settimeout(1.0)
        assert receiver.recv(100) == b"here"
    private.close()
    assert [path.sent for path in it.paths.paths] == [1, 1]


def test_a_path_whose_address_is_not_here_yet_is_opened_later(
    pair: Callable[..., Pair], lines: list[str]
) -> None:
    it = pair(is_private_here=False)
    assert "path 192.0.2.1 to 127.9.1.1: cannot listen on 192.0.2.1" in lines[0]
    assert it.paths.wake_at() <= clock.now() + 1.0
    it.paths.paths[1].local = PRIVATE[Side.BACKUP]
    clock.sleep_until(it.paths.wake_at())
    it.turn()
    assert it.paths.paths[1].door is not None
    assert "can be used again" in lines[-1]


def test_a_port_that_is_taken_is_refused_at_the_start(pair: Callable[..., Pair]) -> None:
    it = pair()
    given = settings(
        heartbeat_port=it.port, addresses={Side.PRIMARY: (PRIMARY,), Side.BACKUP: (BACKUP,)}
    )
    with pytest.raises(OSError, match="Address already in use"):
        HeartbeatPaths(it.loop, given, Side.BACKUP, it)
