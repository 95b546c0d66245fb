"""Do both nodes read the same file? Found out at run time, from the digests in the heartbeats.

What differs is asked for, so that the warning has the keywords and both values. Roles do not change
for it; but a service on which the files disagree is judged by nobody else.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from piranha.decisions.rules import NodeRules
from piranha.programs.file_questions import FileQuestions
from piranha.system import journal
from piranha.terms import Severity
from piranha.wire import heartbeat
from piranha.wire.heartbeat import LARGEST_DATAGRAM, Heartbeat

ROOM_FOR_ONE = 100
"""Bytes; a heartbeat with so much room left has all digests of its sender in it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the partner's file has otherwise."""

    phrase: str
    section: str = ""
    """To be asked about; empty where the phrase says all."""
    digests: tuple[bytes, bytes] = (b"", b"")
    """Here and there: the same section that differs otherwise is another difference."""


def differences(rules: NodeRules, beat: Heartbeat) -> tuple[Difference, ...]:
    """What the partner's file has otherwise; empty where the files agree."""
    return tuple(_differences(rules, beat)) if beat.digests else ()


def _differences(rules: NodeRules, beat: Heartbeat) -> Iterator[Difference]:
    ours, theirs = rules.digests, beat.digests
    is_complete = len(heartbeat.encode(beat)) <= LARGEST_DATAGRAM - ROOM_FOR_ONE
    for name, here in ours.items():
        if name in theirs and here != theirs[name]:
            yield Difference(f"{name} differs", name, (here, theirs[name]))
    for name in theirs:
        if name not in ours:
            yield Difference(f"{name} is in the partner's file only")
    for name in ours if is_complete else ():
        if name not in theirs:
            yield Difference(f"{name} is in this node's file only")
    for word, here_seconds, there_seconds in (
        ("keepalive", rules.keepalive_seconds, beat.keepalive_seconds),
        ("deadtime", rules.deadtime_seconds, beat.deadtime_seconds),
    ):
        if abs(here_seconds - there_seconds) > 1e-6:
            yield Difference(f"{word} is {here_seconds:g} s here and {there_seconds:g} s there")


class FileAgreement:
    """Says each difference once, with its values, and when the files agree again."""

    def __init__(self, questions: FileQuestions) -> None:
        self._questions = questions
        self._found: tuple[Difference, ...] = ()
        self._unsaid: list[Difference] = []
        self._seen: tuple[object, ...] = ()
        self._serials = ""

    @property
    def told(self) -> tuple[str, ...]:
        """Each difference as a phrase, with the values as far as they are known."""
        return tuple(self._text(difference) for difference in self._found)

    def hear(self, rules: NodeRules, beat: Heartbeat, now: float) -> None:
        """Compare, unless nothing has changed on either side."""
        seen = (rules.digests, beat.digests, beat.keepalive_seconds, beat.deadtime_seconds)
        if seen == self._seen:
            return
        self._seen = seen
        self._serials = f"serial_no {rules.serial_no} here, {beat.serial_no} there"
        before, self._found = self._found, differences(rules, beat)
        for gone in set(before) - set(self._found):
            self._questions.forget(gone.section)
        new = [difference for difference in self._found if difference not in before]
        self._unsaid = [d for d in self._unsaid if d in self._found] + new
        for difference in new:
            if difference.section:
                seconds = min(rules.deadtime_seconds, beat.deadtime_seconds) / 2
                self._questions.ask(difference.section, now, seconds)
        if before and not self._found:
            text = f"the partner's file agrees again ({self._serials})"
            journal.say(Severity.INFO, "configuration", text)
        self.tend()

    def tend(self) -> None:
        """Say what is known by now."""
        for difference in [d for d in self._unsaid if self._is_known(d)]:
            self._unsaid.remove(difference)
            text = f"{self._text(difference)} ({self._serials})"
            journal.say(Severity.WARNING, "configuration", text)

    def _is_known(self, difference: Difference) -> bool:
        return not difference.section or difference.section in self._questions.answers

    def _text(self, difference: Difference) -> str:
        answer = self._questions.answers.get(difference.section, ())
        if answer is None:
            return f"{difference.phrase}, and the partner does not say how"
        return ": ".join(filter(None, (difference.phrase, "; ".join(answer))))
