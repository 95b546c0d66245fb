"""Pure: a dialogue over a stream. Bytes and time in; bytes to send, wanted deadline, verdict out.

A transport says what happened (`connected`, `sent`, `received`, `ended`, `failed`, `time_passed`)
and then looks at what is wanted: `outbox` is to be sent, `wants_tls` and `wants_close` are to be
done, at `wake_at` it wants to hear that time has passed, `outcome` is the end. However the input is
cut into segments, the verdict is the same; no more than READ_LIMIT bytes are kept; at the
deadline there is an outcome. It knows nothing of sockets: any stream of bytes can carry it.
"""

from piranha.probes.matching import Finding, Matcher, matchers_of
from piranha.probes.verdict import Outcome, Verdict, timed_out
from piranha.script.spelling import quoted
from piranha.script.steps import READ_LIMIT, Close, Send, StartTls, Step, Wait


class Dialogue:
    """One run through the steps, from connecting to the outcome. Raises re.error for a bad
    expression when it is made, and nothing later."""

    def __init__(self, steps: tuple[Step, ...], started_at: float, timeout_seconds: float) -> None:
        self.outcome: Outcome | None = None
        self.outbox: bytes = b""
        """To be sent now; `sent` says how much of it was."""
        self.wants_tls = False
        """A TLS handshake is to be made; then call `secured`."""
        self.wants_close = False
        """Our side is to be closed; then call `closed`."""
        self.deadline = started_at + timeout_seconds
        self._wait_until: float | None = None
        self._is_secured = False
        self._started_at = started_at
        self._steps = steps
        self._matchers: tuple[Matcher | None, ...] = matchers_of(steps)
        self._at = 0
        self._is_connected = False
        self._has_ended = False
        self._unread = bytearray()
        self._room = READ_LIMIT
        """How much more may come; below zero: bytes were passed over."""
        self._answered = ""
        """What the last answer that matched was, for people."""

    @property
    def wanted(self) -> str:
        """What is expected just now, for people; empty while nothing is."""
        if self.wants_tls:
            return "a TLS handshake"
        if self._wait_until is not None:
            return "a wait to end"
        matcher = self._matcher
        return matcher.wanted if matcher else ""

    @property
    def wake_at(self) -> float:
        """When `time_passed` is wanted next."""
        return self.deadline if self._wait_until is None else min(self._wait_until, self.deadline)

    def take_unread(self) -> bytes:
        """What came before the handshake and belongs to it; it is no longer ours."""
        taken, self._unread = bytes(self._unread), bytearray()
        return taken

    def secured(self, now: float) -> None:
        """The handshake is done."""
        self.wants_tls = False
        self._is_secured = True
        self._go_on(now)

    def closed(self, now: float) -> None:
        """The server knows that we shall send nothing more."""
        self.wants_close = False
        self._go_on(now)

    def connected(self, now: float) -> None:
        """The connection stands."""
        self._is_connected = True
        self._advance(now)

    def sent(self, count: int, now: float) -> None:
        """The first `count` bytes of the outbox are on their way."""
        self.outbox = self.outbox[count:]
        if not self.outbox and self.outcome is None:
            self._go_on(now)

    def received(self, data: bytes, now: float) -> None:
        """Bytes came. What comes after the outcome, or beyond the limit, is passed over."""
        if self.outcome is not None:
            return
        self._unread += data[: max(0, self._room)]
        self._room -= len(data)
        self._advance(now)

    def ended(self, now: float) -> None:
        """The server will send no more."""
        self._has_ended = True
        self._advance(now)

    def failed(self, verdict: Verdict, reason: str, now: float) -> None:
        """The connection, or the attempt at one, came to this end."""
        if self.outcome is None:
            is_asked = self._is_connected and (self.wanted or self._unread)
            self._end(verdict, f"{self._exchange()}, {reason}" if is_asked else reason, now)

    def time_passed(self, now: float) -> None:
        """At the deadline, what has come is all there is; earlier, only a wait can end."""
        if self.outcome is not None:
            return
        if self._wait_until is not None and self._wait_until <= min(now, self.deadline):
            self._wait_until = None
            self._go_on(now)
        if now >= self.deadline and self.outcome is None:
            self._judge_deadline(now)

    def _judge_deadline(self, now: float) -> None:
        if not self._is_connected:
            self._end(self._timed_out(Verdict.CONNECT_TIMED_OUT, now), "no connection", now)
        elif self.outbox:
            evidence = f"{len(self.outbox)} bytes not sent"
            self._end(self._timed_out(Verdict.SEND_TIMED_OUT, now), evidence, now)
        elif self.wants_tls:
            self._end(self._timed_out(Verdict.TLS_TIMED_OUT, now), "no TLS handshake", now)
        else:
            matcher = self._matcher
            if (
                matcher is not None
                and matcher.is_whole_at_deadline
                and self._look(is_whole=True) is Finding.MATCHED
            ):
                self._read(now)
            if self.outcome is None:
                verdict = self._timed_out(Verdict.EXPECT_TIMED_OUT, now)
                self._end(verdict, self._exchange(), now)

    def _timed_out(self, verdict: Verdict, now: float) -> Verdict:
        return timed_out(verdict, self.deadline, now)

    @property
    def _matcher(self) -> Matcher | None:
        return self._matchers[self._at] if self._at < len(self._matchers) else None

    def _advance(self, now: float) -> None:
        """Go through the steps as far as what has come allows."""
        while self._is_connected and self.outcome is None and not self._is_busy:
            if self._at == len(self._steps):
                self._finish(now)
                return
            match self._steps[self._at]:
                case Send(data):
                    self.outbox = data
                    if not data:
                        self._at += 1
                case Wait(seconds):
                    self._wait_until = now + seconds
                case StartTls():
                    self.wants_tls = True
                case Close():
                    self.wants_close = True
                case _:
                    if not self._has_answer(now):
                        return

    @property
    def _is_busy(self) -> bool:
        """Something is to be done, or time is to pass, before the steps go on."""
        is_waiting = self._wait_until is not None
        return bool(self.outbox) or self.wants_tls or self.wants_close or is_waiting

    def _go_on(self, now: float) -> None:
        """The present step is done."""
        self._at += 1
        self._advance(now)

    def _has_answer(self, now: float) -> bool:
        finding = self._look(is_whole=False)
        is_cut = self._room < 0
        if finding is Finding.UNDECIDED and self._has_ended and not is_cut:
            finding = self._look(is_whole=True)
        if finding is Finding.MATCHED:
            self._read(now)
        elif finding is Finding.WRONG:
            self._end(Verdict.WRONG_ANSWER, self._exchange(), now)
        elif is_cut:
            self._end(Verdict.TOO_MUCH, f"{self._exchange()} and more than {READ_LIMIT} bytes", now)
        elif self._has_ended:
            self._end(Verdict.CLOSED_EARLY, f"{self._exchange()} and the end", now)
        return self.outcome is None and finding is Finding.MATCHED

    def _look(self, is_whole: bool) -> Finding:
        matcher = self._matcher
        assert matcher is not None, "nothing is expected now"
        return matcher.look(self._unread, is_whole)

    def _read(self, now: float) -> None:
        """The present step's answer has come; the bytes behind it are the next step's."""
        matcher = self._matcher
        assert matcher is not None, "nothing is expected now"
        self._answered = self._exchange()
        del self._unread[: matcher.consumed]
        self._at += 1
        if self._at == len(self._steps):
            self._finish(now)

    def _finish(self, now: float) -> None:
        if self._answered:
            self._end(Verdict.ANSWERED, self._answered, now)
        elif self._is_secured:
            self._end(Verdict.SECURED, "the TLS handshake is done", now)
        else:
            self._end(Verdict.CONNECTED, "connected", now)

    def _exchange(self) -> str:
        got = quoted(self._unread) if self._unread else "nothing"
        return f"expected {self.wanted}, got {got}" if self.wanted else f"got {got}"

    def _end(self, verdict: Verdict, evidence: str, now: float) -> None:
        seconds = max(0.0, now - self._started_at)
        self.outbox = b""
        self.wants_tls = self.wants_close = False
        self.outcome = Outcome(verdict, f"{evidence}, after {seconds:.3f} s", seconds)
