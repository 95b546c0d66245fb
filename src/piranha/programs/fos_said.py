"""What a fos has said of itself and of its services, as a person may ask for it."""

from dataclasses import dataclass, field

from piranha.decisions.events import ServiceNow
from piranha.wire.report_line import (
    Armed,
    Dropped,
    Held,
    Hello,
    Released,
    Report,
    ServiceMoved,
    ServiceState,
    ServiceVerdict,
    Unarmable,
)


@dataclass(slots=True)
class ServiceSaid:
    """What a fos last said of one service. Instants of clock.now."""

    state: str = ""
    is_healthy: bool | None = None
    """None: no verdict yet."""
    verdict: str = ""
    evidence: str = ""
    """Of the verdict, or of the newest state where there is no verdict since."""
    since: float = 0.0


@dataclass(slots=True)
class Said:
    """All of it, since the connection was made."""

    is_armed: bool = False
    trouble: str = ""
    held_epoch: int = 0
    """0: it holds nothing."""
    held_until: float = 0.0
    held_at: float = 0.0
    """When it said so."""
    last_at: float | None = None
    """When it last said anything; None: never."""
    services: dict[str, ServiceSaid] = field(default_factory=dict)

    def take(self, report: Report, now: float) -> None:
        """Keep what one report says."""
        self.last_at = now
        match report:
            case Hello():
                self.held_epoch, self.held_until, self.held_at = report.epoch, report.until, now
                for name, state in report.services.items():
                    self.services[name] = ServiceSaid(state=state, since=now)
            case Armed():
                self.is_armed, self.trouble = True, ""
            case Unarmable():
                self.is_armed, self.trouble = False, report.reason
            case Held():
                self.held_epoch, self.held_until, self.held_at = report.epoch, report.until, now
            case Dropped() | Released():
                self.held_epoch = 0
            case ServiceMoved():
                self.services[report.service] = ServiceSaid(
                    state=report.state, evidence=report.detail, since=now
                )
            case ServiceVerdict():
                service = self._service(report.service)
                if (service.is_healthy, service.verdict) != (report.is_healthy, report.verdict):
                    service.since = now
                service.is_healthy = report.is_healthy
                service.verdict, service.evidence = report.verdict, report.evidence

    def services_now(self) -> tuple[ServiceNow, ...]:
        """The services as they are; only a judged one fails."""
        return tuple(_service_now(name, said) for name, said in self.services.items())

    def _service(self, name: str) -> ServiceSaid:
        return self.services.setdefault(name, ServiceSaid())


def _service_now(name: str, said: ServiceSaid) -> ServiceNow:
    is_judged = said.state == ServiceState.JUDGED
    is_failed = is_judged and said.is_healthy is False
    return ServiceNow(name, is_judged, f"{said.verdict}: {said.evidence}" if is_failed else "")
