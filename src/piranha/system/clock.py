"""The only reader of time: every instant in the suite is seconds of CLOCK_BOOTTIME.

CLOCK_BOOTTIME goes on while the machine is suspended and does not know when somebody sets the
date, so a lease that ended during a sleep has ended, and a clock step changes nothing.
"""

import time


def now() -> float:
    """This instant, in seconds since boot (clock_gettime(2), CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall() -> float:
    """The date, in seconds since 1970; for records that a person reads, never for decisions."""
    return time.time()


def wall_text(moment: float | None = None) -> str:
    """A date (default: this moment) as local time, to the millisecond: 2024-05-01 17:03:09.120."""
    seconds = wall() if moment is None else moment
    milliseconds = int(seconds * 1000) % 1000
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) + f".{milliseconds:03d}"


def syslog_text() -> str:
    """This moment in the form that syslog wants: May  1 17:03:09 (RFC 3164 section 4.1.2)."""
    return time.strftime("%b %e %H:%M:%S", time.localtime(wall()))


def sleep_until(instant: float) -> None:
    """Block until an instant of `now`; for tests and tools only, daemons wait in their loop."""
    while (left := instant - now()) > 0:
        time.sleep(left)
