"""Pure: what is broken when a service does not answer? Three probes together give it a name.

The node that serves probes itself. Its partner probes the real address of that node, and once the
virtual one. The combination tells a service that is dead from a path that is cut, a VIP that is
found at the wrong hardware address, and a filter. The name goes into reasons; it moves nothing.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Answer(StrEnum):
    """How one of the probes ended."""

    GOOD = "good"
    BAD = "bad"
    NONE = "none"
    """It was not asked, or its end is no evidence."""


class Owner(StrEnum):
    """Who has the VIP, as the node that probes it finds in its own table of neighbours."""

    PARTNER = "partner"
    OTHER = "other"
    NOBODY = "nobody"
    """Its neighbours were asked, and none answered."""
    UNKNOWN = "unknown"


class Fault(StrEnum):
    """What the three probes mean together."""

    SERVICE_DEAD = "service dead"
    PATH_CUT = "path cut"
    WRONG_MAC = "wrong MAC"
    FILTER = "filter"
    """Some ways to the service are open, others are not."""
    NO_FAULT = "no fault seen"
    NOT_JUDGED = "not judged"


NOT_ASKED = "not asked yet"


@dataclass(frozen=True, slots=True)
class Point:
    """One of the three probes."""

    answer: Answer = Answer.NONE
    said: str = NOT_ASKED
    """In a word or two: "refused"."""


@dataclass(frozen=True, slots=True)
class ThreePoints:
    """What is known of one service at one moment."""

    itself: Point = field(default_factory=Point)
    """The node that serves, of itself."""
    real: Point = field(default_factory=Point)
    """We, of the real address of that node."""
    vip: Point = field(default_factory=Point)
    """We, through the VIP."""
    owner: Owner = Owner.UNKNOWN
    mac: str = ""
    """Where our own table of neighbours has the VIP; empty: not known."""
    is_path_heard: bool = True
    """Heartbeats pass both ways between the two real addresses."""


def fault_of(points: ThreePoints) -> Fault:
    """The name of what is broken."""
    good, bad = Answer.GOOD, Answer.BAD
    itself, real, vip = points.itself.answer, points.real.answer, points.vip.answer
    if vip is good and points.owner is Owner.OTHER:
        return Fault.WRONG_MAC
    if itself is bad and good not in (real, vip):
        return Fault.SERVICE_DEAD
    if vip is bad and points.owner in (Owner.OTHER, Owner.NOBODY):
        return Fault.WRONG_MAC
    if bad not in (itself, real, vip):
        return Fault.NO_FAULT if Answer.NONE not in (itself, real, vip) else Fault.NOT_JUDGED
    if good not in (itself, real, vip):
        return Fault.NOT_JUDGED
    if not points.is_path_heard and itself is not bad and real is not good:
        return Fault.PATH_CUT
    return Fault.FILTER


def named(points: ThreePoints) -> str:
    """The name and what it rests on: `service dead (there failed, from here refused, ...)`."""
    path = "" if points.is_path_heard else " and no heartbeat comes or goes that way"
    return (
        f"{fault_of(points)} (there {points.itself.said}, from here {points.real.said}{path},"
        f" through the VIP {points.vip.said}{_owner(points)})"
    )


def evidence_of(points: ThreePoints) -> dict[str, object]:
    """For the record of a move."""
    told: dict[str, object] = {
        "fault": str(fault_of(points)),
        "there": points.itself.said,
        "from here": points.real.said,
        "through the VIP": points.vip.said,
    }
    return {**told, "VIP at": points.mac} if points.mac else told


def _owner(points: ThreePoints) -> str:
    if points.vip.answer is Answer.NONE:
        return ""
    if points.owner is Owner.OTHER:
        return f" at {points.mac}, which is not the partner's"
    return " and no machine says that it has it" if points.owner is Owner.NOBODY else ""
