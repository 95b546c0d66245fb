"""What fos tells pulse, and a nanny tells fos: one JSON line for each event."""

import re
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from piranha.wire.json_line import LineCodec


class FosMode(StrEnum):
    ACTIVE = "active"
    MONITOR = "monitor"


class ServiceState(StrEnum):
    """Where a service of this fos is."""

    STOPPED = "stopped"
    STARTING = "starting"
    STARTED = "started"
    """Its start command succeeded; it may still be inside its first wait."""
    JUDGED = "judged"
    """Started, and it has answered or its first wait is over: its failures count."""
    REPAIRING = "repairing"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Hello:
    """The first line on every connection."""

    version: int
    mode: FosMode
    group: str
    pid: int
    epoch: int
    """The epoch it holds; 0: none."""
    until: float
    """The permission it acts under; 0.0 without one."""
    last_epoch_ended: int
    services: dict[str, str]
    """ServiceState of each service by name."""
    is_partner_silent: bool = False
    """The permission was granted while nothing at all was heard of the partner."""


@dataclass(frozen=True, slots=True)
class Armed:
    """File read, sockets open, devices and commands looked at: ready for a permission.
    In monitor mode: the nannies run."""


@dataclass(frozen=True, slots=True)
class Unarmable:
    """It cannot serve: the node is unfit until a later Armed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """The VIPs are held under this permission; at least every eighth of the lease."""

    epoch: int
    until: float


@dataclass(frozen=True, slots=True)
class Taken:
    """All VIPs of the epoch are up and announced."""

    epoch: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ServiceMoved:
    """A service's state changed."""

    service: str
    state: ServiceState
    seconds: float
    """The longest that starting, stopping or repairing may take; for any other state, how long
    the one before lasted."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ServiceVerdict:
    """What the probes now say of a service (after fall and rise); sent when it changes, for every
    ProbeNow, and by a monitor for every probe that finds it failed. In the active's own reports
    only judged services appear as failed."""

    service: str
    is_healthy: bool
    verdict: str
    evidence: str
    probes: int
    """How many probes in a row said so."""


@dataclass(frozen=True, slots=True)
class VipProbed:
    """How a ProbeVip ended: what this node finds through the VIP, and at the real address. Sent
    again where the real address answers later."""

    service: str
    is_healthy: bool | None
    """None: it could not be asked, or the answer is no evidence."""
    verdict: str
    """In a word or two."""
    mac: str | None
    """Where our table of neighbours has the VIP; empty: it is not told, None: nobody there says
    that he has it."""
    is_real_healthy: bool | None
    """None: no probe of the real address has ended since."""
    real_verdict: str


@dataclass(frozen=True, slots=True)
class Serving:
    """Every service of the epoch has been started."""

    epoch: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Released:
    """Nothing of this group is held: fos has looked in the kernel and found no VIP, and the stop
    commands have ended or were killed."""

    epoch: int
    reason: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """The VIPs are gone (looked up in the kernel); services are still being stopped."""

    epoch: int
    reason: str


@dataclass(frozen=True, slots=True)
class VipForeign:
    """At takeover a VIP was answered elsewhere (RFC 5227)."""

    vip: str
    mac: str


Report = (
    Hello
    | Armed
    | Unarmable
    | Held
    | Taken
    | ServiceMoved
    | ServiceVerdict
    | VipProbed
    | Serving
    | Released
    | Dropped
    | VipForeign
)

_CODEC: LineCodec[Report] = LineCodec(
    "report",
    (
        Hello,
        Armed,
        Unarmable,
        Held,
        Taken,
        ServiceMoved,
        ServiceVerdict,
        VipProbed,
        Serving,
        Released,
        Dropped,
        VipForeign,
    ),
)


_HELD = re.compile(rb'\{"report":"held","epoch":(\d{1,18}),"until":(\d{1,18}\.\d{1,18})\}')
"""What an idle fos says all day; without the codec that is a fifth of what saying it costs."""


def encode(report: Report) -> bytes:
    """One line without its line end: `{"report":"held","epoch":4,...}`."""
    if isinstance(report, Held) and isfinite(report.until):
        return b'{"report":"held","epoch":%d,"until":%a}' % (report.epoch, float(report.until))
    return _CODEC.encode(report)


def decode(line: bytes) -> Report:
    """The report of one line. Raises WireError."""
    if held := _HELD.fullmatch(line):
        return Held(int(held[1]), float(held[2]))
    return _CODEC.decode(line)
