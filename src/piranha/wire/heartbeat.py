"""One heartbeat: what a node says of itself, in one datagram of at most 1,200 bytes."""

from dataclasses import dataclass, field

from piranha.terms import Role, Side

FORMAT_VERSION = 1
LARGEST_DATAGRAM = 1200


@dataclass(frozen=True, slots=True)
class PathHeard:
    """What the sender last heard from its partner on one path."""

    path: int
    """0 is primary/backup, 1 the private pair."""
    incarnation: int
    sequence: int
    """The newest sequence number heard there: this acknowledges it and every earlier one."""
    age_seconds: float


@dataclass(frozen=True, slots=True)
class GroupBeat:
    """What a node says of one group."""

    name: str
    role: Role
    epoch: int
    """The newest epoch the sender knows; its own when it is starting, active or releasing."""
    is_fit: bool
    is_held: bool
    unfit_reason: str = ""
    failed_services: int = 0
    claim: int = 0
    """The sender's own open claim; 0: none."""
    claim_reason: str = ""
    claim_answered: int = 0
    """The partner's claim that the sender has answered by releasing, or while inactive."""
    claim_refused: int = 0
    offer: int = 0
    """The sender serves, and its operator asks the partner to claim: a number for each request;
    0: no."""
    claim_is_fault: bool = False
    """The claim says that a service failed here (only that makes the releaser unfit)."""
    repairing_seconds: float = 0.0
    """How much longer the sender asks claims to wait; 0: it does not."""
    active_from_age: float | None = None
    """Seconds since the sender last became the holder of the VIPs; None: never."""
    active_to_age: float | None = None
    """Seconds since it last dropped them; None: it holds them, or never did."""
    judged: frozenset[int] = frozenset()
    """Tags of services started here and past their first wait: what a partner may judge."""
    failed: frozenset[int] = frozenset()
    """Tags of services that the sender's own probes call failed (local or remote)."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """All times are durations or ages in seconds: the nodes' clocks are never compared."""

    cluster: str
    node: Side
    incarnation: int
    """Random, 64 bits, new at each start of pulse."""
    sequence: int
    keepalive_seconds: float
    deadtime_seconds: float
    serial_no: int
    wants_answer: bool
    """The sender serves or claims, so it needs an acknowledgement at once. Answers do not want
    answers."""
    is_goodbye: bool
    """An orderly end: the partner need not wait for its deadtime."""
    has_carrier: bool
    sees_witness: bool | None
    """None: no witness is configured."""
    frozen_seconds: float
    """How long the sender itself stood still, told for one deadtime after it; else 0."""
    heard: tuple[PathHeard, ...] = ()
    groups: tuple[GroupBeat, ...] = ()
    digests: dict[str, bytes] = field(default_factory=dict)
