"""Asks over TCP: one non-blocking connection, one deadline, a polite end."""

import contextlib
import select
import socket
from errno import EINPROGRESS
from os import strerror
from typing import TYPE_CHECKING

from piranha.probes.dialogue import Dialogue
from piranha.probes.doors import Doors, Note, Waiting
from piranha.probes.expression_guard import ExpressionGuard
from piranha.probes.question import Question
from piranha.probes.sick_endings import verdict_of
from piranha.probes.source import taken_over, unconnect
from piranha.probes.tls_failure import TlsFailed
from piranha.probes.verdict import Outcome
from piranha.script.steps import READ_LIMIT, TlsTerms

if TYPE_CHECKING:
    from piranha.probes.tls import TlsLayer

_READ_SIZE = 16_384
_FAREWELL_SECONDS = 0.1
"""How long the server gets to close its side, so that it never sees a reset."""


def layer_of(terms: TlsTerms) -> "TlsLayer":
    from piranha.probes.tls import TlsLayer  # here: only who asks for TLS pays for the library

    return TlsLayer(terms)


class TcpProbe:
    """One question over one connection."""

    def __init__(self, question: Question, doors: Doors) -> None:
        self._question = question
        self._doors = doors
        self._started_at = doors.now()
        self._dialogue = Dialogue(question.steps, self._started_at, question.timeout_seconds)
        self._guard = ExpressionGuard(question, doors.now)
        self._waiting = Waiting(doors)
        self._connection: socket.socket | None = None
        self._is_connected = False
        self._has_ended = False
        self._said_wanted = ""
        self._tls: TlsLayer | None = None
        self._unsent = b""
        """Encrypted, and not yet on the wire."""
        self._in_flight = 0
        """Bytes of the dialogue's outbox that are in what is unsent."""
        self._warning = ""

    def ask(self) -> Outcome:
        """Connect and go through the steps. Raises ToldToEnd."""
        dialogue = self._dialogue
        try:
            connection = self._connect()
            while dialogue.outcome is None:
                self._turn(connection)
        except TlsFailed as error:
            dialogue.failed(error.verdict, error.reason, self._doors.now())
        except OSError as error:
            dialogue.failed(*verdict_of(error), self._doors.now())
        assert dialogue.outcome is not None, "a dialogue ends with an outcome"
        return dialogue.outcome.with_warning(self._warning) if self._warning else dialogue.outcome

    def part(self) -> None:
        """Say that we are done, and let the server close first where it does so soon.

        A close with unread bytes would send a reset, which fills the server's log.
        """
        if self._connection is None or not self._is_connected or self._has_ended:
            return
        waiting = self._waiting
        waiting.watch(self._connection.fileno(), select.POLLIN)
        end = self._doors.now() + _FAREWELL_SECONDS
        room = READ_LIMIT
        try:
            if self._question.source is None:
                self._shut_down(self._connection)
            else:  # who closes first keeps the port busy for a minute: that should be the server
                self._say_goodbye(self._connection)
            while room > 0 and waiting.until(end) and (rest := self._connection.recv(_READ_SIZE)):
                room -= len(rest)
        except OSError:
            return  # it was quicker, or ruder, than we are

    def close(self) -> None:
        if self._connection is not None:
            if self._question.source is not None:
                unconnect(self._connection)
            self._connection.close()

    def _connect(self) -> socket.socket:
        question, dialogue = self._question, self._dialogue
        family = socket.AF_INET6 if question.is_ipv6 else socket.AF_INET
        kind = socket.SOCK_STREAM | socket.SOCK_NONBLOCK
        if question.source is None:
            connection = socket.socket(family, kind)
        else:
            connection = taken_over(question.source, family, socket.SOCK_STREAM)
        self._connection = connection
        code = connection.connect_ex((question.host, question.port))
        if code == EINPROGRESS:
            self._waiting.watch(connection.fileno(), select.POLLOUT)
            if not self._waiting.until(dialogue.deadline):
                self._guard.tell(dialogue, dialogue.time_passed)
                return connection
            code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, strerror(code))
        self._is_connected = True
        self._note("connected")
        self._guard.tell(dialogue, dialogue.connected)
        return connection

    def _turn(self, connection: socket.socket) -> None:
        dialogue = self._dialogue
        if dialogue.wants_tls and self._tls is None:
            self._begin_tls()
        if dialogue.outbox or self._unsent:
            self._send(connection)
        if dialogue.outcome is not None:
            return
        if dialogue.wanted != self._said_wanted:
            self._said_wanted = dialogue.wanted
            self._note("expecting", text=dialogue.wanted)
        if dialogue.wants_close:
            self._close_our_side(connection)
            return
        events = 0 if self._has_ended else select.POLLIN
        waiting = self._waiting
        is_sending = bool(dialogue.outbox or self._unsent)
        if events or is_sending:
            waiting.watch(connection.fileno(), events | (select.POLLOUT if is_sending else 0))
        else:  # poll(2) would report the hang-up again and again while a script waits
            waiting.forget(connection.fileno())
        ready = waiting.until(dialogue.wake_at).get(connection.fileno(), 0)
        if ready & ~select.POLLOUT and not self._has_ended:
            self._receive(connection)
        self._guard.tell(dialogue, dialogue.time_passed)

    def _close_our_side(self, connection: socket.socket) -> None:
        self._shut_down(connection)
        self._note("closed")
        self._guard.tell(self._dialogue, self._dialogue.closed)

    def _shut_down(self, connection: socket.socket) -> None:
        self._say_goodbye(connection)
        connection.shutdown(socket.SHUT_WR)

    def _say_goodbye(self, connection: socket.socket) -> None:
        if self._tls is not None:
            self._tls.say_goodbye()
            with contextlib.suppress(BlockingIOError):
                connection.send(self._unsent + self._tls.take_outgoing(), socket.MSG_NOSIGNAL)

    def _begin_tls(self) -> None:
        terms = self._question.tls
        assert terms is not None, "a question with a handshake has terms for it"
        self._tls = layer_of(terms)
        if early := self._dialogue.take_unread():
            self._tls.feed(early)
        self._go_on_with_tls(self._tls)

    def _go_on_with_tls(self, tls: "TlsLayer") -> None:
        """Tell the dialogue what has come through the encryption. Raises TlsFailed."""
        dialogue = self._dialogue
        try:
            if dialogue.wants_tls and tls.shake_hands():
                self._note("secured", text=tls.protocol)
                if self._doors.today is not None:
                    self._warning = tls.expiry_warning(self._doors.today())
                self._guard.tell(dialogue, dialogue.secured)
            while not (dialogue.wants_tls or self._has_ended) and dialogue.outcome is None:
                data = tls.decrypt()
                if data is None:
                    break
                self._hear(data)
        finally:
            self._unsent += tls.take_outgoing()

    def _send(self, connection: socket.socket) -> None:
        if self._tls is not None:
            self._send_encrypted(connection, self._tls)
            return
        outbox = self._dialogue.outbox
        try:
            # A nanny has SIGPIPE at its default: without the flag a reset would kill it.
            count = connection.send(outbox, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return
        self._note("sent", outbox[:count])
        self._guard.tell(self._dialogue, self._dialogue.sent, count)

    def _receive(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(_READ_SIZE)
        except BlockingIOError:
            return
        if self._tls is None:
            self._hear(data)
            return
        self._tls.feed(data)
        self._go_on_with_tls(self._tls)

    def _send_encrypted(self, connection: socket.socket, tls: "TlsLayer") -> None:
        """The outbox counts as sent when all that it became is on the wire."""
        dialogue = self._dialogue
        if dialogue.outbox and not self._in_flight:
            self._in_flight = len(dialogue.outbox)
            tls.encrypt(dialogue.outbox)
            self._unsent += tls.take_outgoing()
        try:
            count = connection.send(self._unsent, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return
        self._unsent = self._unsent[count:]
        if self._in_flight and not self._unsent:
            count, self._in_flight = self._in_flight, 0
            self._note("sent", dialogue.outbox[:count])
            self._guard.tell(dialogue, dialogue.sent, count)

    def _hear(self, data: bytes) -> None:
        """Plain bytes came; none: the server will send no more."""
        if data:
            self._note("received", data)
            self._guard.tell(self._dialogue, self._dialogue.received, data)
        else:
            self._has_ended = True
            self._note("ended")
            self._guard.tell(self._dialogue, self._dialogue.ended)

    def _note(self, kind: str, data: bytes = b"", text: str = "") -> None:
        if self._doors.note is not None:
            self._doors.note(Note(self._doors.now() - self._started_at, kind, data, text))
