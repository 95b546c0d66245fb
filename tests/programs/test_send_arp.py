"""send_arp as it is typed: old form and new, and what it says when it cannot."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import pytest

from piranha.programs import send_arp
from piranha.wire.arp_frame import ArpPacket, NeighbourAdvertisement, Operation, decode
from piranha.wire.exit_status import ExitStatus
from tests.system import network
from tests.system.network import Cable

MAC, OTHER_MAC, BROADCAST = "02:00:00:00:00:02", "02:00:00:00:00:07", "ff:ff:ff:ff:ff:ff"
VIP, BROADCAST_IP = IPv4Address("10.0.0.5"), IPv4Address("10.0.0.255")


@pytest.fixture
def cable() -> Iterator[Cable]:
    if os.geteuid() != 0:
        pytest.skip("needs root: makes network namespaces")
    with network.cable() as made:
        made.here.run(f"ip link set eth0 address {MAC}")
        yield made


@pytest.fixture
def wire(cable: Cable) -> Iterator[socket.socket]:
    """Hears every frame at the other end."""
    with cable.there.entered():
        hearing = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        hearing.bind(("eth0", 3))
    hearing.settimeout(5)
    yield hearing
    hearing.close()


def heard(wire: socket.socket, kind: int) -> bytes:
    """The first frame of this kind that comes over the cable."""
    while True:
        frame = wire.recv(2000)
        if int.from_bytes(frame[12:14], "big") == kind:
            return frame


@pytest.mark.lab
def test_an_address_alone_is_announced_from_the_device(
    wire: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send_arp.main(["-i", "eth0", "10.0.0.5"]) == ExitStatus.OK
    expected = ArpPacket(Operation.REQUEST, MAC, VIP, "00:00:00:00:00:00", VIP)
    assert decode(heard(wire, 0x0806)) == expected
    assert capsys.readouterr() == ("", "")


@pytest.mark.lab
def test_the_device_is_found_by_the_address(cable: Cable, wire: socket.socket) -> None:
    cable.here.run("ip address add 10.0.0.5/32 dev eth0")
    assert send_arp.main(["10.0.0.5"]) == ExitStatus.OK
    said = decode(heard(wire, 0x0806))
    assert isinstance(said, ArpPacket)
    assert said.sender_ip == VIP


@pytest.mark.lab
def test_an_ipv6_address_is_announced_too(wire: socket.socket) -> None:
    assert send_arp.main(["--interface", "eth0", "2001:db8::5"]) == ExitStatus.OK
    frames = (heard(wire, 0x86DD) for _ in range(20))
    frame = next(frame for frame in frames if frame[54] == 136)
    assert decode(frame) == NeighbourAdvertisement(ip_address("2001:db8::5"), MAC)


@pytest.mark.lab
@pytest.mark.parametrize("mac", [OTHER_MAC, OTHER_MAC.replace(":", ""), "2:0:0:0:0:7"])
def test_four_values_are_one_reply_as_they_are_given(wire: socket.socket, mac: str) -> None:
    words = ["-i", "eth0", "10.0.0.5", mac, "10.0.0.255", "FFFFFFFFFFFF"]
    assert send_arp.main(words) == ExitStatus.OK
    frame = heard(wire, 0x0806)
    assert decode(frame) == ArpPacket(Operation.REPLY, OTHER_MAC, VIP, BROADCAST, BROADCAST_IP)
    assert frame[:6] == b"\xff" * 6


@pytest.mark.lab
@pytest.mark.usefixtures("wire")
def test_when_asked_it_says_what_was_sent(capsys: pytest.CaptureFixture[str]) -> None:
    send_arp.main(["-v", "-i", "eth0", "10.0.0.5"])
    assert capsys.readouterr().out == f"send_arp: eth0: 10.0.0.5 is at {MAC}\n"


@pytest.mark.lab
def test_a_client_that_just_learned_the_old_place_believes_it(cable: Cable) -> None:
    cable.there.run("ip address add 10.0.0.2/24 dev eth0")
    cable.there.run(f"ip neighbour add 10.0.0.5 lladdr {OTHER_MAC} nud reachable dev eth0")
    send_arp.main(["-i", "eth0", "10.0.0.5"])
    assert MAC in cable.there.run("ip neighbour show 10.0.0.5")


@pytest.mark.lab
@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["10.0.0.5"], ExitStatus.WRONG_USE,
         "no device of this machine has 10.0.0.5: say which one with -i"),
        (["-i", "lo", "10.0.0.5"], ExitStatus.WRONG_USE,
         "nobody can be told on lo: it is not an Ethernet device"),
        (["-i", "eth9", "10.0.0.5"], ExitStatus.REFUSED,
         "cannot announce on eth9: No such device"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("cable")
def test_a_device_that_will_not_do_is_named(
    words: list[str], status: ExitStatus, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send_arp.main(words) == status
    assert capsys.readouterr().err == f"send_arp: {sentence}\n"


@pytest.mark.lab
def test_a_device_that_is_down_is_named(cable: Cable, capsys: pytest.CaptureFixture[str]) -> None:
    cable.here.run("ip link set eth0 down")
    assert send_arp.main(["-i", "eth0", "10.0.0.5"]) == ExitStatus.REFUSED
    sentence = "cannot announce 10.0.0.5 on eth0: Network is down"
    assert capsys.readouterr().err == f"send_arp: {sentence}\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "give one address or all four values, not 0 words"),
        (["10.0.0.5", OTHER_MAC], "give one address or all four values, not 2 words"),
        (["10.0.0.555"], '"10.0.0.555" is not an IP address'),
        (["10.0.0.5", "02:00", "10.0.0.255", BROADCAST],
         '"02:00" is not a MAC such as 00:16:3e:01:02:03'),
        (["10.0.0.5", "0200000000zz", "10.0.0.255", BROADCAST],
         '"02:00:00:00:00:zz" is not a MAC such as 00:16:3e:01:02:03'),
        (["2001:db8::5", OTHER_MAC, "10.0.0.255", BROADCAST],
         "2001:db8::5 is IPv6, which has no ARP: give the address alone"),
        (["--loudly", "10.0.0.5"], "unrecognized arguments: --loudly (see send_arp --help)"),
    ],
)  # fmt: skip
def test_wrong_use_is_explained(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send_arp.main(words) == ExitStatus.WRONG_USE
    assert capsys.readouterr().err == f"send_arp: {sentence}\n"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_installed_command_answers(option: str) -> None:
    command = [Path(sys.executable).with_name("send_arp"), option]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert (result.returncode, result.stderr) == (0, "")
    assert "send_arp" in result.stdout
