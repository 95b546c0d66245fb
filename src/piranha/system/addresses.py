"""The door to the kernel's addresses and links: one batch, one system call, no other program.

VIPs are /32 and /128 with a lifetime: deleting one never takes another along, and one that nobody
renews vanishes by itself. The kernel keeps lifetimes in whole seconds and was seen to be up to
1.46 s late when addresses expire at different moments, so all are set in one batch.
"""

import errno
import math
import socket
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import NamedTuple

from piranha.system import netlink
from piranha.system.netlink import IPAddress, LinkRecord, Message
from piranha.system.refused import RefusedError, refused

_GROUP_LINK, _GROUP_IPV4_ADDRESS, _GROUP_IPV6_ADDRESS = 1, 5, 9
_SOL_NETLINK = 270
_NETLINK_ADD_MEMBERSHIP = 1
_NETLINK_CAP_ACK = 10
_EVENT_BUFFER = 4 * 1024 * 1024
_SO_RCVBUFFORCE = 33
_LARGEST_DATAGRAM = 64 * 1024
_ANSWER_SECONDS = 2.0
"""rtnetlink answers inside the sending call, so this never passes; without it a fault would."""
_BATCH = 100
"""Messages in one send; their answers must fit into the receive buffer together."""
_ATTEMPTS = 5
"""How often a listing is asked for that kept changing while it was written."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A VIP that shall be on a device for so long."""

    address: IPAddress
    device: str
    label: str
    """As ip-address(8) shows it: eth0:1; equal to the device for none. Not used for IPv6."""
    lifetime_seconds: int
    """Whole seconds from now, at least 1."""


class Present(NamedTuple):
    """Where an address is, and for how long (infinity: permanent)."""

    device: str
    remaining_seconds: float


@dataclass(frozen=True, slots=True)
class AddressCame:
    """An address was added, or its lifetime was renewed."""

    address: IPAddress
    device: str


