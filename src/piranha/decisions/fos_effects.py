"""What fos must now do for its group, in the order given.

Each effect either succeeds quietly or comes back as an event, as its text says.
"""

from dataclasses import dataclass

from piranha.config.settings import IPAddress, Service, Vip
from piranha.decisions.effects import Say
from piranha.decisions.fos_events import Command
from piranha.wire.report_line import Report


@dataclass(frozen=True, slots=True)
class SetVips:
    """Give all these VIPs this lifetime (whole seconds) in one batch, adding those that are not
    there. VipsSet or VipsRefused comes back before anything else happens."""

    vips: tuple[Vip, ...]
    lifetime: int


@dataclass(frozen=True, slots=True)
class DropVips:
    """Delete these VIPs and look in the kernel whether they are gone; VipsLooked comes back before
    anything else happens."""

    vips: tuple[Vip, ...]


@dataclass(frozen=True, slots=True)
class AnnounceVips:
    """Tell the segment where these VIPs are, once."""

    vips: tuple[Vip, ...]
    is_in_all_forms: bool = False
    """Also in forms that not everybody needs; the usual one was not believed."""
    witnesses: tuple[IPAddress, ...] = ()
    """Then told as well, each by a question from the VIP, which it must learn to answer."""


@dataclass(frozen=True, slots=True)
class AskForVips:
    """Ask the segment who else has these VIPs; each answer is a VipAnswered."""

    vips: tuple[Vip, ...]


@dataclass(frozen=True, slots=True)
class RunCommand:
    """Run the service's start or stop command; CommandEnded comes back, also when it cannot be
    run. There is at most one at a time."""

    service: Service
    command: Command


@dataclass(frozen=True, slots=True)
class KillCommand:
    """Kill the running command with its whole process group; CommandEnded follows."""

    service: str


@dataclass(frozen=True, slots=True)
class StartNanny:
    """Fork a nanny that asks this service again and again; an older one is ended first."""

    service: Service


@dataclass(frozen=True, slots=True)
class StopNanny:
    """End the nanny of this service, if there is one."""

    service: str


@dataclass(frozen=True, slots=True)
class ProbeAtOnce:
    """Have the nanny of this service ask now instead of at its next turn."""

    service: str


@dataclass(frozen=True, slots=True)
class ProbeThroughVip:
    """Probe this service once through its VIP; VipProbeEnded comes back."""

    service: Service


@dataclass(frozen=True, slots=True)
class Tell:
    """Send this report to pulse; it is lost when pulse is not connected."""

    report: Report


@dataclass(frozen=True, slots=True)
class Leave:
    """fos was asked to end, and nothing is held any more."""


FosEffect = (
    SetVips
    | DropVips
    | AnnounceVips
    | AskForVips
    | RunCommand
    | KillCommand
    | StartNanny
    | StopNanny
    | ProbeAtOnce
    | ProbeThroughVip
    | Tell
    | Say
    | Leave
)
