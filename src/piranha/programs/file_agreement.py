"""Do both nodes read the same file? Found out at run time, from the digests in the heartbeats."""

from piranha.decisions.rules import NodeRules
from piranha.system import journal
from piranha.terms import Severity
from piranha.wire import heartbeat
from piranha.wire.heartbeat import LARGEST_DATAGRAM, Heartbeat

ROOM_FOR_ONE = 100
"""Bytes; a heartbeat with so much room left has all digests of its sender in it."""


def differences(rules: NodeRules, beat: Heartbeat) -> tuple[str, ...]:
    """What the partner's file has otherwise, each as a phrase; empty where the files agree."""
    ours, theirs = rules.digests, beat.digests
    if not theirs:
        return ()
    is_complete = len(heartbeat.encode(beat)) <= LARGEST_DATAGRAM - ROOM_FOR_ONE
    found = [name for name in ours if name in theirs and ours[name] != theirs[name]]
    phrases = [f"{name} differs" for name in found]
    phrases += [f"{name} is in the partner's file only" for name in theirs if name not in ours]
    if is_complete:
        phrases += [f"{name} is in this node's file only" for name in ours if name not in theirs]
    for word, here, there in (
        ("keepalive", rules.keepalive_seconds, beat.keepalive_seconds),
        ("deadtime", rules.deadtime_seconds, beat.deadtime_seconds),
    ):
        if abs(here - there) > 1e-6:
            phrases.append(f"{word} is {here:g} s here and {there:g} s there")
    return tuple(phrases)


class FileAgreement:
    """Says each difference once, and when the files agree again."""

    def __init__(self) -> None:
        self.told: tuple[str, ...] = ()
        self._seen: tuple[object, ...] = ()

    def hear(self, rules: NodeRules, beat: Heartbeat) -> None:
        """Compare, unless nothing has changed on either side."""
        now = (rules.digests, beat.digests, beat.keepalive_seconds, beat.deadtime_seconds)
        if now == self._seen:
            return
        self._seen = now
        before, self.told = self.told, differences(rules, beat)
        serials = f"serial_no {rules.serial_no} here, {beat.serial_no} there"
        for phrase in self.told:
            if phrase not in before:
                journal.say(Severity.WARNING, "configuration", f"{phrase} ({serials})")
        if before and not self.told:
            text = f"the partner's file agrees again ({serials})"
            journal.say(Severity.INFO, "configuration", text)
