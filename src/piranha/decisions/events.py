"""What can happen to a node, in the past tense; the decision core hears of nothing else.

Instants are seconds of CLOCK_BOOTTIME on this node.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from piranha.wire.heartbeat import Heartbeat
from piranha.wire.report_line import FosMode, Hello, Report


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The instant that `wake_at` asked for has come, or any other quiet moment. The queues were
    read before it: silence is judged here."""


@dataclass(frozen=True, slots=True)
class HeartbeatHeard:
    """A datagram that decoded, from the partner's address, of our cluster, not replayed."""

    path: int
    beat: Heartbeat
    at: float
    """When it arrived at this node, at most now."""


@dataclass(frozen=True, slots=True)
class UnprovenHeard:
    """A sealed heartbeat of a run of the partner that has not proven that it lives: a partner that
    does not hear us, or a recorded one. Nothing that it says is believed."""

    at: float
    """When it arrived at this node, at most now."""


@dataclass(frozen=True, slots=True)
class CarrierChanged:
    """A device that carries VIPs of the group lost its carrier, or all have it again."""

    group: str
    has_carrier: bool
    device: str


@dataclass(frozen=True, slots=True)
class WitnessAnswered:
    """A witness answered. That it answers no more is told by nobody: time tells."""

    asked_at: float
    """When the question was asked."""


@dataclass(frozen=True, slots=True)
class StrangerHeard:
    """A third station sent something on a device that carries VIPs: our own segment is there. Told
    while it matters (`sight.looks_for_strangers`)."""


@dataclass(frozen=True, slots=True)
class Fenced:
    """The fence command says that the partner is off, or an operator has looked and says so."""

    text: str


@dataclass(frozen=True, slots=True)
class FenceFailed:
    """The fence command did not succeed in its time: the partner may live."""

    text: str


@dataclass(frozen=True, slots=True)
class FosReported:
    """A line from a fos of ours; a Hello is reported as FosFound instead."""

    group: str
    mode: FosMode
    report: Report


@dataclass(frozen=True, slots=True)
class FosFound:
    """A fos answered on its socket: one that we started, or one that an earlier pulse left."""

    group: str
    mode: FosMode
    hello: Hello


@dataclass(frozen=True, slots=True)
class FosLost:
    """A fos ended, or hung and was killed. The shell starts another one by itself."""

    group: str
    mode: FosMode
    reason: str
    is_permanent: bool = False
    """It will not be started again before a reload: wrong use or configuration."""


@dataclass(frozen=True, slots=True)
class VipAnswer:
    vip: str
    mac: str
    is_partner: bool


@dataclass(frozen=True, slots=True)
class VipsAsked:
    """The answers to AskVips have been waited for (RFC 5227 probes; neighbour solicitations)."""

    group: str
    asked_at: float
    answers: tuple[VipAnswer, ...]
    asked: tuple[str, ...] = ()
    """The VIPs that were asked for on segments where the partner's MAC is known."""


@dataclass(frozen=True, slots=True)
class PartnerMacsLearned:
    """The partner was met on segments that carry VIPs: all its MACs, the old ones too."""

    macs: frozenset[str]


@dataclass(frozen=True, slots=True)
class SwitchAsked:
    """The operator wants the other node to serve the group."""

    group: str
    by: str
    is_forced: bool = False
    """Take over without waiting for silence (`--forceactive`); a living active is still asked."""


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """A held node never takes over."""

    is_held: bool
    by: str


@dataclass(frozen=True, slots=True)
class IgnoreChanged:
    """Failures of this service do not move its group, or do so again."""

    service: str
    is_ignored: bool


@dataclass(frozen=True, slots=True)
class ClearAsked:
    """The operator says that this node can serve the group again."""

    group: str


@dataclass(frozen=True, slots=True)
class StopAsked:
    """An orderly end: release every group, say goodbye."""

    by: str


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """A service of the serving fos, as that has told it."""

    name: str
    is_judged: bool
    failure: str
    """Why it fails; empty: it does not."""


@dataclass(frozen=True, slots=True)
class RulesChanged:
    """A good new file was read; the step is called with the new rules.

    A service that is defined anew has another tag, and fos tells nothing twice: so what it has
    told is told again here, by the services' names.
    """

    services: Mapping[str, tuple[ServiceNow, ...]] = field(default_factory=dict)
    """Of each group that a fos serves."""


Event = (
    TimePassed
    | HeartbeatHeard
    | UnprovenHeard
    | CarrierChanged
    | WitnessAnswered
    | StrangerHeard
    | Fenced
    | FenceFailed
    | FosReported
    | FosFound
    | FosLost
    | VipsAsked
    | PartnerMacsLearned
    | SwitchAsked
    | HoldChanged
    | IgnoreChanged
    | ClearAsked
    | StopAsked
    | RulesChanged
)
