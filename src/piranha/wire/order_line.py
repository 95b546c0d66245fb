"""What pulse tells fos: one JSON line for each order, over fos's local socket."""

from dataclasses import dataclass

from piranha.wire.json_line import LineCodec

PROTOCOL_VERSION = 1


@dataclass(frozen=True, slots=True)
class Permit:
    """fos may hold its VIPs for this epoch until the earliest of these CLOCK_BOOTTIME instants."""

    epoch: int
    until: dict[str, float]
    """For each grantor ("partner", "operator", later "arbiter") an instant; one never goes back."""
    is_adoption: bool = False
    """True: services that answer are kept as they are instead of being stopped and started."""
    is_partner_silent: bool = False
    """Granted while nothing at all was heard of the partner; fos tells a later pulse so."""


@dataclass(frozen=True, slots=True)
class Release:
    """Give up this epoch. By request: services stop in reverse order, then the VIPs go.
    Otherwise (`vips_first`, a lost conflict) the VIPs go first. A fos that does not hold the epoch
    and has not seen it end may follow one that did: it stops the services and drops what it finds
    all the same. Released always answers."""

    epoch: int
    vips_first: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Announce all VIPs again, now."""

    reason: str
    is_in_all_forms: bool = False
    """As ARP request and reply, and to the witnesses: the usual form was not believed."""


@dataclass(frozen=True, slots=True)
class ProbeNow:
    """Probe this service at once: the partner reports a failure."""

    service: str


@dataclass(frozen=True, slots=True)
class ProbeVip:
    """For a monitor: probe this service once through its VIP, and at its real address where it did
    not fail there already; VipProbed answers."""

    service: str


@dataclass(frozen=True, slots=True)
class Repair:
    """Stop and start this failed service here once: nobody else can serve it."""

    service: str


@dataclass(frozen=True, slots=True)
class Reload:
    """Read the configuration file again; nothing that stays the same is touched."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End: release what is held (as by request), then exit 0."""


Order = Permit | Release | Announce | ProbeNow | ProbeVip | Repair | Reload | Quit

_CODEC: LineCodec[Order] = LineCodec(
    "order", (Permit, Release, Announce, ProbeNow, ProbeVip, Repair, Reload, Quit)
)


def encode(order: Order) -> bytes:
    """One line without its line end: `{"order":"permit","epoch":4,...}`."""
    return _CODEC.encode(order)


def decode(line: bytes) -> Order:
    """The order of one line. Raises WireError: fos never acts on what it does not know."""
    return _CODEC.decode(line)
