"""Pure: one DHCP question and its answer. Messages and time in; next instant and verdict out."""

from ipaddress import IPv4Address

from piranha.probes import dhcp_message
from piranha.probes.dhcp_message import WANTED, Malformed
from piranha.probes.exchange import DATAGRAM_LIMIT, RESENDS
from piranha.probes.verdict import Outcome, Verdict, timed_out
from piranha.script.queries import DhcpKind


class DhcpExchange:
    """One question on its way. Only an answer to our own transaction counts; whatever else comes
    is passed over until the deadline."""

    def __init__(
        self,
        kind: DhcpKind,
        relay: IPv4Address,
        transaction: int,
        started_at: float,
        seconds: float,
    ) -> None:
        """`relay`: our own address; `transaction`: 32 bits that nobody can guess."""
        self.outcome: Outcome | None = None
        self.deadline = started_at + seconds
        self.message = dhcp_message.question(kind, transaction, relay)
        self.wanted = WANTED[kind]
        self._kind = kind
        self._hardware = dhcp_message.hardware_address(relay)
        self._transaction = transaction
        self._started_at = started_at
        self._resends = [started_at + part * seconds for part in RESENDS]
        self._heard = 0
        self._last = "nothing"

    @property
    def wake_at(self) -> float:
        """When `is_due` or `time_passed` is wanted next."""
        return min([self.deadline, *self._resends[:1]])

    def is_due(self, now: float) -> bool:
        """True when the question is to be sent once more."""
        if self.outcome is not None or not self._resends or now < self._resends[0]:
            return False
        del self._resends[0]
        return True

    def received(self, message: bytes, now: float) -> None:
        """A message came."""
        if self.outcome is not None:
            return
        self._heard += 1
        try:
            answer = dhcp_message.read(message)
        except Malformed as error:
            self._last = str(error)
        else:
            self._judge(answer, now)
        if self.outcome is None and self._heard >= DATAGRAM_LIMIT:
            self._end(Verdict.TOO_MUCH, f"{self._last} and {DATAGRAM_LIMIT} datagrams", now)

    def came_back(self, datagram: bytes, verdict: Verdict, reason: str, now: float) -> None:
        """An ICMP error brought back the beginning of a datagram."""
        if dhcp_message.transaction_of(datagram) == self._transaction:
            self.failed(verdict, reason, now)

    def failed(self, verdict: Verdict, reason: str, now: float) -> None:
        """The operating system, or an ICMP message, ended it."""
        if self.outcome is None:
            seconds = max(0.0, now - self._started_at)
            self.outcome = Outcome(verdict, f"{reason}, after {seconds:.3f} s", seconds)

    def time_passed(self, now: float) -> None:
        """Judge at the end. Silence has more than one cause, so they are named."""
        if self.outcome is not None or now < self.deadline:
            return
        if self._last != "nothing":
            self._end(timed_out(Verdict.WRONG_ANSWER, self.deadline, now), self._last, now)
            return
        why = "nothing"
        if self._kind is DhcpKind.DISCOVER:
            why += " (it is down, has no free address, or does not serve our network)"
        self._end(timed_out(Verdict.EXPECT_TIMED_OUT, self.deadline, now), why, now)

    def _judge(self, answer: dhcp_message.Answer, now: float) -> None:
        if answer.transaction != self._transaction or answer.hardware != self._hardware:
            self._last = "the answer to another question (its transaction is not ours)"
            return
        words = f"{answer.kind} from {answer.server}"
        if answer.kind != self.wanted:
            self._end(Verdict.WRONG_ANSWER, words, now)
        elif self._kind is DhcpKind.DISCOVER and answer.offered == IPv4Address(0):
            self._end(Verdict.WRONG_ANSWER, f"{words} without an address", now)
        else:
            offer = f" of {answer.offered}" if self._kind is DhcpKind.DISCOVER else ""
            self._end(Verdict.ANSWERED, f"{answer.kind}{offer} from {answer.server}", now)

    def _end(self, verdict: Verdict, got: str, now: float) -> None:
        seconds = max(0.0, now - self._started_at)
        evidence = f"expected {self.wanted}, got {got}, after {seconds:.3f} s"
        self.outcome = Outcome(verdict, evidence, seconds)
