"""In a flood the kernel lets through what the partner sends anew, and little else. On loopback."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

import pytest

from piranha.system.datagrams import HeartbeatSocket
from piranha.system.heartbeat_filter import Known

MAGICS = (b"PFHB", b"PFAS")
RUN, NUMBER = 0x1122334455667788, 0x99


@dataclass
class Case:
    ours: HeartbeatSocket
    partner: socket.socket
    stranger: socket.socket

    def heard(self) -> list[bytes]:
        return [arrival.data for arrival in self.ours.drain(10_000)]

    def say(self, *datagrams: bytes) -> None:
        for data in datagrams:
            self.partner.sendto(data, (str(self.ours.local), self.ours.port))


def made(local: str, partner: str, stranger: str) -> Case:
    family = socket.AF_INET6 if ":" in local else socket.AF_INET
    senders = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(2)]
    senders[0].bind((partner, 0))
    senders[1].bind((stranger, 0))
    with socket.socket(family, socket.SOCK_DGRAM) as free:
        free.bind((local, 0))
        port = free.getsockname()[1]
    return Case(HeartbeatSocket(ip_address(local), port, ip_address(partner)), *senders)


@pytest.fixture
def case() -> Iterator[Case]:
    it = made("127.8.1.1", "127.8.1.2", "127.8.1.3")
    yield it
    for door in (it.ours, it.partner, it.stranger):
        door.close()


def beat(run: int, number: int, magic: bytes = b"PFHB", more: bytes = b"") -> bytes:
    return magic + bytes(9) + struct.pack("!QQ", run, number) + more


def known(one_of: int = 1 << 31) -> Known:
    return Known(1200, MAGICS, 13, RUN, NUMBER, one_of)


def test_strangers_are_kept_away_and_counted(case: Case) -> None:
    before = case.ours.kept_away()
    case.ours.shield(None)
    for _ in range(5):
        case.stranger.sendto(b"x", (str(case.ours.local), case.ours.port))
    case.say(b"true")
    assert case.heard() == [b"true"]
    assert case.ours.foreign == 0
    assert case.ours.kept_away() - before == 5


def test_so_are_those_of_the_other_family() -> None:
    it = made("::1", "::1", "::1")
    it.ours.shield(None)
    it.say(b"true")
    assert it.heard() == [b"true"]
    it.ours.close()
    other = made("::1", "::1", "::1")
    other.ours.partner = ip_address("fd00::2")
    other.ours.shield(None)
    other.say(b"not true")
    assert other.heard() == []
    assert other.ours.kept_away() == 1
    for door in (it.partner, it.stranger, other.ours, other.partner, other.stranger):
        door.close()


def test_in_the_partners_name_only_what_is_newer_comes_through(case: Case) -> None:
    case.ours.shield(known())
    newer = [beat(RUN, NUMBER + 1), beat(RUN, NUMBER + 9, more=b"!" * 1170)]
    older = [beat(RUN, number) for number in (0, NUMBER - 1, NUMBER)]
    other = [
        beat(RUN ^ 1, NUMBER + 1),
        beat(RUN ^ 1 << 63, NUMBER + 1),
        beat(RUN, NUMBER + 1, b"HTTP"),
    ]
    wrong = [b"", b"PFHB", beat(RUN, NUMBER + 1)[:25], beat(RUN, NUMBER + 1, more=b"!" * 1172)]
    case.say(*older, newer[0], *other, *wrong, newer[1])
    assert case.heard() == newer
    assert case.ours.kept_away() == len(older + other + wrong)


def test_of_what_could_be_a_new_run_a_sample_comes_through(case: Case) -> None:
    case.ours.shield(known(one_of=16))
    for _ in range(20):
        case.say(*[beat(RUN + 1, 1)] * 50, *[beat(0, 0, b"PFAS")] * 50)
    found = case.heard()
    assert 40 < len(found) < 260, "one of 16 of 2000"
    assert {data[:4] for data in found} == set(MAGICS)
    case.say(*[beat(RUN, NUMBER, b"HTTP")] * 200)
    assert case.heard() == [], "nothing of what is none of ours"


def test_without_the_shield_everything_comes_through_again(case: Case) -> None:
    case.ours.unshield()
    case.ours.shield(known())
    case.ours.unshield()
    case.say(b"anything")
    assert case.heard() == [b"anything"]
