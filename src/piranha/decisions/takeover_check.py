"""Does the segment believe a takeover? The standby asks it who has the VIPs, and tells the keeper.

It asks soon after it learns of a new serving period, and again while the answers are wrong. The
keeper hears of it in heartbeats, and announces again, in other forms, for each wrong answer.
"""

from dataclasses import dataclass

from piranha.values import replace

FIRST_SECONDS = 0.5
"""After a new period was heard of: its VIPs are taken and announced by then."""
AGAIN_SECONDS = 1.0
LONGEST_PAUSE = 10.0
NO_ANSWER_SECONDS = 2.0
"""A question whose answers do not come back is asked anew after so long."""
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class VipCheck:
    """What the standby knows of the partner's serving period. Instants of CLOCK_BOOTTIME."""

    epoch: int
    next_at: float
    asked_at: float | None = None
    number: int = 0
    """How many answers there were; 0: none yet."""
    is_wrong: bool = False
    evidence: str = ""
    misses: int = 0
    """Wrong answers in a row."""


def begun(epoch: int, now: float) -> VipCheck:
    """A new serving period of the partner was heard of."""
    return VipCheck(epoch, now + FIRST_SECONDS)


def asked(check: VipCheck, now: float) -> VipCheck:
    return replace(check, asked_at=now, next_at=now + NO_ANSWER_SECONDS)


def judged(
    check: VipCheck, vips: tuple[str, ...], partners: frozenset[str], foreign: str, now: float
) -> VipCheck:
    """The segment has answered: `partners` of the VIPs are at the partner, `foreign` says which
    are somewhere else. Silence counts when it is heard twice in a row: a frame may be lost."""
    if not vips:  # nobody can be asked, or the partner's MAC is not known yet
        return replace(check, asked_at=None, next_at=now + AGAIN_SECONDS)
    silent = [vip for vip in vips if vip not in partners]
    evidence = foreign or (f"nobody answers for {', '.join(silent)}" if silent else "")
    if not evidence:
        number = check.number + 1
        return VipCheck(check.epoch, NEVER, number=number)
    misses = check.misses + 1
    pause = min(AGAIN_SECONDS * 2.0 ** (misses - 1), LONGEST_PAUSE)
    check = replace(check, asked_at=None, next_at=now + pause, misses=misses)
    if not foreign and misses == 1:
        return check
    return replace(check, number=check.number + 1, is_wrong=True, evidence=evidence)
