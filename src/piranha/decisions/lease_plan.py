"""Pure: which lifetime the kernel is to give the VIPs, and when to look again.

An active node may hold its VIPs until an instant that its permission names. The kernel counts
whole seconds only, so a lifetime set at any moment ends up to a second too early; set again at the
moment when the remaining permission is a whole number of seconds, it ends at the instant itself.
While permissions keep coming in, that moment moves ahead of us, so a lifetime that runs low is set
again at once.

All instants are seconds of CLOCK_BOOTTIME, all lifetimes whole seconds.
"""

from dataclasses import dataclass
from math import floor

from piranha.config.timing import BACKSTOP_LIFETIME

LATE_SECONDS = 0.02
"""How much later than the permission a kernel lifetime may end."""
LOWEST_REMAINING = 1.1
"""A lifetime is set again before less than this is left: the next whole-second moment is at most
1 s away, and the kernel may end a lifetime 20 ms early (ADDRCONF_TIMER_FUZZ_MINUS)."""
SAME_INSTANT = 0.001


@dataclass(frozen=True, slots=True)
class LeasePlan:
    """What to do with the VIPs' lifetime now, and when to plan again."""

    lifetime: int | None
    """Whole seconds to set now for all VIPs in one batch; None: leave the kernel alone."""
    look_again_at: float


def plan(until: float, expiry: float | None, has_kernel_lease: bool, now: float) -> LeasePlan:
    """Plan the lifetime of VIPs that may be held `until`; never called after that instant.

    `expiry` is when the kernel drops them by itself as it stands, None when it does not hold them.
    With a kernel lease a permission of less than one second sets nothing: no lifetime is that
    short, and only user space can end it in time.
    """
    if not has_kernel_lease:
        return _backstop(until, expiry, now)
    remaining = until - now
    whole = floor(remaining + SAME_INSTANT)
    best = now + whole
    if whole < 1 or (expiry is not None and expiry >= until - SAME_INSTANT):
        return LeasePlan(None, until)
    is_whole = remaining - whole <= SAME_INSTANT
    is_low = expiry is None or expiry - now < LOWEST_REMAINING
    if is_whole or (is_low and (expiry is None or best > expiry + SAME_INSTANT)):
        return LeasePlan(whole, until if is_whole else until - whole)
    low_at = now if expiry is None else expiry - LOWEST_REMAINING
    whole_at = until - whole
    return LeasePlan(None, min(whole_at, low_at) if low_at > now else whole_at)


def _backstop(until: float, expiry: float | None, now: float) -> LeasePlan:
    """A lease in user space: the kernel's lifetime only matters when every process is dead."""
    quarter = BACKSTOP_LIFETIME / 4
    if expiry is None or expiry - now <= BACKSTOP_LIFETIME - quarter + SAME_INSTANT:
        return LeasePlan(BACKSTOP_LIFETIME, min(until, now + quarter))
    return LeasePlan(None, min(until, expiry - BACKSTOP_LIFETIME + quarter))


@dataclass(frozen=True, slots=True)
class Correction:
    """What the clock, read again after the kernel's answer, says about a lifetime just set."""

    lifetime: int | None
    """Set this shorter lifetime at once; None: it may stay."""
    must_drop: bool
    """The permission has passed meanwhile: the VIPs must be deleted."""


def check_set(
    until: float, lifetime: int, has_kernel_lease: bool, answered_at: float
) -> Correction:
    """A late renewal re-creates an expired address: judge by the clock after the answer."""
    if answered_at >= until:
        return Correction(None, True)
    if not has_kernel_lease or answered_at + lifetime <= until + LATE_SECONDS:
        return Correction(None, False)
    shorter = lifetime - 1
    return Correction(shorter, False) if shorter >= 1 else Correction(None, True)
