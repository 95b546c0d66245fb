"""Messages of rtnetlink, held against pyroute2, which knows them all."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg

from piranha.system import netlink

VIP, VIP6 = ip_address("10.0.0.5"), ip_address("2001:db8::5")
LABEL = "eth0:1"


def by_oracle(kind: type, data: bytes) -> dict[str, object]:
    message = kind(data)
    message.decode()
    return {
        **{key: value for key, value in message.items() if key not in ("attrs", "header")},
        **dict(message["attrs"]),
        **{key: message["header"][key] for key in ("type", "flags", "sequence_number", "length")},
    }


def test_an_ipv4_address_is_asked_for_with_label_and_lifetime() -> None:
    data = netlink.add_address(7, VIP, 3, LABEL, 30)
    said = by_oracle(ifaddrmsg, data)
    cache = said.pop("IFA_CACHEINFO")
    assert (cache["ifa_valid"], cache["ifa_preferred"]) == (30, 30)  # type: ignore[index]
    assert said == {
        "family": 2,
        "prefixlen": 32,
        "flags": said["flags"],
        "scope": 0,
        "index": 3,
        "IFA_LOCAL": "10.0.0.5",
        "IFA_ADDRESS": "10.0.0.5",
        "IFA_LABEL": LABEL,
        "type": netlink.NEW_ADDRESS,
        "sequence_number": 7,
        "length": len(data),
    }


def test_an_ipv6_address_skips_detection_and_is_never_a_source() -> None:
    said = by_oracle(ifaddrmsg, netlink.add_address(1, VIP6, 3, "eth0", 30))
    cache = said["IFA_CACHEINFO"]
    assert (cache["ifa_valid"], cache["ifa_preferred"]) == (30, 0)  # type: ignore[index]
    assert (said["IFA_LOCAL"], said["prefixlen"], said["IFA_FLAGS"]) == ("2001:db8::5", 128, 2)
    assert "IFA_LABEL" not in said


@pytest.mark.parametrize(("address", "prefix_length"), [(VIP, 32), (VIP6, 128)])
def test_a_deletion_names_the_whole_address(address: netlink.IPAddress, prefix_length: int) -> None:
    said = by_oracle(ifaddrmsg, netlink.delete_address(2, address, 9))
    assert (said["type"], said["index"]) == (netlink.DELETE_ADDRESS, 9)
    assert (said["IFA_LOCAL"], said["prefixlen"]) == (str(address), prefix_length)


def test_a_device_is_asked_for_by_name() -> None:
    said = by_oracle(ifinfmsg, netlink.ask_link(4, "eth0"))
    assert (said["type"], said["IFLA_IFNAME"]) == (netlink.GET_LINK, "eth0")


@pytest.mark.parametrize(("address", "family"), [(VIP, 2), (VIP6, 10)])
def test_a_neighbour_is_asked_for_by_address_and_device(
    address: netlink.IPAddress, family: int
) -> None:
    said = by_oracle(ndmsg, netlink.ask_neighbour(5, address, 3))
    assert (said["type"], said["family"], said["ifindex"]) == (netlink.GET_NEIGHBOUR, family, 3)
    assert said["NDA_DST"] == str(address)


@pytest.mark.parametrize(
    ("state", "mac"),
    [(0x02, "02:00:00:00:00:01"), (0x04, "02:00:00:00:00:01"), (0x20, None), (0x01, None)],
    ids=["reachable", "stale", "failed", "incomplete"],
)
def test_a_neighbour_that_does_not_answer_has_no_mac(state: int, mac: str | None) -> None:
    message = ndmsg()
    message["family"], message["ifindex"], message["state"] = 2, 3, state
    message["attrs"] = [("NDA_DST", str(VIP)), ("NDA_LLADDR", "02:00:00:00:00:01")]
    message.encode()
    (found,) = netlink.messages(bytes(message.data))
    assert netlink.read_neighbour(found) == mac


def test_messages_in_one_datagram_are_taken_apart() -> None:
    one, other = netlink.add_address(1, VIP, 3, "a", 5), netlink.delete_address(2, VIP6, 3)
    found = list(netlink.messages(one + other))
    assert [(m.kind, m.sequence) for m in found] == [(20, 1), (21, 2)]
    records = [netlink.read_address(m) for m in found]
    assert records[0] == netlink.AddressRecord(VIP, 32, 3, 5)
    assert records[1] == netlink.AddressRecord(VIP6, 128, 3, netlink.FOREVER)


def test_an_error_tells_its_number_and_zero_is_consent() -> None:
    def said(number: int) -> int:
        body = struct.pack("=i", -number) + bytes(16)
        return netlink.read_error(netlink.Message(netlink.ERROR, 0, 1, body))

    assert (said(1), said(0)) == (1, 0)


def test_an_address_of_another_family_is_passed_over() -> None:
    body = struct.pack("=BBBBI", 16, 8, 0, 0, 1)
    assert netlink.read_address(netlink.Message(netlink.NEW_ADDRESS, 0, 1, body)) is None


def link(flags: int, *attributes: tuple[str, object]) -> netlink.LinkRecord:
    message = ifinfmsg()
    message["index"], message["flags"], message["attrs"] = 4, flags, list(attributes)
    message.encode()
    (found,) = netlink.messages(bytes(message.data))
    return netlink.read_link(found)


@pytest.mark.parametrize(
    ("flags", "has_carrier"), [(0x10001, True), (0x1, False), (0x10000, False), (0x11043, True)]
)
def test_carrier_needs_the_device_and_the_layer_below(flags: int, has_carrier: bool) -> None:
    mac = "02:00:00:00:00:01"
    found = link(flags, ("IFLA_IFNAME", "eth0"), ("IFLA_ADDRESS", mac))
    assert found == netlink.LinkRecord(4, "eth0", mac, has_carrier)


def test_a_tunnel_has_no_mac() -> None:
    assert link(0x1, ("IFLA_IFNAME", "tun0")).mac is None


@given(st.binary(max_size=200))
def test_broken_messages_are_passed_over(data: bytes) -> None:
    for message in netlink.messages(data):
        assert message.body in data
