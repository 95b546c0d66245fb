"""Who answers for a VIP on its segment, and is that the partner? Questions by ARP and ND.

The partner is known by its MAC on each segment that carries VIPs: while it is heard it is asked,
now and then, for its real addresses there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from piranha.config.settings import IPAddress, Vip
from piranha.decisions.events import PartnerMacsLearned, VipAnswer, VipsAsked
from piranha.system import clock, journal
from piranha.system.ask import Asker
from piranha.system.loop import Loop
from piranha.terms import Severity

LEARN_SECONDS = 30.0
"""Between two questions for the partner's MAC: a network card may be replaced."""
LEARN_AGAIN_SECONDS = 2.0
"""The same, while some segment has not told it."""
LEARN_WAIT_SECONDS = 0.5
TIMES_ASKED = 3
"""A question for a VIP, in the time that is given for its answer: frames are lost."""
MACS_KEPT = 4


@dataclass(slots=True)
class _Question:
    """One AskVips that waits for its answers."""

    asked_at: float
    until: float
    vips: tuple[Vip, ...]
    again: list[float]
    """When it is repeated for those that have not answered."""
    answers: dict[tuple[IPAddress, str], VipAnswer] = field(default_factory=dict)

    def unanswered(self) -> list[Vip]:
        answered = {address for address, _ in self.answers}
        return [vip for vip in self.vips if vip.address not in answered]


class VipQuestions:
    """One Asker for each device that carries VIPs, open before it is needed."""

    def __init__(
        self,
        loop: Loop,
        partner: Iterable[IPAddress],
        emit: Callable[[VipsAsked | PartnerMacsLearned], None],
    ) -> None:
        """`partner`: the partner's real addresses."""
        self._loop = loop
        self._partner = tuple(partner)
        self._emit = emit
        self._vips: Mapping[str, tuple[Vip, ...]] = {}
        self._askers: dict[str, Asker] = {}
        self._questions: dict[str, _Question] = {}
        self._macs: dict[str, list[str]] = {}
        self._troubles: dict[str, str] = {}
        self._learn_at = 0.0
        self._learning_until: float | None = None

    def watch(self, vips: Mapping[str, tuple[Vip, ...]]) -> None:
        """From now on these are the groups and their VIPs; devices that are new are opened."""
        self._vips = vips
        devices = {vip.device for group in vips.values() for vip in group}
        for device in self._askers.keys() - devices:
            self._close(device)
        for device in devices:
            self._asker(device)
        self._learn_at = 0.0

    def partner_macs(self, device: str) -> tuple[str, ...]:
        """The MACs by which the partner was met on this device's segment, newest last."""
        return tuple(self._macs.get(device, ()))

    def ask(self, group: str, wait_seconds: float) -> None:
        """Ask who has the group's VIPs; VipsAsked comes after so long, with or without answers."""
        now = clock.now()
        vips = self._vips.get(group, ())
        again = [now + wait_seconds * part / TIMES_ASKED for part in range(1, TIMES_ASKED)]
        self._questions[group] = _Question(now, now + wait_seconds, vips, again)
        for vip in vips:
            self._ask(vip.device, vip.address)

    def partner_heard(self, now: float) -> None:
        """The partner lives: the moment to learn its MACs, if it is time."""
        if now < self._learn_at or self._learning_until is not None:
            return
        self._learning_until = now + LEARN_WAIT_SECONDS
        for device in list({vip.device for group in self._vips.values() for vip in group}):
            for address in self._partner:
                self._ask(device, address)

    def wake_at(self) -> float:
        """When some waiting for answers is over, or a question is to be repeated."""
        ends = [(question.again or [question.until])[0] for question in self._questions.values()]
        if self._learning_until is not None:
            ends.append(self._learning_until)
        return min(ends, default=float("inf"))

    def tend(self) -> None:
        """Hand out the answers of questions that have waited long enough."""
        now = clock.now()
        if now < self.wake_at():
            return
        for device in list(self._askers):
            self._hear(device)
        for group, question in list(self._questions.items()):
            if question.again and question.again[0] <= now:
                question.again = [at for at in question.again if at > now]
                for vip in question.unanswered():
                    self._ask(vip.device, vip.address)
            if question.until <= now:
                del self._questions[group]
                answers = tuple(question.answers.values())
                asked = tuple(str(vip.address) for vip in question.vips if self._can_tell(vip))
                self._emit(VipsAsked(group, question.asked_at, answers, asked))
        if self._learning_until is not None and self._learning_until <= now:
            self._learning_until = None
            knows_all = all(self._macs.get(device) for device in self._askers)
            self._learn_at = now + (LEARN_SECONDS if knows_all else LEARN_AGAIN_SECONDS)
        if not self._questions and self._learning_until is None:
            for asker in self._askers.values():
                asker.rest()

    def close(self) -> None:
        for device in list(self._askers):
            self._close(device)

    def _can_tell(self, vip: Vip) -> bool:
        """Whether an answer, or none, says something: somebody can be asked, and the partner's
        MAC is known there."""
        asker = self._asker(vip.device)
        try:
            return asker is not None and asker.can_ask and bool(self._macs.get(vip.device))
        except OSError:
            return False

    def _ask(self, device: str, address: IPAddress) -> None:
        asker = self._asker(device)
        if asker is None:
            return
        try:
            asker.ask(address)
        except OSError as error:
            self._tell_trouble(device, str(error))
        else:
            self._tell_trouble(device, "")

    def _hear(self, device: str) -> None:
        try:
            answers = self._askers[device].answers()
        except OSError as error:
            self._tell_trouble(device, str(error))
            self._close(device)
            return
        before = self._all_macs()
        for address, mac in answers:
            if address in self._partner:
                known = [other for other in self._macs.get(device, []) if other != mac]
                self._macs[device] = [*known, mac][-MACS_KEPT:]
        if (learned := self._all_macs()) != before:
            self._emit(PartnerMacsLearned(learned))
        for address, mac in answers:
            for question in self._questions.values():
                if any((vip.device, vip.address) == (device, address) for vip in question.vips):
                    is_partner = mac in self._macs.get(device, [])
                    answer = VipAnswer(str(address), mac, is_partner)
                    question.answers[(address, mac)] = answer

    def _all_macs(self) -> frozenset[str]:
        return frozenset(mac for macs in self._macs.values() for mac in macs)

    def _asker(self, device: str) -> Asker | None:
        """The device's Asker, opened again when that failed before."""
        if device not in self._askers:
            try:
                self._askers[device] = Asker(device)
            except OSError as error:
                self._tell_trouble(device, str(error))
                return None
            self._loop.watch(self._askers[device], lambda: self._hear(device))
        return self._askers[device]

    def _tell_trouble(self, device: str, trouble: str) -> None:
        """Say what hinders questions on this device, once for each change."""
        if self._troubles.get(device, "") != trouble:
            self._troubles[device] = trouble
            if trouble:
                journal.say(Severity.WARNING, "vip questions", trouble)

    def _close(self, device: str) -> None:
        asker = self._askers.pop(device)
        self._loop.forget(asker)
        asker.close()
