"""What can happen to a group of services in the fos that serves or watches it, in the past tense.

Instants are seconds of CLOCK_BOOTTIME on this node.
"""

from dataclasses import dataclass
from enum import StrEnum

from piranha.decisions.events import TimePassed
from piranha.wire.nanny_line import NannyReport
from piranha.wire.order_line import Order


class Command(StrEnum):
    """Which command of a service runs."""

    STOP = "stop"
    START = "start"


@dataclass(frozen=True, slots=True)
class OrderGiven:
    """pulse, a signal or the operator at the terminal gave an order."""

    order: Order


@dataclass(frozen=True, slots=True)
class PulseCame:
    """A pulse has connected; it is told first who we are."""

    pid: int
    """Our own."""


@dataclass(frozen=True, slots=True)
class PulseLeft:
    """The connection to pulse is closed."""


@dataclass(frozen=True, slots=True)
class ArmingLooked:
    """Devices and commands were looked at; each complaint is a phrase, none: ready."""

    complaints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VipsSet:
    """The kernel has all VIPs of the group with a new lifetime."""

    lifetime: int
    """Whole seconds."""
    answered_at: float
    """The clock after the kernel's answer."""
    were_present: bool
    """Some of them were there before: an earlier fos left them."""


@dataclass(frozen=True, slots=True)
class VipsRefused:
    """The kernel did not take the VIPs."""

    reason: str


@dataclass(frozen=True, slots=True)
class VipsLooked:
    """After DropVips: fos looked in the kernel for what is left of the dropped VIPs."""

    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VipsGone:
    """The kernel says that these addresses are gone; we did not delete them."""

    vips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VipAnswered:
    """Another machine answered our question who has the VIP (RFC 5227 section 2.1.1)."""

    vip: str
    mac: str


@dataclass(frozen=True, slots=True)
class CommandEnded:
    """A start or stop command has ended, was killed, or could not be run."""

    service: str
    command: Command
    is_success: bool
    outcome: str
    """A phrase: "exit status 3", "killed by signal 9", "cannot start /bin/x: ..."."""


@dataclass(frozen=True, slots=True)
class NannyReported:
    """One probe of a service has ended."""

    report: NannyReport


@dataclass(frozen=True, slots=True)
class VipProbeEnded:
    """A probe through a VIP has ended."""

    report: NannyReport
    mac: str | None
    """As in VipProbed."""
    is_held_here: bool = False
    """We have the VIP ourselves, so nobody else was asked."""


@dataclass(frozen=True, slots=True)
class NannyLost:
    """A nanny ended though nobody told it to."""

    service: str
    reason: str


@dataclass(frozen=True, slots=True)
class RulesChanged:
    """A good new file was read; the step is called with the new rules."""


FosEvent = (
    TimePassed
    | OrderGiven
    | PulseCame
    | PulseLeft
    | ArmingLooked
    | VipsSet
    | VipsRefused
    | VipsLooked
    | VipsGone
    | VipAnswered
    | CommandEnded
    | NannyReported
    | VipProbeEnded
    | NannyLost
    | RulesChanged
)
