"""What piranhactl asks a running pulse, and what pulse answers: one JSON line each.

A request line has the protocol's version and one request:

    {"version":1,"request":"switch","group":"web","is_dry_run":false}

Answers follow, each a line of its own: any number of MoveShown, StatusShown and Progress, then one
Done or Refused, after which pulse closes the connection. A watched status goes on until the caller
closes. Ages and what is left of something are seconds at the moment of the answer; `wall` is a
date in seconds since 1970, for people.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from piranha.wire.exit_status import ExitStatus
from piranha.wire.json_line import LineCodec

PROTOCOL_VERSION = 1
LARGEST_REQUEST = 4 * 1024
"""Bytes; the longest honest request is a group's name."""
LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes; the status of 200 services takes about 60,000."""


@dataclass(frozen=True, slots=True)
class Status:
    """Show how the node is; with `is_watched` again and again, and at once after a move."""

    is_watched: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """Show the newest records of moves, oldest first."""

    count: int


@dataclass(frozen=True, slots=True)
class Switch:
    """Let the other node serve the group, and tell how that went."""

    group: str
    """Empty: the only group."""
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Reload:
    """Read the configuration file again."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Never take over, until Resume or for so long; survives restarts."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Ignore:
    """Failures of this service do not move its group, until Resume or for so long."""

    service: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """End a hold, or with a service's name no longer ignore that service."""

    service: str = ""


@dataclass(frozen=True, slots=True)
class Clear:
    """The operator says that this node can serve the group again."""

    group: str
    """Empty: the only group."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """End without goodbye and leave fos to the next pulse."""


class FenceWish(StrEnum):
    """What an operator wants of the fence."""

    TEST = "test"
    """Ask it whether the partner is on; nothing is switched."""
    OFF = "off"
    """Switch the partner off now."""
    CONFIRM = "confirm"
    """I have looked: the partner is off."""


@dataclass(frozen=True, slots=True)
class Fence:
    """Use the fence; the node must be named, except for a test."""

    wish: FenceWish
    node: str = ""


Request = Status | Why | Switch | Reload | Hold | Ignore | Resume | Clear | Upgrade | Fence
ONLY_LOOKS = (Status, Why)
"""Requests that anybody who can open the socket may make; the others are for root alone."""


@dataclass(frozen=True, slots=True)
class PathShown:
    """One heartbeat path."""

    path: int
    local: str
    partner: str
    heard_age_seconds: float | None
    """Since the newest heartbeat from the partner on this path; None: never."""
    heard_back_age_seconds: float | None
    """Since the partner heard us on this path, as its newest heartbeat tells; None: it does not."""
    sent: int
    received: int
    trouble: str = ""
    """Why the path cannot be used."""


@dataclass(frozen=True, slots=True)
class VipShown:
    address: str
    device: str
    label: str
    is_here: bool
    """fos says that this node holds it."""


@dataclass(frozen=True, slots=True)
class ServiceShown:
    """One service as a fos of this node sees it."""

    name: str
    watched: str
    """"here": by the fos that serves; "partner": by the fos that watches the partner."""
    state: str
    """As in report_line.ServiceState; empty when watched on the partner."""
    is_healthy: bool | None
    """None: no verdict yet."""
    verdict: str
    evidence: str
    """Of the verdict, or of the state without one."""
    since_seconds: float | None
    """Age of the verdict, or of the state without one; both are told only when they change."""
    is_ignored: bool = False
    ignored_left_seconds: float | None = None
    """None: until resumed."""
    fault: str = ""
    """What the probes of both nodes say together, of a service that fails on the partner."""


@dataclass(frozen=True, slots=True)
class FosShown:
    """One fos of a group."""

    mode: str
    pid: int
    """0: none runs."""
    state: str
    """"armed", "serving", "watching", "starting", "unarmable: ...", "pausing after ..."."""
    report_age_seconds: float | None
    """Since its last report; None: none yet."""


@dataclass(frozen=True, slots=True)
class MoveShown:
    """One change of role, from the records of moves."""

    wall: float
    node: str
    group: str
    epoch: int
    old: str
    new: str
    fact: str
    reason: str
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class GroupShown:
    name: str
    role: str
    epoch: int
    is_fit: bool
    unfit_reason: str
    partner_role: str
    """As its newest heartbeat says; empty: it says nothing of this group."""
    partner_is_fit: bool
    partner_unfit_reason: str
    lease_left_seconds: float | None
    """How long the VIPs may still be held here; None: they are not."""
    lease_age_seconds: float | None
    """Age of the report that says so; it comes every `lease_period_seconds`."""
    lease_period_seconds: float
    vips: tuple[VipShown, ...]
    services: tuple[ServiceShown, ...]
    processes: tuple[FosShown, ...]
    last_move: MoveShown | None = None
    is_believed: bool | None = None
    """Whether the partner finds the VIPs here on the segment; None: it has not told, or they are
    not here."""
    belief_evidence: str = ""
    """What it finds instead."""


@dataclass(frozen=True, slots=True)
class WitnessShown:
    """One witness."""

    address: str
    is_seen: bool
    answer_age_seconds: float | None
    """Since the newest question was asked that it answered; None: it never did."""
    answer_seconds: float | None
    """How long that answer took."""
    way: str
    """How it was asked: "ICMP echo", "ARP"."""
    trouble: str
    """Why it cannot be asked; empty when it can."""


@dataclass(frozen=True, slots=True)
class StatusShown:
    """The whole node."""

    wall: float
    program_version: str
    cluster: str
    side: str
    address: str
    partner_address: str
    pid: int
    up_seconds: float
    configuration: str
    serial_no: int
    keepalive_seconds: float
    deadtime_seconds: float
    lease_seconds: float
    has_kernel_lease: bool
    is_held: bool
    held_left_seconds: float | None
    """None: until resumed."""
    is_partner_heard: bool
    partner_age_seconds: float | None
    """Since the partner was heard on any path; what it says is as old as that."""
    partner_has_left: bool
    """Its last heartbeat was a goodbye."""
    worst_lateness_seconds: float
    """How much later than it asked for pulse was ever woken."""
    recent_lateness_seconds: float
    """The same over the last minute or two."""
    paths: tuple[PathShown, ...]
    groups: tuple[GroupShown, ...]
    witnesses: tuple[WitnessShown, ...]
    """In the order of the file; empty where none is configured."""
    devices: dict[str, bool]
    """Carrier of each device that carries VIPs."""
    mismatches: tuple[str, ...]
    """How the partner's configuration file differs, each a phrase: "failover ftp differs"."""
    wrong_datagrams: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What has happened so far; more lines follow."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    text: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done; `status` is what piranhactl ends with."""

    text: str
    status: ExitStatus


Answer = StatusShown | MoveShown | Progress | Done | Refused

_REQUESTS: LineCodec[Request] = LineCodec(
    "request",
    (Status, Why, Switch, Reload, Hold, Ignore, Resume, Clear, Upgrade, Fence),
    PROTOCOL_VERSION,
)
_ANSWERS: LineCodec[Answer] = LineCodec(
    "answer", (StatusShown, MoveShown, Progress, Done, Refused), PROTOCOL_VERSION
)

encode_request, decode_request = _REQUESTS.encode, _REQUESTS.decode
encode_answer, decode_answer = _ANSWERS.encode, _ANSWERS.decode
"""One line without its line end; decoding raises WireError."""
