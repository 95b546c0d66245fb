"""Asks the witnesses whether they are there: by ICMP echo, and on their own segment by ARP and ND.

All ways are tried until one is answered; that one is kept while it is. What goes unanswered is
asked again soon: a lost question is no lost witness, and one that is back is seen at once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from piranha.decisions.events import WitnessAnswered
from piranha.system import clock, journal
from piranha.system.addresses import Addresses
from piranha.system.ask import Asker
from piranha.system.echo import Echo
from piranha.system.loop import Loop
from piranha.system.netlink import IPAddress
from piranha.terms import Severity
from piranha.wire.control_line import WitnessShown

ROUNDS = 6
"""Questions in a deadtime, while they are answered."""
EARLY = 0.75
"""From this part of the period on pulse asks if it is awake anyway, which saves a wait."""
LONGEST_PERIOD, SHORTEST_PERIOD = 1.0, 0.01
LONGEST_RETRY, SHORTEST_RETRY = 0.05, 0.005
QUESTIONS_KEPT = 64
ECHO = "ICMP echo"
ARP = "ARP"


@dataclass(slots=True)
class _Witness:
    """One address, and what came of asking it. Instants of clock.now."""

    address: IPAddress
    since: float
    devices: frozenset[str] = frozenset()
    """Whose own network the address is in: there it can be asked by ARP or ND."""
    way: str = ""
    """By which it answered last."""
    number: int = 0
    asked: dict[int, float] = field(default_factory=dict)
    """Number and instant of the newest echo questions."""
    arp_asked_at: float | None = None
    """The oldest question by ARP or ND that is not answered."""
    asked_at: float = 0.0
    answered_at: float | None = None
    """When the newest question that was answered was asked."""
    answer_seconds: float | None = None
    trouble: str = ""
    is_told: bool | None = None
    """What was last logged: it answers, or not."""

    @property
    def is_answered(self) -> bool:
        return self.answered_at is not None and self.answered_at >= self.asked_at


class WitnessWatch:
    """Every witness of the file; costs nothing without one."""

    def __init__(
        self, loop: Loop, addresses: Addresses, emit: Callable[[WitnessAnswered], None]
    ) -> None:
        self._loop = loop
        self._addresses = addresses
        self._emit = emit
        self._witnesses: dict[IPAddress, _Witness] = {}
        self._echoes: dict[int, Echo] = {}
        self._askers: dict[str, Asker] = {}
        self._deadtime = 0.0
        self._limit = 0.0
        self._period = self._retry = LONGEST_PERIOD

    def watch(
        self, witnesses: Iterable[IPAddress], deadtime_seconds: float, limit_seconds: float
    ) -> None:
        """From now on these are the witnesses; one that has not answered for so long is told as
        gone."""
        now = clock.now()
        known = self._witnesses
        self._witnesses = {a: known.get(a, _Witness(a, now)) for a in witnesses}
        self._deadtime, self._limit = deadtime_seconds, limit_seconds
        self._period = min(max(deadtime_seconds / ROUNDS, SHORTEST_PERIOD), LONGEST_PERIOD)
        self._retry = min(max(self._period / 5, SHORTEST_RETRY), LONGEST_RETRY)
        if not self._witnesses:
            self.close()

    def wake_at(self) -> float:
        return min((self._due_at(w) for w in self._witnesses.values()), default=float("inf"))

    def tend(self) -> None:
        """Ask whoever is to be asked now, and tell who came and who went."""
        now = clock.now()
        for witness in self._witnesses.values():
            early = (1 - EARLY) * self._period if witness.is_answered else 0.0
            if now >= self._due_at(witness) - early:
                self._tell(witness, now)
                self._ask(witness, now)

    def shown(self, now: float) -> tuple[WitnessShown, ...]:
        """For piranhactl status."""
        return tuple(
            WitnessShown(
                address=str(w.address),
                is_seen=self._is_seen(w, now),
                answer_age_seconds=None if w.answered_at is None else max(0, now - w.answered_at),
                answer_seconds=w.answer_seconds,
                way=w.way,
                trouble=w.trouble,
            )
            for w in self._witnesses.values()
        )

    def close(self) -> None:
        for echo in self._echoes.values():
            self._loop.forget(echo)
            echo.close()
        for asker in self._askers.values():
            self._loop.forget(asker)
            asker.close()
        self._echoes.clear()
        self._askers.clear()

    def _due_at(self, witness: _Witness) -> float:
        """A question that was not answered is repeated soon, for as long as a deadtime."""
        silent_since = witness.since if witness.answered_at is None else witness.answered_at
        is_calm = witness.is_answered or witness.asked_at - silent_since >= self._deadtime
        return witness.asked_at + (self._period if is_calm else self._retry)

    def _is_seen(self, witness: _Witness, now: float) -> bool:
        return witness.answered_at is not None and now - witness.answered_at < self._limit

    def _ask(self, witness: _Witness, now: float) -> None:
        """By the way that was answered, else by all."""
        was_answered, witness.asked_at = witness.is_answered, now
        ways = {witness.way} if was_answered else {ECHO, ARP}
        if ECHO in ways:
            self._ask_by_echo(witness, now)
        if ARP in ways:
            if not was_answered and witness.arp_asked_at is None:
                witness.devices = frozenset(self._addresses.devices_towards(witness.address))
            self._ask_by_arp(witness, now)

    def _ask_by_echo(self, witness: _Witness, now: float) -> None:
        echo = self._echo(witness)
        if echo is None:
            return
        witness.number = (witness.number + 1) & 0xFFFF
        witness.asked[witness.number] = now
        while len(witness.asked) > QUESTIONS_KEPT:
            del witness.asked[next(iter(witness.asked))]
        self._tell_trouble(witness, echo.ask(witness.address, witness.number))

    def _ask_by_arp(self, witness: _Witness, now: float) -> None:
        for device in witness.devices:
            asker = self._asker(witness, device)
            if asker is None:
                continue
            try:
                asker.ask(witness.address)
            except OSError as error:
                self._tell_trouble(witness, str(error))
                continue
            if witness.arp_asked_at is None:
                witness.arp_asked_at = now

    def _hear_echo(self, echo: Echo) -> None:
        for reply in echo.replies():
            for witness in self._witnesses.values():
                if str(witness.address) == reply.address and reply.number in witness.asked:
                    self._answered(witness, witness.asked.pop(reply.number), ECHO)

    def _hear_arp(self, device: str) -> None:
        try:
            answers = self._askers[device].answers(are_replies=True)
        except OSError as error:
            asker = self._askers.pop(device)
            self._loop.forget(asker)
            asker.close()
            journal.say(Severity.WARNING, "witness", str(error))
            return
        for address, _mac in answers:
            witness = self._witnesses.get(address)
            if witness is not None and witness.arp_asked_at is not None:
                asked_at, witness.arp_asked_at = witness.arp_asked_at, None
                self._answered(witness, asked_at, ARP)

    def _answered(self, witness: _Witness, asked_at: float, way: str) -> None:
        """The core hears of every answer: only what is young counts there."""
        now = clock.now()
        if witness.answered_at is None or asked_at > witness.answered_at:
            witness.answered_at, witness.answer_seconds = asked_at, now - asked_at
            witness.way = way
        self._tell_trouble(witness, "")
        self._tell(witness, now)
        self._emit(WitnessAnswered(asked_at))

    def _tell(self, witness: _Witness, now: float) -> None:
        """Log once that a witness is there, or is no more."""
        is_seen = self._is_seen(witness, now)
        if is_seen is witness.is_told or (not is_seen and now - witness.since < self._limit):
            return
        witness.is_told = is_seen
        if is_seen:
            text = f"{witness.address} answers ({witness.way})"
            journal.say(Severity.INFO, "witness", text)
            return
        at = witness.since if witness.answered_at is None else witness.answered_at
        why = f": {witness.trouble}" if witness.trouble else ""
        others = any(self._is_seen(other, now) for other in self._witnesses.values())
        text = f"{witness.address} has not answered for {now - at:.2f} s{why}"
        text += "; another witness does" if others else "; no witness answers"
        journal.say(Severity.WARNING, "witness", text)

    def _echo(self, witness: _Witness) -> Echo | None:
        version = witness.address.version
        if version not in self._echoes:
            try:
                echo = self._echoes[version] = Echo(version)
            except OSError as error:
                self._tell_trouble(witness, str(error))
                return None
            self._loop.watch(echo, lambda: self._hear_echo(echo))
        return self._echoes[version]

    def _asker(self, witness: _Witness, device: str) -> Asker | None:
        if device not in self._askers:
            try:
                self._askers[device] = Asker(device)
            except OSError as error:
                self._tell_trouble(witness, str(error))
                return None
            self._loop.watch(self._askers[device], lambda: self._hear_arp(device))
        return self._askers[device]

    def _tell_trouble(self, witness: _Witness, trouble: str) -> None:
        """Kept for the status; logged with the line that the witness is gone."""
        witness.trouble = trouble
