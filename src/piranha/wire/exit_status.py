"""Exit statuses of every program: a small language, kept in one place."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """1 is never used on purpose: it is Python's own crash."""

    OK = 0
    """Asked to end, or "yes"."""
    FAILED = 10
    """The service failed, or "no"."""
    WRONG_USE = 100
    """Wrong use or configuration; a restart will not help."""
    OUR_BUG = 101
    """A fault of ours; please report it."""
    REFUSED = 111
    """The system refused, or already running; trying again may help."""
