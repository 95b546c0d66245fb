"""Pure: is one service alive? From the probes' outcomes, by `fall`, `rise` and `first_wait`.

    WAITING --a good probe--> HEALTHY --`fall` bad probes in a row--> FAILED
       |                         ^                                       |
       |                         +------`rise` good probes in a row------+
       +--the first wait is over--> FAILED

One good probe ends the waiting, for before it there was nothing to rise from. During a first wait
bad probes do not count, they are only remembered; without one, `fall` of them mean FAILED. A probe
that could not be asked on this node says nothing of the service and changes nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import inf

from piranha.values import replace
from piranha.wire.nanny_line import NannyReport


class Health(StrEnum):
    """What is known of a service."""

    WAITING = "waiting"
    """It has neither answered nor failed yet."""
    HEALTHY = "healthy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckRules:
    """When probes become a verdict on the service (lvs.cf(5))."""

    fall: int = 1
    """Bad probes in a row that make a healthy service failed."""
    rise: int = 1
    """Good probes in a row that make a failed service healthy."""
    first_wait_seconds: float = 0.0
    """How long a service that was just started may take to answer; 0: it should answer now."""


@dataclass(frozen=True, slots=True)
class ServiceCheck:
    """What the probes have said so far."""

    health: Health = Health.WAITING
    wait_until: float | None = None
    """When the first wait ends; None: it is over, or there was none."""
    was_good: bool | None = None
    """How the newest probe ended; None: there was none."""
    in_a_row: int = 0
    """How many of the newest probes ended like it."""
    unasked_in_a_row: int = 0
    """How many of the newest probes could not be asked at all: someone should look."""
    verdict: str = ""
    """Of the newest probe, by its name."""
    evidence: str = ""

    @property
    def wake_at(self) -> float:
        """When `pass_time` is wanted."""
        return inf if self.wait_until is None else self.wait_until


def begin(rules: CheckRules, now: float) -> ServiceCheck:
    """The service was started (or is looked at for the first time); earlier probes do not count."""
    if rules.first_wait_seconds > 0:
        return ServiceCheck(wait_until=now + rules.first_wait_seconds)
    return ServiceCheck()


def hear(rules: CheckRules, check: ServiceCheck, report: NannyReport) -> ServiceCheck:
    """One more probe has ended; compare `health` with what it was to see a change."""
    heard = replace(check, verdict=report.verdict, evidence=report.evidence)
    if not report.is_judgement:
        return replace(heard, unasked_in_a_row=check.unasked_in_a_row + 1)
    good = report.is_healthy
    in_a_row = check.in_a_row + 1 if good is check.was_good else 1
    heard = replace(heard, was_good=good, in_a_row=in_a_row, unasked_in_a_row=0)
    if good and (check.health is Health.WAITING or in_a_row >= rules.rise):
        return replace(heard, health=Health.HEALTHY, wait_until=None)
    if not good and check.wait_until is None and in_a_row >= rules.fall:
        return replace(heard, health=Health.FAILED)
    return heard


def pass_time(check: ServiceCheck, now: float) -> ServiceCheck:
    """A service that has not answered by the end of its first wait has failed."""
    if check.wait_until is None or now < check.wait_until:
        return check
    return replace(
        check,
        health=Health.FAILED,
        wait_until=None,
        verdict=check.verdict or "not probed",
        evidence=check.evidence or "no probe has ended yet",
    )
