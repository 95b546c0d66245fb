"""Pure: a dialogue in datagrams. Datagrams and time in; datagrams, wanted instant, verdict out.

Each datagram is judged by itself, an empty one is an answer too, and one that does not fit is
passed over until the deadline, for it may be a late answer to an older question. What was sent is
sent again within the deadline, for datagrams get lost. Where no answer is asked for, silence is
taken for health: a closed port refuses at once (ICMP), a live service need not speak.
"""

from piranha.probes.matching import Finding, matchers_of
from piranha.probes.verdict import Outcome, Verdict, timed_out
from piranha.script.spelling import quoted
from piranha.script.steps import ExpectAny, Send, Step

DATAGRAM_LIMIT = 100
"""Datagrams that one probe reads before it says "too much"."""
SILENCE_SECONDS = 1.0
"""How long a port is given to refuse (or its timeout, where that is shorter)."""
RESENDS = (0.25, 0.5)
"""When a datagram is sent again: at these parts of the time that it has for an answer."""


class Exchange:
    """One run through the steps. Raises re.error for a bad expression when it is made."""

    def __init__(self, steps: tuple[Step, ...], started_at: float, timeout_seconds: float) -> None:
        self.outcome: Outcome | None = None
        self.outbox: list[bytes] = []
        """Datagrams to be sent now; `sent` takes the first one away."""
        self.deadline = started_at + timeout_seconds
        self._started_at = started_at
        if not steps or not isinstance(steps[0], Send):
            steps = (Send(b""), *steps)
        self._steps = steps
        self._matchers = matchers_of(steps)
        self._at = 0
        self._last_sent = b""
        self._resends: list[float] = []
        self._wrong: bytes | None = None
        self._datagrams = 0
        self._answered = ""
        self._advance(started_at)

    @property
    def wanted(self) -> str:
        """What is expected just now, for people; empty while nothing is."""
        matcher = self._matchers[self._at] if self._at < len(self._matchers) else None
        return matcher.wanted if matcher else ""

    @property
    def wake_at(self) -> float:
        """When `time_passed` is wanted next."""
        return min([self._last_instant, *self._resends[:1]])

    def sent(self) -> None:
        """The first datagram of the outbox is on its way."""
        del self.outbox[0]

    def received(self, datagram: bytes, now: float) -> None:
        """A datagram came."""
        if self.outcome is not None:
            return
        self._datagrams += 1
        if self._fits(datagram):
            self._read(datagram, now)
        else:
            self._wrong = datagram
        if self.outcome is None and self._datagrams >= DATAGRAM_LIMIT:
            self._end(Verdict.TOO_MUCH, f"{self._exchange()} and {DATAGRAM_LIMIT} datagrams", now)

    def failed(self, verdict: Verdict, reason: str, now: float) -> None:
        """The operating system, or an ICMP message, ended it."""
        if self.outcome is None:
            self._end(verdict, reason, now)

    def time_passed(self, now: float) -> None:
        """Send again when it is time to, judge at the end."""
        if self.outcome is not None:
            return
        if now >= self._last_instant:
            self._judge_silence(now)
        elif self._resends and now >= self._resends[0]:
            del self._resends[0]
            self.outbox.append(self._last_sent)

    @property
    def _asks_nothing(self) -> bool:
        return self._at == len(self._steps)

    @property
    def _last_instant(self) -> float:
        if self._asks_nothing:
            return min(self.deadline, self._started_at + SILENCE_SECONDS)
        return self.deadline

    def _fits(self, datagram: bytes) -> bool:
        if self._asks_nothing or isinstance(self._steps[self._at], ExpectAny):
            return True
        matcher = matchers_of(self._steps[self._at : self._at + 1])[0]
        assert matcher is not None, "a step that sends is never waited in"
        return matcher.look(bytearray(datagram), is_whole=True) is Finding.MATCHED

    def _read(self, datagram: bytes, now: float) -> None:
        self._wrong = datagram
        self._answered = self._exchange()
        self._wrong = None
        self._at += 1
        self._advance(now)

    def _advance(self, now: float) -> None:
        while self._at < len(self._steps) and isinstance(step := self._steps[self._at], Send):
            self._at += 1
            self._send(step.data, now)
        if self._at >= len(self._steps) and self._answered:
            self._end(Verdict.ANSWERED, self._answered, now)

    def _send(self, datagram: bytes, now: float) -> None:
        self._last_sent = datagram
        self.outbox.append(datagram)
        left = self._last_instant - now
        self._resends = [now + part * left for part in RESENDS]

    def _judge_silence(self, now: float) -> None:
        if self._asks_nothing:
            self._end(Verdict.NOT_REFUSED, "not refused", now)
        elif self._wrong is not None:
            self._end(Verdict.WRONG_ANSWER, self._exchange(), now)
        else:
            verdict = timed_out(Verdict.EXPECT_TIMED_OUT, self.deadline, now)
            self._end(verdict, self._exchange(), now)

    def _exchange(self) -> str:
        got = "nothing" if self._wrong is None else quoted(self._wrong)
        return f"expected {self.wanted}, got {got}" if self.wanted else f"got {got}"

    def _end(self, verdict: Verdict, evidence: str, now: float) -> None:
        seconds = max(0.0, now - self._started_at)
        self.outbox.clear()
        self.outcome = Outcome(verdict, f"{evidence}, after {seconds:.3f} s", seconds)
