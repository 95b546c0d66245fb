"""The arithmetic of a lease: how long a VIP is held, and how long two nodes may answer for it.

All times in seconds. The kernel keeps an address for whole seconds and was seen to overrun by up to
1.46 s, so a lease that the kernel guards ends `KERNEL_MARGIN` before the partner's deadtime does. A
deadtime too short for that has its lease in user space only; the kernel's lifetime is then a
backstop for the moment when every process of the suite is dead.
"""

import math
from dataclasses import dataclass

KERNEL_MARGIN = 1.5
BACKSTOP_LIFETIME = 2
"""Whole seconds of kernel lifetime under a user-space lease, renewed every quarter of it."""
SHORTEST_USER_LEASE = 0.2


def has_kernel_lease(keepalive: float, deadtime: float) -> bool:
    """True when the kernel alone guarantees that a VIP is gone before the partner takes it."""
    return deadtime - KERNEL_MARGIN >= keepalive + deadtime / 4 + 0.2


def shortest_kernel_deadtime(keepalive: float) -> float:
    """The shortest deadtime, in whole tenths, that has a kernel lease with this keepalive."""
    return math.ceil(round((keepalive + KERNEL_MARGIN + 0.2) / 0.75 * 10, 6)) / 10


def lease_seconds(keepalive: float, deadtime: float) -> float:
    """How long after a heartbeat that the partner acknowledged a VIP may be held (rule 13)."""
    if has_kernel_lease(keepalive, deadtime):
        return deadtime - KERNEL_MARGIN
    return max(deadtime, SHORTEST_USER_LEASE)


@dataclass(frozen=True, slots=True)
class Overlap:
    """The longest that both nodes can answer for one VIP, without separation."""

    one_process: float
    """pulse or fos hangs or dies, or one direction of the paths is cut."""
    everything: float
    """Every process of the suite is killed or stopped at once."""


def overlap(keepalive: float, deadtime: float) -> Overlap:
    if has_kernel_lease(keepalive, deadtime):
        return Overlap(0.0, 0.0)
    hanging = max(0.0, lease_seconds(keepalive, deadtime) - deadtime) + SCHEDULING
    return Overlap(hanging, max(hanging, BACKSTOP_LIFETIME + KERNEL_MARGIN - deadtime))


SCHEDULING = 0.05
"""What an ordinary process may wait for a busy core before it drops a VIP."""
CONFLICT_GRACE = 0.7
"""The first heartbeats after a cut were composed before anything was heard."""
CONFLICT_BEATS = 3
"""So many heartbeats of our own must have had their chance before the partner is called deaf."""
URGENT_INTERVAL = 0.1
"""Between the heartbeats of a claim or a conflict, where the keepalive is not shorter."""


def healed_overlap(keepalive: float) -> float:
    """The longest that both of two separated nodes answer once they hear each other again.

    A keepalive until the first heartbeat; where one direction stays cut, the grace and the
    heartbeats that show it besides (rule 4).
    """
    beats = CONFLICT_BEATS * min(keepalive, URGENT_INTERVAL)
    return keepalive + CONFLICT_GRACE + beats + SCHEDULING


ANXIOUS_AFTER = 1.25
"""Keepalives without a heartbeat, after which a node sends its own much more often."""
SHORTEST_PAUSE = 0.01
"""What an idle machine's scheduling may cost."""


def quiet_limit(keepalive: float, deadtime: float) -> float:
    """Seconds of quiet that a partner which lives, but does not hear us, cannot keep: its own
    keepalive passes, then it is anxious and sends many heartbeats, of which some get through."""
    return max(deadtime / 4, ANXIOUS_AFTER * keepalive + deadtime / 10)


def pause_limit(keepalive: float, deadtime: float) -> float:
    """The longest gap in a node's own time that is not time lost (rule 8)."""
    return max(min(lease_seconds(keepalive, deadtime), deadtime / 2), SHORTEST_PAUSE)


def alive_within(keepalive: float, deadtime: float, start_seconds: float) -> float:
    """How long after the last fault one fit node is active (the claim `alive`)."""
    return deadtime + start_seconds + 2 * keepalive
