"""What a carrier means for the groups whose VIPs a device carries."""

from ipaddress import ip_address

import pytest

from piranha.config.settings import Vip
from piranha.decisions.events import CarrierChanged
from piranha.programs.link_watch import LinkWatch
from piranha.system.addresses import AddressEvent, EventsLost, LinkChanged


class Cables:
    """What the kernel would tell of two devices."""

    def __init__(self) -> None:
        self.plugged = {"eth0": True, "eth1": True}
        self.queue: list[AddressEvent] = []

    def carrier(self, device: str) -> bool:
        return self.plugged.get(device, False)

    def events(self) -> list[AddressEvent]:
        events, self.queue = self.queue, []
        return events

    def turn(self, device: str, has_carrier: bool) -> None:
        self.plugged[device] = has_carrier
        self.queue.append(LinkChanged(device, has_carrier, None))


def vip(number: int, device: str) -> Vip:
    return Vip(ip_address(f"10.0.0.{number}"), device, device)


WEB = {"web": (vip(10, "eth0"), vip(11, "eth1"))}


@pytest.fixture
def told() -> list[CarrierChanged]:
    return []


@pytest.fixture
def cables() -> Cables:
    return Cables()


@pytest.fixture
def watch(cables: Cables, told: list[CarrierChanged]) -> LinkWatch:
    made = LinkWatch(cables, told.append)  # type: ignore[arg-type]
    made.watch(WEB)
    return made


def test_nothing_is_told_while_all_cables_are_in(
    watch: LinkWatch, told: list[CarrierChanged]
) -> None:
    assert watch.carriers == {"eth0": True, "eth1": True}
    assert told == []


def test_a_group_has_carrier_again_when_all_its_devices_have(
    watch: LinkWatch, cables: Cables, told: list[CarrierChanged]
) -> None:
    for device, is_in in (("eth0", False), ("eth1", False), ("eth0", True), ("eth1", True)):
        cables.turn(device, is_in)
        watch.hear()
    assert told == [
        CarrierChanged("web", False, "eth0"),
        CarrierChanged("web", False, "eth1"),
        CarrierChanged("web", True, "eth1"),
    ]


def test_other_devices_do_not_matter(
    watch: LinkWatch, cables: Cables, told: list[CarrierChanged]
) -> None:
    cables.turn("eth7", False)
    watch.hear()
    assert told == []


def test_a_device_that_does_not_exist_has_no_carrier(
    watch: LinkWatch, told: list[CarrierChanged]
) -> None:
    watch.watch({"web": (vip(10, "eth0"),), "ftp": (vip(12, "eth7"),)})
    assert told == [CarrierChanged("ftp", False, "eth7")]


def test_after_lost_events_everything_is_looked_at_anew(
    watch: LinkWatch, cables: Cables, told: list[CarrierChanged]
) -> None:
    cables.plugged["eth0"] = False
    cables.queue.append(EventsLost())
    watch.hear()
    assert told == [CarrierChanged("web", False, "eth0")]


def test_who_does_not_want_to_know_is_told_that_all_is_well(
    watch: LinkWatch, cables: Cables, told: list[CarrierChanged]
) -> None:
    cables.turn("eth0", False)
    watch.hear()
    watch.watch(WEB, is_told=False)
    cables.turn("eth1", False)
    watch.hear()
    assert told == [CarrierChanged("web", False, "eth0"), CarrierChanged("web", True, "eth0")]
    assert watch.carriers == {"eth0": False, "eth1": False}
    watch.watch(WEB)
    assert told[2:] == [CarrierChanged("web", False, "eth0"), CarrierChanged("web", False, "eth1")]
