"""Asks a DNS server: over UDP, and over TCP where the answer does not fit into a datagram."""

import os
import select
import socket
from errno import EINPROGRESS

from piranha.probes.dns_exchange import DnsExchange
from piranha.probes.doors import Doors, Note, Waiting
from piranha.probes.question import Question
from piranha.probes.sick_endings import verdict_of
from piranha.probes.verdict import Outcome, Verdict, timed_out

_READ_SIZE = 65_535


class DnsProbe:
    """One question; each way of asking has a socket of its own, so that no older answer and no
    stranger's can reach it."""

    def __init__(self, question: Question, doors: Doors) -> None:
        assert question.dns is not None, "a DNS probe has a DNS question"
        self._question = question
        self._doors = doors
        self._started_at = doors.now()
        number = int.from_bytes(os.urandom(2))
        self._exchange = DnsExchange(
            question.dns, number, self._started_at, question.timeout_seconds
        )
        self._socket: socket.socket | None = None

    def ask(self) -> Outcome:
        """Ask until there is an outcome. Raises ToldToEnd."""
        exchange = self._exchange
        try:
            if not exchange.wants_stream:
                self._ask_by_datagrams()
            if exchange.outcome is None:
                self._ask_by_stream()
        except OSError as error:
            exchange.failed(*verdict_of(error), self._doors.now())
        assert exchange.outcome is not None, "an exchange ends with an outcome"
        return exchange.outcome

    def part(self) -> None:
        """Nothing: after one answer a client of a DNS server just closes (RFC 7766)."""

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _ask_by_datagrams(self) -> None:
        exchange, doors = self._exchange, self._doors
        channel = self._open(socket.SOCK_DGRAM)
        channel.connect((self._question.host, self._question.port))
        waiting = Waiting(doors)
        waiting.watch(channel.fileno(), select.POLLIN)
        self._send_datagram(channel)
        self._note("expecting", text=exchange.wanted)
        while exchange.outcome is None and not exchange.wants_stream:
            if waiting.until(exchange.wake_at):
                self._receive_datagrams(channel)
            exchange.time_passed(doors.now())
            if exchange.is_due(doors.now()):
                self._send_datagram(channel)

    def _send_datagram(self, channel: socket.socket) -> None:
        channel.send(self._exchange.message)
        self._note("sent", self._exchange.message)

    def _receive_datagrams(self, channel: socket.socket) -> None:
        """Read all that has come, before time is judged."""
        exchange = self._exchange
        while exchange.outcome is None and not exchange.wants_stream:
            try:
                datagram = channel.recv(_READ_SIZE)
            except BlockingIOError:
                return
            self._note("received", datagram)
            exchange.received(datagram, self._doors.now())

    def _ask_by_stream(self) -> None:
        exchange, doors = self._exchange, self._doors
        self.close()
        channel = self._open(socket.SOCK_STREAM)
        waiting = Waiting(doors)
        if not self._connect(channel, waiting):
            now = doors.now()
            verdict = timed_out(Verdict.CONNECT_TIMED_OUT, exchange.deadline, now)
            exchange.failed(verdict, "no connection", now)
            return
        self._note("connected")
        channel.send(exchange.stream_message, socket.MSG_NOSIGNAL)  # a new socket has room for it
        self._note("sent", exchange.stream_message)
        waiting.watch(channel.fileno(), select.POLLIN)
        while exchange.outcome is None:
            if waiting.until(exchange.deadline):
                data = channel.recv(_READ_SIZE)
                self._note("received" if data else "ended", data)
                if data:
                    exchange.stream_received(data, doors.now())
                else:
                    exchange.stream_ended(doors.now())
            exchange.time_passed(doors.now())

    def _connect(self, channel: socket.socket, waiting: Waiting) -> bool:
        """False when the deadline came first. Raises OSError."""
        code = channel.connect_ex((self._question.host, self._question.port))
        if code == EINPROGRESS:
            waiting.watch(channel.fileno(), select.POLLOUT)
            if not waiting.until(self._exchange.deadline):
                return False
            code = channel.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        return True

    def _open(self, kind: socket.SocketKind) -> socket.socket:
        family = socket.AF_INET6 if self._question.is_ipv6 else socket.AF_INET
        self._socket = socket.socket(family, kind | socket.SOCK_NONBLOCK)
        return self._socket

    def _note(self, kind: str, data: bytes = b"", text: str = "") -> None:
        if self._doors.note is not None:
            self._doors.note(Note(self._doors.now() - self._started_at, kind, data, text))
