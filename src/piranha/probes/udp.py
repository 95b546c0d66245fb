"""Asks over UDP: one connected socket, so that a closed port is noticed at once (ICMP, udp(7))."""

import select
import socket

from piranha.probes.doors import Doors, Note, Waiting
from piranha.probes.exchange import Exchange
from piranha.probes.expression_guard import ExpressionGuard
from piranha.probes.question import Question
from piranha.probes.sick_endings import verdict_of
from piranha.probes.verdict import Outcome

_LARGEST_DATAGRAM = 65_535


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

    def ask(self) -> Outcome:
        """Go through the steps. Raises ToldToEnd."""
        exchange, question = self._exchange, self._question
        try:
            family = socket.AF_INET6 if question.is_ipv6 else socket.AF_INET
            kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
            self._socket = socket.socket(family, kind)
            self._socket.connect((question.host, question.port))
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
            channel.send(exchange.outbox[0])
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
            datagram = channel.recv(_LARGEST_DATAGRAM)
        except BlockingIOError:
            return False
        self._note("received", datagram)
        self._guard.tell(self._exchange, self._exchange.received, datagram)
        return True

    def _note(self, kind: str, data: bytes = b"", text: str = "") -> None:
        if self._doors.note is not None:
            self._doors.note(Note(self._doors.now() - self._started_at, kind, data, text))
