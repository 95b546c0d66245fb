"""Asks a DHCP server as a relay agent does, over a raw socket that was opened with root's rights.

The socket is handed in and stays open from probe to probe: a nanny could not open it again.
"""

import os
import select
import socket
import struct
from errno import EADDRNOTAVAIL
from ipaddress import IPv4Address

from piranha.probes import dhcp_message
from piranha.probes.dhcp_exchange import DhcpExchange
from piranha.probes.doors import Doors, Note, Waiting
from piranha.probes.question import Question
from piranha.probes.sick_endings import verdict_of
from piranha.probes.verdict import Outcome

_READ_SIZE = 4_096
_LARGEST_DRAIN = 1_000
"""Datagrams; what came between two probes is passed over."""
_IP_RECVERR = 11
_ERROR_NUMBER = struct.Struct("=I")


class DhcpProbe:
    """One question through one device."""

    def __init__(self, question: Question, doors: Doors) -> None:
        assert question.dhcp is not None, "a DHCP probe has a DHCP question"
        assert question.dhcp.socket is not None, "it was opened before"
        self._question = question
        self._dhcp = question.dhcp
        self._doors = doors
        self._started_at = doors.now()
        self._socket = socket.socket(fileno=os.dup(question.dhcp.socket))

    def ask(self) -> Outcome:
        """Ask until there is an outcome. Raises ToldToEnd."""
        question, doors = self._question, self._doors
        kind = self._dhcp.kind
        started, timeout = self._started_at, question.timeout_seconds
        transaction = int.from_bytes(os.urandom(4))
        exchange = DhcpExchange(kind, IPv4Address(0), transaction, started, timeout)
        try:
            relay = self._own_address()
            exchange = DhcpExchange(kind, relay, transaction, started, timeout)
            self._drain()
            waiting = Waiting(doors)
            waiting.watch(self._socket.fileno(), select.POLLIN)
            self._send(exchange)
            self._note("expecting", text=exchange.wanted)
            while exchange.outcome is None:
                if waiting.until(exchange.wake_at):
                    self._receive(exchange)
                exchange.time_passed(doors.now())
                if exchange.is_due(doors.now()):
                    self._send(exchange)
        except OSError as error:
            exchange.failed(*verdict_of(error), doors.now())
        assert exchange.outcome is not None, "an exchange ends with an outcome"
        return exchange.outcome

    def part(self) -> None:
        """Nothing: an offer that is not taken is forgotten by the server."""

    def close(self) -> None:
        self._socket.close()

    def _own_address(self) -> IPv4Address:
        """From which address of ours the server is reached through the device. Raises OSError."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            device = self._dhcp.device.encode() + b"\0"
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
            asking.connect((self._question.host, self._question.port))
            address = IPv4Address(asking.getsockname()[0])
        if address == IPv4Address(0):
            raise OSError(EADDRNOTAVAIL, os.strerror(EADDRNOTAVAIL))
        return address

    def _send(self, exchange: DhcpExchange) -> None:
        packet = dhcp_message.in_udp(exchange.message)
        self._socket.sendto(packet, (self._question.host, 0))
        self._note("sent", exchange.message)

    def _drain(self) -> None:
        """Pass over what came since the last probe, errors too."""
        for flags in (socket.MSG_ERRQUEUE, 0):
            for _ in range(_LARGEST_DRAIN):
                try:
                    self._socket.recvmsg(1, 512, flags)
                except BlockingIOError:
                    break
                except OSError:
                    continue  # the pending error, which is told once

    def _receive(self, exchange: DhcpExchange) -> None:
        """Read all that has come, before time is judged."""
        self._hear_errors(exchange)
        while exchange.outcome is None:
            try:
                packet = self._socket.recv(_READ_SIZE)
            except BlockingIOError:
                return
            except OSError:
                self._hear_errors(exchange)
                continue
            message = dhcp_message.out_of_ip(packet)
            self._note("received", message)
            exchange.received(message, self._doors.now())

    def _hear_errors(self, exchange: DhcpExchange) -> None:
        """ICMP errors of any datagram of this node reach the socket: most of them are not ours."""
        while exchange.outcome is None:
            try:
                datagram, extra, _, _ = self._socket.recvmsg(_READ_SIZE, 512, socket.MSG_ERRQUEUE)
            except BlockingIOError:
                return
            for level, kind, data in extra:
                if (level, kind) == (socket.IPPROTO_IP, _IP_RECVERR) and len(data) >= 4:
                    number = _ERROR_NUMBER.unpack_from(data)[0]
                    verdict, words = verdict_of(OSError(number, os.strerror(number)))
                    exchange.came_back(datagram, verdict, words, self._doors.now())

    def _note(self, kind: str, data: bytes = b"", text: str = "") -> None:
        if self._doors.note is not None:
            self._doors.note(Note(self._doors.now() - self._started_at, kind, data, text))
