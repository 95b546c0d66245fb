"""Pure: who held a VIP, who answered for it and who announced it, as the observer tells it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen of one VIP from this instant until the next sighting of it."""

    at: float
    """Seconds of CLOCK_BOOTTIME."""
    vip: str
    holders: frozenset[str]
    """Nodes whose kernel has the address."""
    answering: frozenset[str]
    """Nodes that answered ARP for it on the segment."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A broadcast on the segment that names a node as the owner of a VIP."""

    at: float
    vip: str
    node: str


@dataclass(frozen=True, slots=True)
class Period:
    begins: float
    ends: float

    @property
    def seconds(self) -> float:
        return self.ends - self.begins


def _periods(changes: Sequence[tuple[float, bool]], until: float) -> list[Period]:
    periods, begins = [], None
    for at, is_so in [*changes, (until, False)]:
        if is_so and begins is None:
            begins = at
        elif not is_so and begins is not None:
            periods.append(Period(begins, at))
            begins = None
    return periods


def both_answering(sightings: Sequence[Sighting], vip: str, until: float) -> list[Period]:
    """When more than one node answered for a VIP; what the claim `single` forbids."""
    return _periods([(s.at, len(s.answering) > 1) for s in sightings if s.vip == vip], until)


def both_holding(sightings: Sequence[Sighting], vip: str, until: float) -> list[Period]:
    """When both kernels had the VIP, whether or not a cable let them answer."""
    return _periods([(s.at, len(s.holders) > 1) for s in sightings if s.vip == vip], until)


def holding(sightings: Sequence[Sighting], vip: str, node: str, until: float) -> list[Period]:
    """When a node's kernel had the VIP."""
    return _periods([(s.at, node in s.holders) for s in sightings if s.vip == vip], until)


def unheld(sightings: Sequence[Sighting], vip: str, until: float) -> list[Period]:
    """When no node had the VIP."""
    return _periods([(s.at, not s.holders) for s in sightings if s.vip == vip], until)


def total(periods: Sequence[Period]) -> float:
    """Seconds in all."""
    return sum(period.seconds for period in periods)
