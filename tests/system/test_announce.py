"""A real neighbour believes an announcement."""

from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from piranha.system.announce import Announcer
from tests.system.network import Cable

pytestmark = pytest.mark.lab

VIP, VIP6 = ip_address("10.0.0.5"), ip_address("2001:db8::5")
OLD_MAC, NEW_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"


@pytest.fixture
def neighbour(cable: Cable) -> Cable:
    """The other machine knows both VIPs at another MAC, since just now."""
    cable.there.run("ip address add 10.0.0.2/24 dev eth0")
    cable.there.run("ip address add 2001:db8::2/64 dev eth0 nodad")
    for vip in (VIP, VIP6):
        cable.there.run(f"ip neighbour add {vip} lladdr {OLD_MAC} nud reachable dev eth0")
    return cable


@pytest.fixture
def announcer(cable: Cable) -> Iterator[Announcer]:
    cable.here.run(f"ip link set eth0 address {NEW_MAC}")
    announcer = Announcer("eth0")
    yield announcer
    announcer.close()


def known_mac(cable: Cable, vip: object) -> str:
    words = cable.there.run(f"ip neighbour show {vip} dev eth0").split()
    return words[words.index("lladdr") + 1]


@pytest.mark.parametrize("vip", [VIP, VIP6])
def test_a_neighbour_that_learned_the_old_place_just_now_learns_the_new_one(
    neighbour: Cable, announcer: Announcer, vip: object
) -> None:
    assert known_mac(neighbour, vip) == OLD_MAC
    announcer.announce(vip)  # type: ignore[arg-type]
    assert known_mac(neighbour, vip) == NEW_MAC


@pytest.mark.parametrize("vip", [VIP, VIP6])
def test_all_forms_are_believed_as_well(
    neighbour: Cable, announcer: Announcer, vip: object
) -> None:
    announcer.announce_in_all_forms(vip, [VIP, VIP6])  # type: ignore[arg-type]
    assert known_mac(neighbour, vip) == NEW_MAC


def test_a_mac_that_changed_meanwhile_is_the_one_announced(
    neighbour: Cable, announcer: Announcer
) -> None:
    neighbour.here.run("ip link set eth0 address 02:00:00:00:00:77")
    announcer.announce(VIP)
    assert known_mac(neighbour, VIP) == "02:00:00:00:00:77"


def test_a_device_that_was_made_anew_is_found_again(neighbour: Cable, announcer: Announcer) -> None:
    neighbour.here.run("ip link delete eth0")
    with pytest.raises(OSError, match="cannot announce on eth0: No such device"):
        announcer.announce(VIP)
    neighbour.here.run("ip link add eth0 type veth peer name eth1")
    neighbour.here.run("ip link set eth0 up")
    announcer.announce(VIP)


def test_a_device_that_is_down_is_named(neighbour: Cable, announcer: Announcer) -> None:
    neighbour.here.run("ip link set eth0 down")
    with pytest.raises(OSError, match=r"^cannot announce 10\.0\.0\.5 on eth0: Network is down$"):
        announcer.announce(VIP)


@pytest.mark.usefixtures("cable")
def test_a_device_that_is_missing_is_named() -> None:
    with pytest.raises(OSError, match=r"^cannot announce on eth9: No such device$"):
        Announcer("eth9")


@pytest.mark.usefixtures("cable")
def test_loopback_has_nobody_to_tell() -> None:
    announcer = Announcer("lo")
    assert announcer.mac() is None
    announcer.announce(VIP)
    announcer.close()
