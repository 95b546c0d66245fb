"""What a node remembers of one group between two steps."""

from dataclasses import dataclass, field
from enum import StrEnum

from piranha.decisions.takeover_check import VipCheck
from piranha.terms import Role
from piranha.wire.heartbeat import GroupBeat
from piranha.wire.report_line import VipProbed


class ClaimKind(StrEnum):
    """Why a claim was opened; only a fault makes the releasing node unfit."""

    FAULT = "fault"
    UNFIT = "unfit"
    NOBODY = "nobody"
    SWITCH = "switch"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Claim:
    """Our own open claim."""

    number: int
    kind: ClaimKind
    reason: str
    since: float
    deadline: float
    withheld_since: float | None = None
    """From then on nothing was acknowledged for the group, so that an unreleased lease ends."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """The group failed here; against a living partner it is tried again only after a pause."""

    reason: str
    since: float
    failed_services: int
    is_second: bool
    """The partner had failed before us, so our first pause is not a short one."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a probe says of a failed service."""

    evidence: str
    probes: int
    """How many in a row."""
    confirmed_at: float
    """When the second of them said so; the first, while there is no second."""
    reported_at: float = 0.0
    """When the newest of them said so."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A failed service of the partner is probed through its VIP, so that the fault has a name."""

    since: float
    was_told: bool
    """The partner's own probes called it failed, too."""
    seen: VipProbed | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """A question to the segment: who answers for the VIPs?"""

    asked_at: float
    is_over: bool = False
    partner_answer: str = ""
    foreign_answer: str = ""
    foreign_since: float | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both nodes serve."""

    since: float
    sequence: int
    """Our newest heartbeat when we first heard of it."""


@dataclass(frozen=True, slots=True)
class GroupState:
    """Instants in seconds of CLOCK_BOOTTIME; services by their tags (settings.Service.tag)."""

    name: str
    role: Role
    since: float
    epoch: int
    """The newest epoch known here, our own or the partner's."""
    # Can this node serve?
    is_armed: bool = False
    is_arming: bool = True
    """fos has said neither that it is armed nor that it cannot be."""
    unarmed_reason: str = "fos is not armed yet"
    has_carrier: bool = True
    carrier_reason: str = ""
    has_lost_witness: bool = False
    """No witness answers here, while the partner is heard and sees one."""
    is_held: bool = False
    unfit: Unfit | None = None
    tries: int = 0
    """How often the group failed here since it last stood; each doubles the next pause."""
    # While serving
    period: int = 0
    """The epoch of our own serving period; 0 while inactive."""
    permitted_until: float = 0.0
    is_adopting: bool = False
    """The permission is for a fos that finds its services running."""
    taken_at: float | None = None
    """A takeover from a silent partner: the heartbeat of this instant counts as acknowledged."""
    active_from: float | None = None
    active_to: float | None = None
    judged: frozenset[int] = frozenset()
    repairing_until: float = 0.0
    failed: dict[int, Failure] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    asked_to_probe: frozenset[int] = frozenset()
    repair_at: float = 0.0
    repair_pause: float = 0.0
    fos_losses: tuple[float, ...] = ()
    is_fos_gone: bool = False
    astray: int = 0
    """The epoch of a fos that was found holding what we do not serve, until it has let go."""
    stands_since: float = 0.0
    took_after_fault: bool = False
    """This serving period began because a service failed at the partner."""
    offer: int = 0
    offer_until: float = 0.0
    conflict: Conflict | None = None
    announced_after: float | None = None
    """The end of the partner's newest activity after which we announced again."""
    outdone_by: int = 0
    """The newest of the partner's epochs after which we did."""
    belief_number: int = 0
    """The newest answer of the segment that the partner has told of this period."""
    is_believed: bool | None = None
    """Whether the segment believes that the VIPs are here; None: the partner has not told."""
    belief_evidence: str = ""
    # Broken on both nodes
    broken_since: float | None = None
    """Since when, as it was said; None: it is not."""
    well_since: float | None = None
    """Since when the group is served well again, meanwhile."""
    # While the other serves
    failed_there: dict[int, Failure] = field(default_factory=dict)
    naming: dict[int, Naming] = field(default_factory=dict)
    """Of those that fail there now."""
    has_monitor: bool = False
    """Our monitor is connected, and can be asked."""
    asking: Asking | None = None
    has_partner_served: bool = False
    """The partner was heard serving since we last served."""
    check: VipCheck | None = None
    """Whether the segment believes the partner's period."""
    wants_monitor: bool = False
    said_blocked: str = ""
    # Claims
    claim: Claim | None = None
    numbers_used: int = 0
    claim_not_before: float = 0.0
    claim_answered: int = 0
    claim_refused: int = 0
    handed_over_at: float | None = None
    offer_seen: int = 0
    # The partner
    partner: GroupBeat | None = None
    """What it last said of this group; None: never, or its file does not name the group."""
    partner_at: float = 0.0
    lacking_since: float | None = None
    """Since when the partner is heard without naming this group."""

    @property
    def is_withheld(self) -> bool:
        """The partner has claimed in vain and acknowledges nothing more for this group."""
        return self.partner is not None and self.partner.withholds

    @property
    def serves(self) -> bool:
        """Starting or active: holding VIPs, and meaning to."""
        return self.role in (Role.STARTING, Role.ACTIVE)
