"""Is the partner made sure to be off? When it is fenced, who goes first, and what came of it.

A fence is about the whole node, so its groups share it: see ARCHITECTURE.md, rule 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from piranha.decisions.partner_link import Link
from piranha.decisions.rules import NodeRules
from piranha.terms import Role, Side
from piranha.values import replace

LATE_DATAGRAM_SECONDS = 1.0
"""What a node sent before it was switched off may still be on its way for so long."""
COUNTS_SECONDS = 5.0
"""A success is used at once or not at all: later somebody may have switched the partner on."""
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 60.0
"""Seconds after a fence that failed until the next try; each doubles the pause."""


@dataclass(frozen=True, slots=True)
class Fencing:
    """The newest fence of this silence. Instants in seconds of CLOCK_BOOTTIME."""

    reason: str
    since: float
    tries: int = 1
    ended_at: float | None = None
    """None: it runs."""
    is_off: bool = False
    """It succeeded: the partner is off."""
    text: str = ""
    """What the command said last, or how it ended."""

    @property
    def has_failed(self) -> bool:
        return self.ended_at is not None and not self.is_off

    @property
    def retry_at(self) -> float:
        """When a fence that failed may be tried again."""
        pause = min(FIRST_PAUSE * 2.0 ** (self.tries - 1), LONGEST_PAUSE)
        return (self.since if self.ended_at is None else self.ended_at) + pause


def is_off(fencing: Fencing | None) -> bool:
    """Whether the partner is known to be off."""
    return fencing is not None and fencing.is_off


def still_counts(fencing: Fencing | None, now: float) -> Fencing | None:
    """What is left of it by now."""
    if fencing is None or fencing.ended_at is None or not fencing.is_off:
        return fencing
    return fencing if now - fencing.ended_at < COUNTS_SECONDS else None


def begun(before: Fencing | None, reason: str, now: float) -> Fencing:
    """A fence that is started now."""
    return Fencing(reason, now, 1 if before is None else before.tries + 1)


def ended(before: Fencing | None, *, is_off: bool, text: str, now: float) -> Fencing:
    """The same, over. Without one before, an operator has said so himself."""
    return replace(before or Fencing(text, now), ended_at=now, is_off=is_off, text=text)


def after_heartbeat(fencing: Fencing | None, at: float, *, is_same_run: bool) -> Fencing | None:
    """What is left of it when the partner is heard: a fence that runs, or one just over, if this is
    the run that was fenced (what comes then was sent before)."""
    if fencing is None or fencing.ended_at is None:
        return fencing
    is_late = is_same_run and at <= fencing.ended_at + LATE_DATAGRAM_SECONDS
    return fencing if is_late else None


def delay_seconds(rules: NodeRules, link: Link, held_here: Iterable[Role]) -> float:
    """How long this node waits before it fences a silent partner, so that two which cannot hear
    each other do not shoot each other. `held_here`: our roles.

    A partner that served every group when it was last heard wants nothing from us, so it does not
    shoot. Else the node that alone serves something goes first, else the primary.
    """
    partner_roles = [group.role for group in link.partner.groups] if link.partner else []
    if partner_roles and not any(role.is_inactive for role in partner_roles):
        return 0.0
    serves_here = any(not role.is_inactive for role in held_here)
    serves_there = any(not role.is_inactive for role in partner_roles)
    is_first = serves_here if serves_here != serves_there else rules.side is Side.PRIMARY
    return 0.0 if is_first else rules.fence_delay_seconds
