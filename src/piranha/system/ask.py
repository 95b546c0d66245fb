"""Asks a segment who answers for an address, and hears the answers without claiming anything."""

import contextlib
import select
import socket
import struct
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from piranha.errors import WireError
from piranha.system import packet_filter
from piranha.system.announce import Announcer
from piranha.system.netlink import IPAddress
from piranha.system.packet_filter import (
    JUMP_IF_EQUAL,
    LOAD_BYTE,
    LOAD_WORD,
    RETURN,
    WHOLE_FRAME,
    instruction,
)
from piranha.system.refused import refused
from piranha.wire import arp_frame
from piranha.wire.arp_frame import ArpPacket, NeighbourAdvertisement, Operation

_ETH_P_ARP, _ETH_P_IPV6 = 0x0806, 0x86DD
_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, _PACKET_MR_MULTICAST = 263, 1, 0
_ALL_NODES_MAC = bytes.fromhex("333300000001")
_LARGEST_FRAME = 2048
_LARGEST_DRAIN = 256
"""Frames in one call, so that a flood cannot hold the loop; the rest waits for the next turn."""

_ARP_SENDER_IP = 28
_IPV6_NEXT_HEADER, _ICMPV6_TYPE, _ICMPV6_TARGET = 20, 54, 62
_ICMPV6, _ADVERTISEMENT = 58, 136


class Answer(NamedTuple):
    """Somebody at this MAC uses the address."""

    address: IPAddress
    mac: str


class Asker:
    """One device. The kernel drops every frame but those about addresses that were asked for, so
    an idle Asker costs nothing and wakes nobody."""

    def __init__(self, device: str) -> None:
        """Raises OSError."""
        self.device = device
        self._asked: set[IPAddress] = set()
        self._announcer = Announcer(device)
        self._hearing: list[socket.socket] = []
        self._ready = select.epoll()
        try:
            self._arp = self._hear(_ETH_P_ARP)
            self._ipv6 = self._hear(_ETH_P_IPV6)
            _join_all_nodes(self._ipv6, device)
        except OSError as error:
            self.close()
            raise refused(f"cannot hear ARP on {device}", error) from error

    def fileno(self) -> int:
        return self._ready.fileno()

    @property
    def can_ask(self) -> bool:
        """False of a device without ARP. Raises OSError when it is not there."""
        return self._announcer.mac() is not None

    def ask(self, address: IPAddress) -> None:
        """Send one question: an ARP probe (RFC 5227), or a neighbour solicitation from the
        unspecified address. A device without ARP is left alone. Raises OSError."""
        if address not in self._asked:
            self._asked.add(address)
            self._listen_for_asked(address)
        mac = self._announcer.mac()
        if mac is not None:
            self._announcer.send(arp_frame.question(address, mac), f"ask for {address}")

    def answers(self, *, are_replies: bool = False) -> list[Answer]:
        """Who said since the last call that it uses an address that was asked for, in answer or
        unasked; each once, in the order of arrival. What we sent ourselves is not heard. Where
        `are_replies`, of ARP only replies to this machine count: they prove that it was heard."""
        own_mac = self._announcer.mac()
        answers: dict[Answer, None] = {}
        for hearing in self._hearing:
            for frame in _drain(hearing):
                answer = _answer(frame)
                if are_replies and not _is_reply(frame, own_mac):
                    continue
                if answer and answer.address in self._asked and answer.mac != own_mac:
                    answers[answer] = None
        return list(answers)

    def rest(self) -> None:
        """Ask no more: hear nothing, and forget what was heard but not read."""
        self._asked.clear()
        for hearing in self._hearing:
            packet_filter.attach(hearing, [instruction(RETURN, 0)])
            while _drain(hearing):
                pass

    def close(self) -> None:
        self._announcer.close()
        self._ready.close()
        for hearing in self._hearing:
            hearing.close()

    def _hear(self, protocol: int) -> socket.socket:
        """Bound only after its filter is there: nothing slips in before."""
        hearing = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._hearing.append(hearing)
        hearing.setblocking(False)
        packet_filter.attach(hearing, [instruction(RETURN, 0)])
        hearing.bind((self.device, protocol))
        self._ready.register(hearing, select.EPOLLIN)
        return hearing

    def _listen_for_asked(self, newest: IPAddress) -> None:
        if isinstance(newest, IPv4Address):
            asked = [a for a in self._asked if isinstance(a, IPv4Address)]
            packet_filter.attach(self._arp, _arp_filter(asked))
        else:
            wanted = [a for a in self._asked if isinstance(a, IPv6Address)]
            packet_filter.attach(self._ipv6, _advertisement_filter(wanted))


def _answer(frame: bytes) -> Answer | None:
    try:
        said = arp_frame.decode(frame)
    except WireError:
        return None
    if isinstance(said, ArpPacket):
        return Answer(said.sender_ip, said.sender_mac)
    if isinstance(said, NeighbourAdvertisement):
        return Answer(said.address, said.mac)
    return None


def _is_reply(frame: bytes, own_mac: str | None) -> bool:
    try:
        said = arp_frame.decode(frame)
    except WireError:
        return False
    if isinstance(said, ArpPacket):
        return said.operation is Operation.REPLY and said.target_mac == own_mac
    return True


def _drain(hearing: socket.socket) -> list[bytes]:
    frames: list[bytes] = []
    with contextlib.suppress(OSError):  # nothing more, or the device went down
        while len(frames) < _LARGEST_DRAIN:
            frames.append(hearing.recv(_LARGEST_FRAME))
    return frames


def _arp_filter(addresses: Iterable[IPv4Address]) -> list[bytes]:
    """Classic BPF: whole frames whose sender IP is one of these."""
    program = [instruction(LOAD_WORD, _ARP_SENDER_IP)]
    for address in addresses:
        program.append(instruction(JUMP_IF_EQUAL, int(address), if_not=1))
        program.append(instruction(RETURN, WHOLE_FRAME))
    return [*program, instruction(RETURN, 0)]


def _advertisement_filter(addresses: Iterable[IPv6Address]) -> list[bytes]:
    """Classic BPF: neighbour advertisements for one of these."""
    program = []
    for offset, value in ((_IPV6_NEXT_HEADER, _ICMPV6), (_ICMPV6_TYPE, _ADVERTISEMENT)):
        program.append(instruction(LOAD_BYTE, offset))
        program.append(instruction(JUMP_IF_EQUAL, value, if_so=1))
        program.append(instruction(RETURN, 0))
    for address in addresses:
        for part, word in enumerate(struct.unpack("!4I", address.packed)):
            program.append(instruction(LOAD_WORD, _ICMPV6_TARGET + 4 * part))
            program.append(instruction(JUMP_IF_EQUAL, word, if_not=2 * (3 - part) + 1))
        program.append(instruction(RETURN, WHOLE_FRAME))
    return [*program, instruction(RETURN, 0)]


def _join_all_nodes(hearing: socket.socket, device: str) -> None:
    """Answers about IPv6 go to all nodes, whom a device without IPv6 does not listen to."""
    index = socket.if_nametoindex(device)
    request = struct.pack("=iHH8s", index, _PACKET_MR_MULTICAST, 6, _ALL_NODES_MAC)
    hearing.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, request)
