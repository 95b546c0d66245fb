"""VIPs in a real kernel, seen by `ip` and pyroute2."""

import math
import os
import re
import select
import subprocess
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from pyroute2 import IPRoute

from piranha.system import clock
from piranha.system.addresses import (
    AddressCame,
    Addresses,
    AddressEvent,
    AddressGone,
    EventsLost,
    LinkChanged,
    Present,
    Wanted,
)
from tests.system.network import Cable

pytestmark = pytest.mark.lab

REAL, VIP, VIP2, VIP6 = (
    ip_address(text) for text in ("10.0.0.1", "10.0.0.5", "10.0.0.6", "2001:db8::5")
)


@pytest.fixture
def door(cable: Cable) -> Iterator[Addresses]:
    cable.here.run("ip address add 10.0.0.1/24 dev eth0")
    door = Addresses()
    yield door
    door.close()


def by_oracle(address: object) -> list[dict[str, Any]]:
    """What pyroute2 sees of one address."""
    with IPRoute() as route:
        found = [
            {"prefixlen": message["prefixlen"], **dict(message["attrs"])}
            for message in route.get_addr()
        ]
    return [one for one in found if one["IFA_ADDRESS"] == str(address)]


def heard(door: Addresses, *wanted: AddressEvent) -> bool:
    """Waits until all these events have come, or 5 s."""
    limit, missing = clock.now() + 5, set(wanted)
    while missing and select.select([door], [], [], max(0.0, limit - clock.now()))[0]:
        missing -= set(door.events())
    return not missing


def test_a_vip_is_as_the_administrator_expects_it(door: Addresses, cable: Cable) -> None:
    door.add(VIP, "eth0", "eth0:1", 30)
    shown = cable.here.run("ip -4 address show dev eth0")
    assert re.search(r"inet 10.0.0.5/32 scope global dynamic eth0:1\n", shown)
    assert "valid_lft 30sec preferred_lft 30sec" in shown
    (seen,) = by_oracle(VIP)
    assert (seen["prefixlen"], seen["IFA_LABEL"]) == (32, "eth0:1")


def test_an_ipv6_vip_is_there_at_once_and_never_a_source(door: Addresses, cable: Cable) -> None:
    door.add(VIP6, "eth0", "eth0", 30)
    shown = cable.here.run("ip -6 address show dev eth0")
    assert re.search(r"inet6 2001:db8::5/128 scope global nodad deprecated dynamic", shown)
    assert "tentative" not in shown.split("2001:db8::5")[1].split("inet6")[0]


def test_renewing_sets_a_new_lifetime(door: Addresses) -> None:
    door.add(VIP, "eth0", "eth0:1", 30)
    door.add(VIP, "eth0", "eth0:1", 5)
    assert door.present([VIP]) == {VIP: Present("eth0", 5.0)}
    assert len(by_oracle(VIP)) == 1


def test_a_vip_that_nobody_renews_vanishes(door: Addresses) -> None:
    door.add(VIP, "eth0", "eth0:1", 1)
    assert heard(door, AddressGone(VIP, "eth0"))
    assert door.present([VIP]) == {}


def test_deleting_one_vip_takes_no_other_along(door: Addresses) -> None:
    door.set_all([Wanted(vip, "eth0", "eth0:1", 30) for vip in (VIP, VIP2, VIP6)])
    door.delete(VIP, "eth0")
    assert set(door.present([REAL, VIP, VIP2, VIP6])) == {REAL, VIP2, VIP6}


def test_deleting_leaves_the_same_address_with_another_prefix(
    door: Addresses, cable: Cable
) -> None:
    cable.here.run("ip address add 10.0.0.5/24 dev eth0")
    door.delete(VIP, "eth0")
    assert [seen["prefixlen"] for seen in by_oracle(VIP)] == [24]


def test_deleting_what_is_not_there_is_no_error(door: Addresses) -> None:
    door.delete(VIP, "eth0")
    door.delete_all([(VIP, "eth9"), (VIP6, "eth0")])


def test_many_vips_are_set_and_deleted_at_once(door: Addresses) -> None:
    vips = [ip_address(f"10.1.{n // 250}.{n % 250 + 1}") for n in range(250)]
    door.set_all([Wanted(vip, "eth0", "eth0", 30) for vip in vips])
    assert door.present(vips) == {vip: Present("eth0", 30.0) for vip in vips}
    door.delete_all([(vip, "eth0") for vip in vips])
    assert door.present(vips) == {}


def test_20_vips_take_less_than_5_ms(door: Addresses) -> None:
    wanted = [Wanted(ip_address(f"10.1.0.{n}"), "eth0", "eth0", 30) for n in range(1, 21)]
    durations = []
    for _ in range(20):
        began = clock.now()
        door.set_all(wanted)
        durations.append(clock.now() - began)
    assert sorted(durations)[10] < 0.005


def test_a_device_that_is_missing_is_named_and_the_others_are_set(door: Addresses) -> None:
    with pytest.raises(OSError, match=r"^cannot add 10\.0\.0\.5/32 to eth9: No such device$"):
        door.set_all([Wanted(VIP, "eth9", "eth9", 30), Wanted(VIP2, "eth0", "eth0", 30)])
    assert set(door.present([VIP, VIP2])) == {VIP2}


def test_a_label_that_the_kernel_refuses_is_named(door: Addresses) -> None:
    with pytest.raises(OSError, match=r"^cannot add 10\.0\.0\.5/32 to eth0: Numerical result"):
        door.add(VIP, "eth0", "eth0:" + "x" * 20, 30)


