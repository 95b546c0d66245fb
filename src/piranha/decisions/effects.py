"""What a caller of the decision core must now do, in the order given.

Each effect either succeeds quietly or comes back as an event.
"""

from dataclasses import dataclass
from typing import Any

from piranha.terms import Role, Severity
from piranha.wire.order_line import Order
from piranha.wire.report_line import FosMode


@dataclass(frozen=True, slots=True)
class SendHeartbeat:
    """Compose one heartbeat from the state of *this* decision and send it on every path."""

    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class OrderFos:
    """Send the order to the group's fos; dropped when that fos is not connected (it will say
    Hello when it is)."""

    group: str
    mode: FosMode
    order: Order


@dataclass(frozen=True, slots=True)
class RunMonitor:
    """Whether `fos --monitor` is wanted for the group (the shell starts or ends it).
    `fos --active` always runs, armed or serving."""

    group: str
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class AskVips:
    """Ask the segment who answers for the group's VIPs; VipsAsked follows after `wait_seconds`."""

    group: str
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Fence:
    """Make sure that the partner is off; Fenced or FenceFailed follows. At most one at a time."""

    group: str
    """The group that needs it."""
    reason: str


@dataclass(frozen=True, slots=True)
class Remember:
    """Write this epoch to stable storage; comes last, as a takeover does not wait for a disk."""

    group: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Say:
    """Log one line: `pulse: SUBJECT: TEXT`."""

    severity: Severity
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A role changed: log it once, keep it as a record for `piranhactl why`, run notify_cmd."""

    group: str
    old: Role
    new: Role
    epoch: int
    fact: str
    """The fact's name in MOVES."""
    reason: str
    """A sentence with measured value and limit."""
    severity: Severity
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """The orderly end is complete: everything is released and goodbye was said."""


Effect = SendHeartbeat | OrderFos | RunMonitor | AskVips | Fence | Remember | Say | Moved | Finished
