"""Pure: the partner's services as the standby sees them, one nanny for each.

What the probes say is told when it changes, and with every probe that still finds a failed
service failed: the decision core counts only those since the partner listed the service as judged,
and takes nothing from a partner on one probe of ours alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

from piranha.config.settings import Service
from piranha.decisions import service_watch, vip_probing
from piranha.decisions.effects import Say
from piranha.decisions.events import TimePassed
from piranha.decisions.fos_effects import FosEffect, Leave, ProbeAtOnce, StartNanny, StopNanny, Tell
from piranha.decisions.fos_events import (
    FosEvent,
    NannyLost,
    NannyReported,
    OrderGiven,
    PulseCame,
    PulseLeft,
    VipProbeEnded,
)
from piranha.decisions.service_check import Health
from piranha.decisions.service_watch import ServiceWatch, has_other_question
from piranha.decisions.vip_probing import Probings
from piranha.terms import Severity
from piranha.values import replace
from piranha.wire.nanny_line import NannyReport
from piranha.wire.order_line import PROTOCOL_VERSION, ProbeNow, ProbeVip, Quit
from piranha.wire.report_line import Armed, FosMode, Hello, ServiceState

CONFIRMING_PROBES = 2
CONFIRM_SECONDS = 0.5
"""After a first bad probe, at most until the one that confirms it."""
LONELY_SECONDS = 10.0
"""For pulse to connect after the start."""


@dataclass(frozen=True, slots=True)
class Monitoring:
    """Instants in seconds of CLOCK_BOOTTIME."""

    group: str
    watches: Mapping[str, ServiceWatch] = field(default_factory=dict)
    give_up_at: float = inf
    """When a monitor that no pulse has connected to ends."""
    probings: Probings = field(default_factory=dict)
    """Services that pulse wants probed through their VIPs, until that is done."""


Monitored = tuple[Monitoring, tuple[FosEffect, ...]]


def start(group: str, services: Iterable[Service], is_by_hand: bool, now: float) -> Monitored:
    """Have a nanny for each service; one run by hand does not wait for a pulse."""
    give_up_at = inf if is_by_hand else now + LONELY_SECONDS
    return follow_file(Monitoring(group, give_up_at=give_up_at), services, now)


def step(monitoring: Monitoring, event: FosEvent, now: float) -> Monitored:
    """What an event changes. Events that only an active fos knows change nothing."""
    match event:
        case NannyReported(report):
            return _hear(monitoring, report, now)
        case NannyLost(name, reason) if name in monitoring.watches:
            watch, lost = service_watch.lose(monitoring.watches[name], reason, now)
            return _with(monitoring, watch), tuple(lost)
        case OrderGiven(ProbeNow(name)) if name in monitoring.watches:
            watch = replace(monitoring.watches[name], is_asked=True)
            return _with(monitoring, watch), (ProbeAtOnce(name),)
        case OrderGiven(ProbeVip(name)):
            probed = monitoring.watches.get(name)
            probings, asked = vip_probing.begin(monitoring.probings, probed, name)
            return replace(monitoring, probings=probings), asked
        case VipProbeEnded():
            probings, told = vip_probing.hear_vip(monitoring.probings, event)
            return replace(monitoring, probings=probings), told
        case OrderGiven(Quit()) | PulseLeft():
            return monitoring, (Leave(),)
        case PulseCame(pid):
            return replace(monitoring, give_up_at=inf), _greeting(monitoring, pid)
        case TimePassed():
            return _pass_time(monitoring, now)
    return monitoring, ()


def wake_at(monitoring: Monitoring) -> float:
    """When TimePassed is due."""
    first = min((watch.wake_at for watch in monitoring.watches.values()), default=inf)
    return min(first, monitoring.give_up_at)


def follow_file(monitoring: Monitoring, services: Iterable[Service], now: float) -> Monitored:
    """Watch these services from now on; only those asked otherwise than before are touched."""
    effects: list[FosEffect] = []
    watches: dict[str, ServiceWatch] = {}
    for service in services:
        if not service.is_asked_there:
            continue
        watch = monitoring.watches.get(service.name)
        if watch is None or has_other_question(watch.service, service):
            effects.append(StartNanny(service))
            watches[service.name] = service_watch.begin(service, 0.0, now)
        else:
            watches[service.name] = replace(watch, service=service)
    effects += [StopNanny(name) for name in monitoring.watches if name not in watches]
    return replace(monitoring, watches=watches), tuple(effects)


def _hear(monitoring: Monitoring, report: NannyReport, now: float) -> Monitored:
    before = monitoring.watches.get(report.service)
    if before is None:
        return monitoring, ()
    watch, said = service_watch.hear(before, report, now)
    effects: list[FosEffect] = list(said)
    has_changed = watch.health is not before.health
    is_failed = watch.health is Health.FAILED
    is_unconfirmed = is_failed and watch.check.in_a_row < CONFIRMING_PROBES
    if has_changed:
        effects.append(_said(before, watch))
    if has_changed or is_failed or watch.is_asked:
        effects.append(Tell(service_watch.told(watch)))
    ask_at = now + min(CONFIRM_SECONDS, watch.service.interval_seconds) if is_unconfirmed else inf
    monitoring = _with(monitoring, replace(watch, is_asked=False, ask_at=ask_at))
    probings, told = vip_probing.hear_real(monitoring.probings, report)
    return replace(monitoring, probings=probings), (*effects, *told)


def _said(before: ServiceWatch, watch: ServiceWatch) -> Say:
    severity = Severity.WARNING if watch.health is Health.FAILED else Severity.INFO
    check = watch.check
    text = f"{before.health} -> {watch.health} on the partner: {check.verdict}: {check.evidence}"
    return Say(severity, watch.service.name, text)


def _pass_time(monitoring: Monitoring, now: float) -> Monitored:
    effects: list[FosEffect] = []
    watches = dict(monitoring.watches)
    for name, watch in monitoring.watches.items():
        if watch.wake_at <= now:
            watches[name], due = service_watch.pass_time(watch, now)
            effects += due
    if now >= monitoring.give_up_at:
        text = f"no pulse has connected within {LONELY_SECONDS:g} s: ending"
        effects += [Say(Severity.WARNING, monitoring.group, text), Leave()]
    return replace(monitoring, watches=watches), tuple(effects)


def _greeting(monitoring: Monitoring, pid: int) -> tuple[FosEffect, ...]:
    hello = Hello(
        version=PROTOCOL_VERSION,
        mode=FosMode.MONITOR,
        group=monitoring.group,
        pid=pid,
        epoch=0,
        until=0.0,
        last_epoch_ended=0,
        services=dict.fromkeys(monitoring.watches, ServiceState.STARTED.value),
    )
    known = [watch for watch in monitoring.watches.values() if watch.health is not Health.WAITING]
    verdicts = [Tell(service_watch.told(watch)) for watch in known]
    return (Tell(hello), Tell(Armed()), *verdicts)


def _with(monitoring: Monitoring, watch: ServiceWatch) -> Monitoring:
    return replace(monitoring, watches={**monitoring.watches, watch.service.name: watch})