def test_local_addresses_are_all_addresses_of_the_node(door: Addresses) -> None:
    door.add(VIP6, "eth0", "eth0", 30)
    assert {REAL, VIP6, ip_address("127.0.0.1"), ip_address("::1")} <= door.local()


def test_a_permanent_address_remains_for_ever(door: Addresses) -> None:
    assert door.present([REAL, VIP]) == {REAL: Present("eth0", math.inf)}


@pytest.mark.parametrize("other", ["lo", "eth5"])
def test_a_vip_that_is_on_another_device_too_is_not_hidden_by_it(
    door: Addresses, cable: Cable, other: str
) -> None:
    """As with direct routing, where servers have the VIP on loopback."""
    cable.here.run("ip link add eth5 type veth peer name eth6")
    cable.here.run(f"ip address add 10.0.0.5/32 dev {other}")
    door.add(VIP, "eth0", "eth0:1", 30)
    assert door.present([VIP]) == {VIP: Present("eth0", 30.0)}
    door.delete(VIP, "eth0")
    assert door.present([VIP]) == {VIP: Present(other, math.inf)}


def test_a_vip_that_somebody_removes_is_heard_of(door: Addresses, cable: Cable) -> None:
    door.add(VIP, "eth0", "eth0:1", 30)
    assert heard(door, AddressCame(VIP, "eth0"))
    cable.here.run("ip address delete 10.0.0.5/32 dev eth0")
    assert heard(door, AddressGone(VIP, "eth0"))
    assert door.events() == []


def test_a_cable_that_is_cut_is_heard_of(door: Addresses, cable: Cable) -> None:
    mac = door.mac("eth0")
    assert door.carrier("eth0")
    cable.there.run("ip link set eth0 down")
    assert not door.carrier("eth0")
    assert heard(door, LinkChanged("eth0", False, mac))
    cable.there.run("ip link set eth0 up")
    assert heard(door, LinkChanged("eth0", True, mac))
    assert door.carrier("eth0")


def test_a_device_that_is_switched_off_has_no_carrier(door: Addresses, cable: Cable) -> None:
    cable.here.run("ip link set eth0 down")
    assert not door.carrier("eth0")


def test_a_mac_that_changes_is_heard_of(door: Addresses, cable: Cable) -> None:
    cable.here.run("ip link set eth0 address 02:00:00:00:00:09")
    assert heard(door, LinkChanged("eth0", True, "02:00:00:00:00:09"))
    assert door.mac("eth0") == "02:00:00:00:00:09"


def test_a_device_that_vanishes_is_heard_of_with_its_addresses(
    door: Addresses, cable: Cable
) -> None:
    cable.here.run("ip link delete eth0")
    assert heard(door, AddressGone(REAL, "eth0"), LinkChanged("eth0", False, None))
    assert door.mac("eth0") is None


def test_a_port_that_leaves_its_bridge_has_not_vanished(door: Addresses, cable: Cable) -> None:
    cable.here.run("ip link add bridge0 type bridge")
    cable.here.run("ip link set eth0 master bridge0")
    door.events()
    cable.here.run("ip link set eth0 nomaster")
    gone = [e for e in door.events() if isinstance(e, LinkChanged) and e.mac is None]
    assert gone == []


def test_a_device_that_comes_later_is_known(door: Addresses, cable: Cable) -> None:
    cable.here.run("ip link add eth5 type veth peer name eth6")
    cable.here.run("ip link set eth5 up")
    door.add(VIP, "eth5", "eth5:1", 30)
    assert heard(door, AddressCame(VIP, "eth5"))
    assert door.present([VIP]) == {VIP: Present("eth5", 30.0)}


@pytest.mark.usefixtures("cable")
def test_when_more_happens_than_can_be_queued_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("piranha.system.addresses._EVENT_BUFFER", 2048)
    door = Addresses()
    vips = [ip_address(f"10.1.0.{n}") for n in range(1, 200)]
    door.set_all([Wanted(vip, "eth0", "eth0", 30) for vip in vips])
    assert EventsLost() in door.events()
    door.delete(vips[0], "eth0")
    assert AddressGone(vips[0], "eth0") in door.events()
    door.close()


@pytest.mark.usefixtures("cable")
def test_without_rights_the_refusal_says_everything() -> None:
    """As an ordinary user, in a child: rights are dropped for good."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            Addresses().add(VIP, "eth0", "eth0:1", 30)
        except OSError as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.waitpid(child, 0)
    said = os.read(reading, 1000).decode()
    assert said == "cannot add 10.0.0.5/32 to eth0: Operation not permitted"
    os.close(reading)
    os.close(writing)


def test_the_table_of_neighbours_says_where_an_address_is(door: Addresses, cable: Cable) -> None:
    cable.there.run("ip address add 10.0.0.2/24 dev eth0")
    mac = cable.there.run("ip -o link show dev eth0").split("link/ether ")[1].split()[0]
    there, nobody = ip_address("10.0.0.2"), ip_address("10.0.0.9")
    assert door.neighbour(there, "eth0") == ""
    cable.here.run(f"ping -c 1 -W 1 {there}")
    assert door.neighbour(there, "eth0") == mac
    with pytest.raises(subprocess.CalledProcessError):
        cable.here.run(f"ping -c 1 -W 1 {nobody}")
    assert door.neighbour(nobody, "eth0") is None
