"""Heartbeats on loopback: who is heard, and when it is said to have come."""

import errno
import socket
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from piranha.system import clock
from piranha.system.datagrams import HeartbeatSocket

OURS, PARTNER, STRANGER = (ip_address(f"127.8.0.{n}") for n in (1, 2, 3))
Readable = Callable[[Any], bool]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind((str(OURS), 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
def pair() -> Iterator[tuple[HeartbeatSocket, HeartbeatSocket]]:
    port = free_port()
    ours, partners = HeartbeatSocket(OURS, port, PARTNER), HeartbeatSocket(PARTNER, port, OURS)
    yield ours, partners
    ours.close()
    partners.close()


Pair = tuple[HeartbeatSocket, HeartbeatSocket]


def test_the_partner_is_heard(pair: Pair, readable: Readable) -> None:
    ours, partners = pair
    began = clock.now()
    assert partners.send(b"beat") is None
    assert readable(ours)
    (arrival,) = ours.drain(10)
    assert (arrival.data, arrival.source) == (b"beat", PARTNER)
    assert began <= arrival.arrived_at <= clock.now()


def test_an_empty_queue_is_drained_at_once(pair: Pair) -> None:
    assert pair[0].drain(10) == []


def test_a_stranger_is_counted_and_not_heard(pair: Pair, readable: Readable) -> None:
    ours, partners = pair
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((str(STRANGER), 0))
        stranger.sendto(b"beat", (str(OURS), ours.port))
    partners.send(b"true")
    assert readable(ours)
    assert [arrival.data for arrival in ours.drain(10)] == [b"true"]
    assert (ours.foreign, ours.newest_foreign) == (1, str(STRANGER))


def test_a_flood_takes_no_more_than_its_share_of_a_turn(pair: Pair) -> None:
    ours, partners = pair
    for number in range(10):
        partners.send(b"%d" % number)
    assert [arrival.data for arrival in ours.drain(4)] == [b"0", b"1", b"2", b"3"]
    assert len(ours.drain(100)) == 6


def wait_until_arrivals_are_stamped(pair: Pair) -> None:
    """The kernel begins to stamp a moment after the first socket of all asks for it; until then
    an arrival is as young as its reading."""
    ours, partners = pair
    for _ in range(200):
        partners.send(b"stamped?")
        came_at = clock.now()
        clock.sleep_until(came_at + 0.005)
        (arrival,) = ours.drain(10)
        if arrival.arrived_at < came_at + 0.002:
            return
    raise AssertionError("arrivals are not stamped after a second")


def test_a_datagram_that_waited_in_the_queue_is_as_old_as_it_is(pair: Pair) -> None:
    """We were stopped for a while: what came meanwhile was still heard in time."""
    ours, partners = pair
    wait_until_arrivals_are_stamped(pair)
    sent_at = clock.now()
    partners.send(b"early")
    came_at = clock.now()
    clock.sleep_until(came_at + 0.05)
    (arrival,) = ours.drain(10)
    assert sent_at - 0.001 <= arrival.arrived_at <= came_at + 0.001


def test_a_date_set_back_does_not_make_arrivals_come_from_the_future(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, partners = pair
    partners.send(b"beat")
    monkeypatch.setattr(clock, "wall", lambda: time.time() - 86_400)
    (arrival,) = ours.drain(10)
    assert arrival.arrived_at <= clock.now()


def test_a_date_set_forward_makes_arrivals_no_older_than_the_last_empty_queue(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, partners = pair
    emptied_at = clock.now()
    ours.drain(10)
    partners.send(b"beat")
    monkeypatch.setattr(clock, "wall", lambda: time.time() + 86_400)
    (arrival,) = ours.drain(10)
    assert arrival.arrived_at >= emptied_at


def test_a_queue_that_was_not_emptied_does_not_make_the_rest_younger(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, partners = pair
    ours.drain(10)
    partners.send(b"one")
    partners.send(b"two")
    came_at = clock.now()
    clock.sleep_until(came_at + 0.02)
    ours.drain(1)
    monkeypatch.setattr(clock, "wall", lambda: time.time() + 86_400)
    (arrival,) = ours.drain(10)
    assert arrival.arrived_at <= came_at


def test_a_partner_that_is_not_there_is_no_error(pair: Pair) -> None:
    ours, partners = pair
    partners.close()
    assert [ours.send(b"beat") for _ in range(3)] == [None] * 3
    assert ours.drain(10) == []


def test_an_address_that_is_taken_is_refused_by_name(pair: Pair) -> None:
    port = pair[0].port
    with pytest.raises(OSError, match=f"cannot listen on 127.8.0.1 port {port}: Address already"):
        HeartbeatSocket(OURS, port, PARTNER)


def test_an_address_that_is_not_ours_is_refused_by_name() -> None:
    with pytest.raises(OSError, match=r"cannot listen on 192\.0\.2\.1 port") as caught:
        HeartbeatSocket(ip_address("192.0.2.1"), free_port(), PARTNER)
    assert caught.value.errno == errno.EADDRNOTAVAIL


def test_what_cannot_be_sent_is_told_and_counted() -> None:
    door = HeartbeatSocket(OURS, free_port(), PARTNER)
    assert door.send(b"x" * 70_000) == "Message too long"
    assert door.unsent == 1
    door.close()


def test_ipv6_works_as_well(readable: Readable) -> None:
    loopback = ip_address("::1")
    door = HeartbeatSocket(loopback, free_port(), loopback)
    assert door.send(b"beat") is None
    assert readable(door)
    assert [(a.data, a.source) for a in door.drain(5)] == [(b"beat", loopback)]
    door.close()


@pytest.mark.lab
def test_a_link_local_partner_is_heard_through_its_device(cable: Any, readable: Readable) -> None:
    for end, address in ((cable.here, "fe80::1"), (cable.there, "fe80::2")):
        end.run(f"ip address add {address}/64 dev eth0 nodad")
    ours = HeartbeatSocket(ip_address("fe80::1%eth0"), 5390, ip_address("fe80::2%eth0"))
    with cable.there.entered():
        partners = HeartbeatSocket(ip_address("fe80::2%eth0"), 5390, ip_address("fe80::1%eth0"))
    assert partners.send(b"beat") is None
    assert readable(ours)
    assert [arrival.data for arrival in ours.drain(5)] == [b"beat"]
    ours.close()
    partners.close()


@pytest.mark.lab
def test_a_network_that_is_gone_is_told(cable: Any) -> None:
    cable.here.run("ip address add 10.0.0.1/24 dev eth0")
    door = HeartbeatSocket(ip_address("10.0.0.1"), 5390, ip_address("10.0.0.2"))
    cable.here.run("ip link set eth0 down")
    assert door.send(b"beat") == "Network is unreachable"
    door.close()
