"""Is a takeover believed? The standby asks who has the VIPs and what answers there, and tells it.

It asks its segment for the VIPs, then each service once through its VIP: soon after it learns of a
new serving period, and again while the answers are wrong. The keeper hears of it in heartbeats, and
announces again, in other forms, for each wrong answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from piranha.values import replace

FIRST_SECONDS = 0.5
"""After a new period was heard of: its VIPs are taken and announced by then."""
AGAIN_SECONDS = 1.0
LONGEST_PAUSE = 10.0
NO_ANSWER_SECONDS = 2.0
"""A question whose answers do not come back is asked anew after so long."""
PROBES_SECONDS = 30.0
"""The same, of all services of a group."""
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
    probing: frozenset[int] = frozenset()
    """Services that are asked through their VIPs now."""
    probed: frozenset[int] = frozenset()
    unreached: Mapping[int, str] = field(default_factory=dict)
    """Of those: which answer at their real address and not through the VIP, and how they end."""

    @property
    def is_over(self) -> bool:
        """The segment has the VIPs where they should be, and no service is being asked."""
        return self.next_at == NEVER and not self.probing


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
    if not evidence and check.unreached:  # not over: its services are asked once more
        return replace(check, asked_at=None, next_at=NEVER, probed=frozenset())
    if not evidence:
        number = check.number + 1
        return VipCheck(check.epoch, NEVER, number=number, probed=check.probed)
    if not foreign and check.misses == 0:
        return _again(check, now)
    return _wrong(check, evidence, now)


def probing(check: VipCheck, tags: frozenset[int], now: float) -> VipCheck:
    """These services are asked through their VIPs."""
    unreached = {tag: text for tag, text in check.unreached.items() if tag not in tags}
    return replace(check, probing=tags, unreached=unreached, next_at=now + PROBES_SECONDS)


def probed(check: VipCheck, tag: int, unreached: str, now: float) -> VipCheck:
    """One of them has answered, or does not: then `unreached` says how it ended."""
    found = {**check.unreached, tag: unreached} if unreached else check.unreached
    check = replace(
        check, probing=check.probing - {tag}, probed=check.probed | {tag}, unreached=found
    )
    if check.probing:
        return check
    if found:
        return _wrong(check, "; ".join(found[tag] for tag in sorted(found)), now)
    number = check.number + 1 if check.is_wrong else check.number
    return VipCheck(check.epoch, NEVER, number=number, probed=check.probed)


def _again(check: VipCheck, now: float) -> VipCheck:
    misses = check.misses + 1
    pause = min(AGAIN_SECONDS * 2.0 ** (misses - 1), LONGEST_PAUSE)
    return replace(check, asked_at=None, next_at=now + pause, misses=misses, probing=frozenset())


def _wrong(check: VipCheck, evidence: str, now: float) -> VipCheck:
    check = _again(check, now)
    return replace(check, number=check.number + 1, is_wrong=True, evidence=evidence)
