"""Keeps a daemon running on time: before ordinary processes, and never paged out."""

import ctypes
import os
from collections.abc import Iterator

_PRIORITY = 10
"""Of 1 to 99: before everything ordinary, behind the kernel's own threads (50)."""
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


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
    """Keep this process in memory (mlockall(2)): all program code, and every page of data from the
    moment when it is first written; pages that nobody ever touches cost nothing. Children do not
    inherit it. Returns why the system refused, else None."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        return f"cannot lock memory: {os.strerror(ctypes.get_errno())}"
    for start, end in _program_code():
        if libc.mlock(start, end - start) != 0:
            return f"cannot lock program code: {os.strerror(ctypes.get_errno())}"
    return None


def return_free_memory() -> None:
    """Give the kernel back what importing and reading have left free (malloc_trim(3), of glibc)."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def _program_code() -> Iterator[tuple[int, int]]:
    """Where the interpreter and its libraries stand in memory (proc(5), maps)."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            where, rights, *_, origin = line.split(maxsplit=5)
            if "x" in rights and origin.startswith("/"):
                start, _, end = where.partition("-")
                yield int(start, 16), int(end, 16)
