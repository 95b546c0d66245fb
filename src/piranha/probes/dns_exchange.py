"""Pure: one DNS question and its answer. Messages and time in; the next instant and verdict out.

An answer counts when it is one (QR), has our number and our question; anything else is passed over
until the deadline, for it may be late, or an echo. What is asked over UDP is asked again within the
deadline, and over TCP when the answer says that it was cut (RFC 7766 section 5).
"""

from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address

from piranha.probes import dns_message
from piranha.probes.dns_message import Malformed, Message
from piranha.probes.exchange import DATAGRAM_LIMIT, RESENDS
from piranha.probes.verdict import Outcome, Verdict, timed_out
from piranha.script.queries import DnsQuery
from piranha.terms import DNS_TYPES


class Finding(Enum):
    """What one message is to our question."""

    FOREIGN = "foreign"
    """Not its answer."""
    CUT = "cut"
    """Its answer, too long for a datagram."""
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Judged:
    """A message, judged; `words` are for people."""

    finding: Finding
    words: str


class DnsExchange:
    """One question on its way, over datagrams and then, where that is needed, over a stream."""

    def __init__(
        self, query: DnsQuery, number: int, started_at: float, timeout_seconds: float
    ) -> None:
        """`number`: 16 bits that nobody can guess."""
        self.outcome: Outcome | None = None
        self.deadline = started_at + timeout_seconds
        self.wants_stream = query.is_over_tcp
        """Ask over TCP from now on."""
        self.message = query_message(query, number)
        """What is to be sent; over TCP `stream_message`."""
        self.stream_message = len(self.message).to_bytes(2) + self.message
        self.wanted = wanted_words(query)
        self._query = query
        self._number = number
        self._started_at = started_at
        self._resends = [started_at + part * timeout_seconds for part in RESENDS]
        self._heard = 0
        self._last = "nothing"
        self._stream = bytearray()

    @property
    def wake_at(self) -> float:
        """When `is_due` or `time_passed` is wanted next."""
        resends = [] if self.wants_stream else self._resends[:1]
        return min([self.deadline, *resends])

    def is_due(self, now: float) -> bool:
        """True when the datagram is to be sent once more."""
        if self.outcome is not None or self.wants_stream or not self._resends:
            return False
        if now < self._resends[0]:
            return False
        del self._resends[0]
        return True

    def received(self, datagram: bytes, now: float) -> None:
        """A datagram came."""
        self._heard += 1
        self._hear(datagram, now)
        if self.outcome is None and self._heard >= DATAGRAM_LIMIT:
            self._end(Verdict.TOO_MUCH, f"{self._last} and {DATAGRAM_LIMIT} datagrams", now)

    def stream_received(self, data: bytes, now: float) -> None:
        """Bytes came over TCP: messages, each behind its length in two bytes."""
        self._stream += data
        while self.outcome is None and len(self._stream) >= 2:
            end = 2 + int.from_bytes(self._stream[:2])
            if len(self._stream) < end:
                return
            message = bytes(self._stream[2:end])
            del self._stream[:end]
            self.received(message, now)

    def stream_ended(self, now: float) -> None:
        """The server will send no more."""
        got = f"{len(self._stream)} bytes" if self._stream else self._last
        self._end(Verdict.CLOSED_EARLY, f"{got} and the end", now)

    def failed(self, verdict: Verdict, reason: str, now: float) -> None:
        """The operating system, or an ICMP message, ended it."""
        if self.outcome is None:
            where = " over tcp" if self.wants_stream and not self._query.is_over_tcp else ""
            self._end(verdict, f"{reason}{where}", now, is_bare=True)

    def time_passed(self, now: float) -> None:
        """Judge at the end."""
        if self.outcome is None and now >= self.deadline:
            verdict = Verdict.EXPECT_TIMED_OUT if self._last == "nothing" else Verdict.WRONG_ANSWER
            self._end(timed_out(verdict, self.deadline, now), self._last, now)

    def _hear(self, data: bytes, now: float) -> None:
        if self.outcome is not None:
            return
        judged = judge(data, self._query, self._number)
        self._last = judged.words
        match judged.finding:
            case Finding.GOOD:
                self._end(Verdict.ANSWERED, judged.words, now)
            case Finding.BAD:
                self._end(Verdict.WRONG_ANSWER, judged.words, now)
            case Finding.CUT if self.wants_stream:
                self._end(Verdict.WRONG_ANSWER, f"{judged.words} even over tcp", now)
            case Finding.CUT:
                self.wants_stream = True

    def _end(self, verdict: Verdict, got: str, now: float, is_bare: bool = False) -> None:
        seconds = max(0.0, now - self._started_at)
        evidence = got if is_bare else f"expected {self.wanted}, got {got}"
        self.outcome = Outcome(verdict, f"{evidence}, after {seconds:.3f} s", seconds)


def query_message(query: DnsQuery, number: int) -> bytes:
    """The message that asks it, under this number."""
    return dns_message.question_message(number, dns_message.name_of(query.name), query.type)


def wanted_words(query: DnsQuery) -> str:
    """What is expected, for people: www.example.org A 10.0.0.5."""
    what = f"{query.name} {query.type}"
    if query.rcodes != ("NOERROR",):
        what += f" {' or '.join(query.rcodes)}"
    if query.answer is None:
        return f"{what} with any answer or none" if "NOERROR" in query.rcodes else what
    return what if query.answer == "*" else f"{what} {query.answer}"


def judge(data: bytes, query: DnsQuery, number: int) -> Judged:
    """What these bytes are to the question that was asked under this number."""
    try:
        message = dns_message.read(data)
    except Malformed as error:
        return Judged(Finding.FOREIGN, f"no DNS message ({error})")
    if foreign := _foreign(message, query, number):
        return Judged(Finding.FOREIGN, foreign)
    if message.rcode not in query.rcodes:
        return Judged(Finding.BAD, message.rcode)
    if message.is_truncated:
        return Judged(Finding.CUT, "an answer that is cut off")
    if message.rcode != "NOERROR" or query.answer is None:
        return Judged(Finding.GOOD, message.rcode)
    if not message.answers:
        return Judged(Finding.BAD, "NOERROR without an answer (a lame server, or no such record)")
    shown = ", ".join(f"{record.type} {record.data}" for record in message.answers[:5])
    more = f" and {len(message.answers) - 5} more" if len(message.answers) > 5 else ""
    is_good = query.answer == "*" or _has(message, query.type, query.answer)
    return Judged(Finding.GOOD if is_good else Finding.BAD, shown[:300] + more)


def _foreign(message: Message, query: DnsQuery, number: int) -> str:
    """Why the message is not the answer to our question; empty when it is."""
    if not message.is_answer:
        return "a question, not an answer"
    if message.id != number:
        return "the answer to another question (its number is not ours)"
    if message.opcode != 0:
        return f"an answer to operation {message.opcode}"
    if not message.questions and message.rcode != "NOERROR":
        return ""  # a server that could not read the question cannot repeat it
    asked = (dns_message.name_of(query.name), DNS_TYPES[query.type], 1)
    if message.questions != (asked,):
        return "the answer to another question (its name or type is not ours)"
    return ""


def _has(message: Message, kind: str, wanted: str) -> bool:
    found = [record.data for record in message.answers if record.type == kind]
    if kind in ("A", "AAAA"):
        try:
            return str(ip_address(wanted)) in found
        except ValueError:
            return False
    if kind == "TXT":
        return wanted in found
    return wanted.rstrip(".").lower() in (data.lower() for data in found)
