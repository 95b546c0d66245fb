"""Strangers on the segment are looked for only while it matters, and told once a turn."""

import os
import socket
from collections.abc import Iterator

import pytest

from piranha.decisions.events import StrangerHeard
from piranha.programs.segment_watch import SegmentWatch
from tests.system import network

OURS, PARTNER, STRANGER = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:64"


@pytest.fixture
def cable() -> Iterator[network.Cable]:
    if os.geteuid() != 0:
        pytest.skip("needs root: makes network namespaces")
    with network.cable() as made:
        made.here.run(f"ip link set eth0 address {OURS}")
        made.there.run(f"ip link set eth0 address {PARTNER}")
        yield made


def speak(cable: network.Cable, mac: str) -> None:
    with cable.there.entered():
        device = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    with device:
        device.bind(("eth0", 0))
        device.send(b"\xff" * 6 + bytes.fromhex(mac.replace(":", "")) + b"\x08\x00" + bytes(46))


def a_watch(partner: tuple[str, ...] = (PARTNER,)) -> tuple[SegmentWatch, list[StrangerHeard]]:
    told: list[StrangerHeard] = []
    return SegmentWatch(lambda _device: OURS, lambda _device: partner, told.append), told


def test_a_stranger_is_told_once_for_each_look(cable: network.Cable) -> None:
    watch, told = a_watch()
    watch.tend(["eth0"], True)
    speak(cable, STRANGER)
    speak(cable, STRANGER)
    watch.tend(["eth0"], True)
    watch.tend(["eth0"], True)
    assert told == [StrangerHeard()]
    watch.close()


def test_what_came_before_it_mattered_is_not_heard(cable: network.Cable) -> None:
    watch, told = a_watch()
    watch.tend(["eth0"], False)
    speak(cable, STRANGER)
    watch.tend(["eth0"], True)
    watch.tend(["eth0"], True)
    assert told == []
    watch.close()


def test_without_the_partners_mac_nobody_is_a_stranger(cable: network.Cable) -> None:
    watch, told = a_watch(partner=())
    watch.tend(["eth0"], True)
    speak(cable, STRANGER)
    watch.tend(["eth0"], True)
    assert told == []
    watch.close()


def test_a_device_that_refuses_is_complained_of_once(
    cable: network.Cable, capsys: pytest.CaptureFixture[str]
) -> None:
    del cable
    watch, told = a_watch()
    watch.tend(["eth9"], True)
    watch.tend(["eth9"], True)
    assert told == []
    said = capsys.readouterr()
    assert (said.out + said.err).count("cannot listen on eth9") <= 1
    watch.close()
