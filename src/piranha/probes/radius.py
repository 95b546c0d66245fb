"""Asks a RADIUS server for its status, over a socket of its own for each question."""

import os
import select
import socket

from piranha.probes import radius_message
from piranha.probes.doors import Doors, Note, Waiting
from piranha.probes.exchange import DATAGRAM_LIMIT, RESENDS
from piranha.probes.question import Question
from piranha.probes.sick_endings import verdict_of
from piranha.probes.verdict import Outcome, Verdict, timed_out

WANTED = "an answer to Status-Server"
_READ_SIZE = 4_097
"""A packet has at most 4,096 bytes (RFC 2865 section 3)."""


class RadiusProbe:
    """One question. Whatever is not its answer is passed over until the deadline."""

    def __init__(self, question: Question, doors: Doors) -> None:
        self._question = question
        self._doors = doors
        self._started_at = doors.now()
        self._deadline = self._started_at + question.timeout_seconds
        self._resends = [self._started_at + p * question.timeout_seconds for p in RESENDS]
        self._number = os.urandom(1)[0]
        self._authenticator = os.urandom(radius_message.AUTHENTICATOR_SIZE)
        self._last = ""
        self._heard = 0
        self._socket: socket.socket | None = None

    def ask(self) -> Outcome:
        """Ask until there is an outcome. Raises ToldToEnd."""
        question = self._question
        try:
            family = socket.AF_INET6 if question.is_ipv6 else socket.AF_INET
            channel = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self._socket = channel
            channel.connect((question.host, question.port))
            waiting = Waiting(self._doors)
            waiting.watch(channel.fileno(), select.POLLIN)
            self._send(channel)
            self._note("expecting", text=WANTED)
            while True:
                outcome = self._turn(channel, waiting)
                if outcome is not None:
                    return outcome
        except OSError as error:
            verdict, words = verdict_of(error)
            return self._outcome(verdict, words)

    def part(self) -> None:
        """Nothing: a datagram socket just goes."""

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _turn(self, channel: socket.socket, waiting: Waiting) -> Outcome | None:
        if waiting.until(min([self._deadline, *self._resends[:1]])):
            while (answer := self._receive(channel)) is not None:
                if outcome := self._judge(answer):
                    return outcome
        now = self._doors.now()
        if now >= self._deadline:
            return self._judge_silence(now)
        if self._resends and now >= self._resends[0]:
            del self._resends[0]
            self._send(channel)
        return None

    def _judge(self, answer: bytes) -> Outcome | None:
        secret = self._question.secret
        fault = radius_message.fault_of(answer, self._number, self._authenticator, secret)
        self._heard += 1
        if not fault:
            name = radius_message.name_of(answer)
            return self._outcome(Verdict.ANSWERED, f"expected {WANTED}, got {name}")
        self._last = fault
        if self._heard < DATAGRAM_LIMIT:
            return None
        return self._outcome(Verdict.TOO_MUCH, f"{fault} and {DATAGRAM_LIMIT} datagrams")

    def _judge_silence(self, now: float) -> Outcome:
        if self._last:
            verdict, got = Verdict.WRONG_ANSWER, self._last
        else:  # a server says nothing to whom it does not know, and to a wrong secret
            verdict = Verdict.EXPECT_TIMED_OUT
            got = "nothing (it is down, does not know this client, or has another secret)"
        evidence = f"expected {WANTED}, got {got}"
        return self._outcome(timed_out(verdict, self._deadline, now), evidence)

    def _send(self, channel: socket.socket) -> None:
        packet = radius_message.question(self._number, self._authenticator, self._question.secret)
        channel.send(packet)
        self._note("sent", packet)

    def _receive(self, channel: socket.socket) -> bytes | None:
        try:
            answer = channel.recv(_READ_SIZE)
        except BlockingIOError:
            return None
        self._note("received", answer)
        return answer

    def _outcome(self, verdict: Verdict, evidence: str) -> Outcome:
        seconds = max(0.0, self._doors.now() - self._started_at)
        return Outcome(verdict, f"{evidence}, after {seconds:.3f} s", seconds)

    def _note(self, kind: str, data: bytes = b"", text: str = "") -> None:
        if self._doors.note is not None:
            self._doors.note(Note(self._doors.now() - self._started_at, kind, data, text))
