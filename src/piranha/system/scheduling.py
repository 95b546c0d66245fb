"""Keeps a daemon running on time: before ordinary processes, and never paged out."""

import ctypes
import os

_PRIORITY = 10
"""Of 1 to 99: before everything ordinary, behind the kernel's own threads (50)."""
_MCL_CURRENT, _MCL_FUTURE = 1, 2


def become_realtime() -> str | None:
    """Run before every ordinary process (SCHED_RR, sched(7)); children do not inherit it.

    Returns why the system refused, else None.
    """
    try:
        policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(_PRIORITY))
    except OSError as error:
        return f"cannot run in real time: {error.strerror}"
    return None


def lock_memory() -> str | None:
    """Keep every page of this process, now and later, in memory (mlockall(2)); children do not
    inherit it. Returns why the system refused, else None."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE) != 0:
        return f"cannot lock memory: {os.strerror(ctypes.get_errno())}"
    return None
