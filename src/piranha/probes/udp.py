"""Asks over UDP: one socket for each probe, on which a closed port is noticed at once (ICMP)."""

import select
import socket

from piranha.probes.doors import Doors, Note, Waiting
from piranha.probes.exchange import Exchange
from piranha.probes.expression_guard import ExpressionGuard
from piranha.probes.question import Question
from piranha.probes.sick_endings import verdict_of
from piranha.probes.source import taken_over
from piranha.probes.verdict import Outcome

_LARGEST_DATAGRAM = 65_535
_ERRORS_TOO = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}
"""IP_RECVERR (ip(7)) and its IPv6 twin: ICMP errors reach a socket that is not connected, too."""


class UdpProbe:
    """One question over one socket of its own: answers to earlier probes never reach it."""

    def __init__(self, question: Question, doors: Doors) -> None:
        self._question = question
        self._doors = doors
        self._started_at = doors.now()
        self._exchange = Exchange(question.steps, self._started_at, question.timeout_seconds)
        self._guard = ExpressionGuard(question, doors.now)
        self._socket: socket.socket | None = None
        self._said_wanted = ""
        self._partner = (question.host, question.port)
        """Where datagrams go; an answer from another port changes it, where that is allowed."""

    def ask(self) -> Outcome:
        """Go through the steps. Raises ToldToEnd."""
        exchange, question = self._exchange, self._question
        try:
            family = socket.AF_INET6 if question.is_ipv6 else socket.AF_INET
            kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
            if question.source is None:
                self._socket = socket.socket(family, kind)
            else:
                self._socket = taken_over(question.source, family, socket.SOCK_DGRAM)
            if question.is_connected:
                self._socket.connect(self._partner)
            else:
                self._socket.setsockopt(*_ERRORS_TOO[family], 1)
            waiting = Waiting(self._doors)
            waiting.watch(self._socket.fileno(), select.POLLIN)
            while exchange.outcome is None:
                self._turn(self._socket, waiting)
        except OSError as error:
            exchange.failed(*verdict_of(error), self._doors.now())
        assert exchange.outcome is not None, "an exchange ends with an outcome"
        return exchange.outcome

    def part(self) -> None:
        """Nothing: a datagram socket just goes."""

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _turn(self, channel: socket.socket, waiting: Waiting) -> None:
        exchange = self._exchange
        while exchange.outbox:
            if self._question.is_connected:
                channel.send(exchange.outbox[0])
            else:
                channel.sendto(exchange.outbox[0], self._partner)
            self._note("sent", exchange.outbox[0])
            exchange.sent()
        if exchange.wanted != self._said_wanted:
            self._said_wanted = exchange.wanted
            self._note("expecting", text=exchange.wanted)
        if waiting.until(exchange.wake_at):
            while exchange.outcome is None and self._receive(channel):
                pass  # all that has come is read before time is judged
        self._guard.tell(exchange, exchange.time_passed)

    def _receive(self, channel: socket.socket) -> bool:
        """Take one datagram; False when there is none."""
        try:
            datagram, sender = channel.recvfrom(_LARGEST_DATAGRAM)
        except BlockingIOError:
            return False
        if not self._question.is_connected:
            if not _is_same(sender[0], self._question.host):
                return False  # a stranger's: passed over, and whatever he sends, time is looked at
            self._partner = (self._question.host, sender[1])
        self._note("received", datagram)
        self._guard.tell(self._exchange, self._exchange.received, datagram)
        return True

    def _note(self, kind: str, data: bytes = b"", text: str = "") -> None:
        if self._doors.note is not None:
            self._doors.note(Note(self._doors.now() - self._started_at, kind, data, text))


def _is_same(sender: str, host: str) -> bool:
    """Whether the two texts are one address, whatever its spelling."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sender, host = sender.partition("%")[0], host.partition("%")[0]
    return socket.inet_pton(family, sender) == socket.inet_pton(family, host)