@dataclass(frozen=True, slots=True)
class AddressGone:
    """An address was deleted by somebody, or has expired."""

    address: IPAddress
    device: str


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The carrier of a device, or its MAC, is another one than before; mac None: no Ethernet,
    or the device is gone."""

    device: str
    has_carrier: bool
    mac: str | None


@dataclass(frozen=True, slots=True)
class EventsLost:
    """More happened than the kernel could queue: look at everything anew."""


AddressEvent = AddressCame | AddressGone | LinkChanged | EventsLost


class Addresses:
    """Two rtnetlink sockets: one asks and is answered at once, the other hears what happens.

    `fileno` is the hearing one. Events about what we do ourselves are heard too. Every method
    raises OSError with a whole sentence when the kernel refuses.
    """

    def __init__(self, hears_addresses: bool = True) -> None:
        """Without `hears_addresses` only links are heard: each renewal of a VIP would wake a
        process that does not care."""
        self._asking = _open()
        self._hearing = _open()
        self._sequence = 0
        self._hearing.setblocking(False)
        of_addresses = (_GROUP_IPV4_ADDRESS, _GROUP_IPV6_ADDRESS) if hears_addresses else ()
        for group in (_GROUP_LINK, *of_addresses):
            self._hearing.setsockopt(_SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP, group)
        _enlarge(self._hearing)
        self._links = self._list_links()

    def fileno(self) -> int:
        return self._hearing.fileno()

    def close(self) -> None:
        self._asking.close()
        self._hearing.close()

    def add(self, address: IPAddress, device: str, label: str, lifetime_seconds: int) -> None:
        """Add one address, or renew it."""
        self.set_all([Wanted(address, device, label, lifetime_seconds)])

    def set_all(self, wanted: Sequence[Wanted]) -> None:
        """Add or renew all of them at once. Every one that can be set is set; then the first
        refusal is raised: `cannot add 10.0.0.5/32 to eth0: Operation not permitted`."""
        requests = []
        for vip in wanted:
            what = f"cannot add {_shown(vip.address)} to {vip.device}"
            index = _index(vip.device)
            self._sequence += 1
            data = netlink.add_address(
                self._sequence, vip.address, index, vip.label, vip.lifetime_seconds
            )
            requests.append(_Request(self._sequence, data if index else b"", what))
        self._order(requests, ())

    def delete(self, address: IPAddress, device: str) -> None:
        """Delete one VIP; it is no error when it is not there."""
        self.delete_all([(address, device)])

    def delete_all(self, vips: Iterable[tuple[IPAddress, str]]) -> None:
        """Delete them at once. Every one that can be is deleted; then the first refusal is
        raised. It is no error when an address, or its device, is not there."""
        requests = []
        for address, device in vips:
            what = f"cannot delete {_shown(address)} from {device}"
            index = _index(device)
            if index:
                self._sequence += 1
                data = netlink.delete_address(self._sequence, address, index)
                requests.append(_Request(self._sequence, data, what))
        self._order(requests, (errno.EADDRNOTAVAIL, errno.ENODEV, errno.ENXIO))

    def present(self, addresses: Iterable[IPAddress]) -> dict[IPAddress, Present]:
        """Which of these are on this node now, whatever their prefix length. One that is there
        more than once (on loopback, too, perhaps) is told as the VIP that expires, if one does."""
        sought = set(addresses)
        found: dict[IPAddress, netlink.AddressRecord] = {}
        for record in self._list_addresses():
            before = found.get(record.address)
            if record.address in sought and (before is None or _expires(record)):
                found[record.address] = record
        return {
            address: Present(self._name(record.device_index), _remaining(record))
            for address, record in found.items()
        }

    def local(self) -> set[IPAddress]:
        """Every address of this node."""
        return {record.address for record in self._list_addresses()}

    def neighbour(self, address: IPAddress, device: str) -> str | None:
        """The MAC at which this node last found an address on the device's segment; None: it asked
        there, and nobody answered; empty: it has not asked there."""
        index, self._sequence = _index(device), self._sequence + 1
        what = f"cannot look up {address} on {device}"
        self._send(netlink.ask_neighbour(self._sequence, address, index), what)
        for message in netlink.messages(self._receive()):
            if message.kind == netlink.NEW_NEIGHBOUR:
                return netlink.read_neighbour(message)
        return ""

    def devices_towards(self, address: IPAddress) -> set[str]:
        """The devices on whose own network this address is."""
        found = set()
        for record in self._list_addresses():
            is_host = record.prefix_length == record.address.max_prefixlen
            network = ip_network((record.address, record.prefix_length), strict=False)
            if not is_host and address in network:
                found.add(self._name(record.device_index))
        return found

    def carrier(self, device: str) -> bool:
        """Whether the device exists, is up and has carrier, at this moment."""
        link = self._ask_link(device)
        return link is not None and link.has_carrier

    def mac(self, device: str) -> str | None:
        """The device's MAC, aa:bb:cc:dd:ee:ff; None when it has none or does not exist."""
        link = self._ask_link(device)
        return None if link is None else link.mac

    def events(self) -> list[AddressEvent]:
        """What happened since the last call, oldest first."""
        events: list[AddressEvent] = []
        while True:
            try:
                data = self._hearing.recv(_LARGEST_DATAGRAM)
            except BlockingIOError:
                return events
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise refused("cannot hear of addresses and links", error) from error
                self._links = self._list_links()
                events.append(EventsLost())
                continue
            for message in netlink.messages(data):
                event = self._event(message)
                if event is not None:
                    events.append(event)

    def _event(self, message: Message) -> AddressEvent | None:
        if message.kind in (netlink.NEW_ADDRESS, netlink.DELETE_ADDRESS):
            record = netlink.read_address(message)
            if record is None:
                return None
            kind = AddressCame if message.kind == netlink.NEW_ADDRESS else AddressGone
            return kind(record.address, self._name(record.device_index))
        if message.kind in (netlink.NEW_LINK, netlink.DELETE_LINK):
            return self._link_event(netlink.read_link(message), message.kind)
        return None

    def _link_event(self, link: LinkRecord, kind: int) -> LinkChanged | None:
        """Most link messages say nothing new of carrier or MAC. A bridge's port also tells of
        its leaving the bridge by DELETE_LINK, so existence is looked up."""
        if kind == netlink.DELETE_LINK and _index(link.name) != link.device_index:
            before = self._links.pop(link.device_index, None)
            return LinkChanged(link.name, False, None) if before else None
        if kind == netlink.DELETE_LINK:
            return None
        before = self._links.get(link.device_index)
        self._links[link.device_index] = link
        if before == link:
            return None
        return LinkChanged(link.name, link.has_carrier, link.mac)

    def _name(self, index: int) -> str:
        link = self._links.get(index)
        if link is not None:
            return link.name
        try:
            return socket.if_indextoname(index)
        except OSError:
            return f"device {index}"

    def _ask_link(self, device: str) -> LinkRecord | None:
        self._sequence += 1
        self._send(netlink.ask_link(self._sequence, device), f"cannot ask about {device}")
        for message in netlink.messages(self._receive()):
            if message.kind == netlink.NEW_LINK:
                return netlink.read_link(message)
        return None

    def _list_links(self) -> dict[int, LinkRecord]:
        records = [
            netlink.read_link(message)
            for message in self._list(netlink.list_links, "cannot list devices")
            if message.kind == netlink.NEW_LINK
        ]
        return {record.device_index: record for record in records}

    def _list_addresses(self) -> list[netlink.AddressRecord]:
        records = [
            netlink.read_address(message)
            for message in self._list(netlink.list_addresses, "cannot list addresses")
            if message.kind == netlink.NEW_ADDRESS
        ]
        return [record for record in records if record is not None]

    def _list(self, ask: Callable[[int], bytes], what: str) -> list[Message]:
        """All messages of one listing, asked for again when it changed while it was written."""
        for _ in range(_ATTEMPTS):
            self._sequence += 1
            self._send(ask(self._sequence), what)
            answers = self._receive_listing(what)
            if not any(answer.flags & netlink.DUMP_INTERRUPTED for answer in answers):
                break
        return answers

    def _receive_listing(self, what: str) -> list[Message]:
        answers: list[Message] = []
        while True:
            for message in netlink.messages(self._receive()):
                if message.sequence != self._sequence:
                    continue
                if message.kind == netlink.ERROR:
                    raise RefusedError(what, netlink.read_error(message))
                if message.kind == netlink.DONE:
                    return answers
                answers.append(message)

    def _order(self, requests: Sequence["_Request"], harmless: Collection[int]) -> None:
        """Send them in as few datagrams as will do, then read every answer. Raises the first
        refusal that is not harmless."""
        refusals = [RefusedError(r.what, errno.ENODEV) for r in requests if not r.data]
        sendable = [request for request in requests if request.data]
        for start in range(0, len(sendable), _BATCH):
            batch = sendable[start : start + _BATCH]
            self._send(b"".join(request.data for request in batch), batch[0].what)
            unanswered = {request.sequence: request for request in batch}
            while unanswered:
                for message in netlink.messages(self._receive()):
                    request = unanswered.pop(message.sequence, None)
                    number = netlink.read_error(message) if request is not None else 0
                    if request is not None and number and number not in harmless:
                        refusals.append(RefusedError(request.what, number))
        if refusals:
            raise refusals[0]

    def _send(self, data: bytes, what: str) -> None:
        try:
            self._asking.send(data)
        except OSError as error:
            raise refused(what, error) from error

    def _receive(self) -> bytes:
        try:
            return self._asking.recv(_LARGEST_DATAGRAM)
        except OSError as error:
            raise refused("no answer from rtnetlink", error) from error


class _Request(NamedTuple):
    sequence: int
    data: bytes
    """Empty when the device does not exist."""
    what: str


def _open() -> socket.socket:
    try:
        door = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        door.bind((0, 0))
    except OSError as error:
        raise refused("cannot open rtnetlink", error) from error
    door.setsockopt(_SOL_NETLINK, _NETLINK_CAP_ACK, 1)
    door.settimeout(_ANSWER_SECONDS)
    return door


def _enlarge(door: socket.socket) -> None:
    """Beyond the system's limit where we may (CAP_NET_ADMIN), else up to it."""
    try:
        door.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _EVENT_BUFFER)
    except OSError:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _EVENT_BUFFER)


def _index(device: str) -> int:
    """The device's number; 0 when there is none."""
    try:
        return socket.if_nametoindex(device)
    except OSError:
        return 0


def _expires(record: netlink.AddressRecord) -> bool:
    return record.lifetime_seconds != netlink.FOREVER


def _remaining(record: netlink.AddressRecord) -> float:
    return float(record.lifetime_seconds) if _expires(record) else math.inf


def _shown(address: IPAddress) -> str:
    return f"{address}/{address.max_prefixlen}"
