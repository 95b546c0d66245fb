"""A third station on the segment is heard; the two nodes are not."""

import socket
from collections.abc import Callable

import pytest

from piranha.system.strangers import Strangers
from tests.system.network import Cable

OURS, PARTNER, STRANGER = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:64"
IPV4, ARP, IPV6, SWITCH_TALK = 0x0800, 0x0806, 0x86DD, 0x88CC


@pytest.fixture
def speaking(cable: Cable) -> Callable[[str, int], None]:
    """Sends one frame from the other end of the cable, as whoever it says. What the kernels say
    by themselves comes from the two nodes."""
    cable.here.run(f"ip link set eth0 address {OURS}")
    cable.there.run(f"ip link set eth0 address {PARTNER}")

    def speak(mac: str, protocol: int) -> None:
        with cable.there.entered():
            device = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        with device:
            device.bind(("eth0", 0))
            source = bytes.fromhex(mac.replace(":", ""))
            device.send(b"\xff" * 6 + source + protocol.to_bytes(2, "big") + bytes(46))

    return speak


@pytest.fixture
def strangers(speaking: Callable[[str, int], None]) -> Strangers:
    del speaking
    return Strangers("eth0", [OURS, PARTNER])


@pytest.mark.parametrize("protocol", [IPV4, ARP, IPV6])
def test_a_stranger_is_heard_once(
    strangers: Strangers, speaking: Callable[[str, int], None], protocol: int
) -> None:
    strangers.heard()
    speaking(STRANGER, protocol)
    assert strangers.heard()
    assert not strangers.heard()


@pytest.mark.parametrize("mac", [OURS, PARTNER])
def test_the_nodes_are_no_strangers(
    strangers: Strangers, speaking: Callable[[str, int], None], mac: str
) -> None:
    strangers.heard()
    speaking(mac, IPV4)
    assert not strangers.heard()


def test_a_switch_that_talks_to_its_cables_is_no_stranger(
    strangers: Strangers, speaking: Callable[[str, int], None]
) -> None:
    strangers.heard()
    speaking(STRANGER, SWITCH_TALK)
    assert not strangers.heard()


def test_a_flood_is_read_in_a_moment(
    strangers: Strangers, speaking: Callable[[str, int], None]
) -> None:
    for _ in range(200):
        speaking(STRANGER, IPV4)
    assert strangers.heard()
    assert not strangers.heard()


def test_a_device_that_is_not_there_is_named(cable: Cable) -> None:
    del cable
    with pytest.raises(OSError, match="cannot listen on eth9: No such device"):
        Strangers("eth9", [OURS])
