"""Pure: one service and the nanny that asks it, as fos sees the two.

A nanny reports every probe, and service_check.py says what the probes mean. A nanny that ended, or
is silent for longer than a probe can take, is replaced: that is a nanny's fault and says nothing
about the service.
"""

from dataclasses import dataclass
from math import inf

from piranha.config.settings import Service
from piranha.decisions import service_check
from piranha.decisions.effects import Say
from piranha.decisions.fos_effects import FosEffect, ProbeAtOnce, StartNanny, StopNanny
from piranha.decisions.service_check import CheckRules, Health, ServiceCheck
from piranha.terms import Severity
from piranha.values import replace
from piranha.wire.nanny_line import NannyReport
from piranha.wire.report_line import ServiceVerdict

SILENCE_MARGIN = 1.0
"""Seconds beyond interval + timeout after which a nanny counts as hanging."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
"""Seconds before a lost nanny is replaced: at first, doubled with each loss in a row, at most."""
EAGER_SECONDS = 0.5
"""Between two probes of a service that was just started and does not answer yet, at most."""


@dataclass(frozen=True, slots=True)
class ServiceWatch:
    """What the probes have said so far, and whether the nanny still talks."""

    service: Service
    check: ServiceCheck
    heard_at: float
    """When the nanny was started or last reported."""
    is_asked: bool = False
    """pulse wants to hear how the next probe ends, whether it changes anything or not."""
    ask_at: float = inf
    """When the nanny is told not to wait for its next turn."""
    losses: int = 0
    """Nannies lost since one last reported."""
    warning: str = ""
    """What the newest probe warned of; it is said when it changes."""
    replace_at: float | None = None
    """When the lost nanny is replaced; None: it runs."""

    @property
    def health(self) -> Health:
        return self.check.health

    @property
    def silent_at(self) -> float:
        """The instant at which silence means that the nanny hangs."""
        patience = self.service.interval_seconds + self.service.timeout_seconds
        return self.heard_at + patience + SILENCE_MARGIN

    @property
    def wake_at(self) -> float:
        nanny_at = self.silent_at if self.replace_at is None else self.replace_at
        return min(nanny_at, self.ask_at, self.check.wake_at)


def begin(service: Service, first_wait_seconds: float, now: float) -> ServiceWatch:
    """A nanny is being started for this service; bad probes count after the first wait."""
    rules = CheckRules(first_wait_seconds=first_wait_seconds)
    return ServiceWatch(service, service_check.begin(rules, now), heard_at=now)


def begin_anew(watch: ServiceWatch, now: float) -> ServiceWatch:
    """The service was started again: what its nanny saw before does not count."""
    return replace(watch, check=service_check.begin(_rules(watch.service), now))


def hear(watch: ServiceWatch, report: NannyReport, now: float) -> tuple[ServiceWatch, list[Say]]:
    """Count one probe."""
    said = [Say(Severity.DEBUG, report.service, f"{report.verdict}: {report.evidence}")]
    check = service_check.hear(_rules(watch.service), watch.check, report)
    if check.unasked_in_a_row == 1:
        text = f"cannot be asked: {report.verdict}: {report.evidence}"
        said = [Say(Severity.WARNING, report.service, text)]
    if report.warning and report.warning != watch.warning:
        said.append(Say(Severity.WARNING, report.service, report.warning))
    is_eager = check.wait_until is not None and check.health is Health.WAITING
    pause = min(EAGER_SECONDS, watch.service.interval_seconds)
    ask_at = now + pause if is_eager else inf
    heard = replace(watch, check=check, heard_at=now, ask_at=ask_at, losses=0, replace_at=None)
    if report.is_healthy:
        heard = replace(heard, warning=report.warning)
    return heard, said


def lose(watch: ServiceWatch, reason: str, now: float) -> tuple[ServiceWatch, list[FosEffect]]:
    """The nanny is gone; another one follows, soon at first and ever later."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**watch.losses)
    lost = replace(watch, losses=watch.losses + 1, replace_at=now + pause, ask_at=inf)
    text = f"its nanny is lost: {reason}; the next one starts in {pause:g} s"
    return lost, [Say(Severity.WARNING, watch.service.name, text)]


def pass_time(watch: ServiceWatch, now: float) -> tuple[ServiceWatch, list[FosEffect]]:
    """End a first wait that is over; ask again; replace a nanny that was lost or hangs."""
    watch = replace(watch, check=service_check.pass_time(watch.check, now))
    name = watch.service.name
    if watch.replace_at is not None:
        if now < watch.replace_at:
            return watch, []
        started = replace(watch, replace_at=None, heard_at=now)
        return started, [StartNanny(watch.service), ProbeAtOnce(name)]
    if now >= watch.silent_at:
        limit = watch.silent_at - watch.heard_at
        reason = f"silent for {now - watch.heard_at:.2f} s (limit {limit:g} s)"
        lost, effects = lose(watch, reason, now)
        return lost, [StopNanny(name), *effects]
    if now >= watch.ask_at:
        return replace(watch, ask_at=inf), [ProbeAtOnce(name)]
    return watch, []


def told(watch: ServiceWatch) -> ServiceVerdict:
    """What pulse is to hear of the service now."""
    check = watch.check
    is_healthy = check.health is not Health.FAILED
    probes = max(1, check.in_a_row)
    return ServiceVerdict(watch.service.name, is_healthy, check.verdict, check.evidence, probes)


def has_other_question(old: Service, fresh: Service) -> bool:
    """True when a nanny that was forked for the one does not ask what the other wants asked."""
    return _question(old) != _question(fresh)


def _question(service: Service) -> tuple[object, ...]:
    return (
        service.vip,
        service.port,
        service.protocol,
        service.probe,
        service.watch_pid,
        service.interval_seconds,
        service.timeout_seconds,
    )


def _rules(service: Service) -> CheckRules:
    return CheckRules(service.fall, service.rise, service.first_wait_seconds)
