"""Looks at processes that are not our children, by psutil; never on the way to a takeover.

psutil takes 26 ms to import, so each function imports it when it is first called.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """One process, at the moment it was looked at."""

    pid: int
    create_time: float
    """Seconds since 1970; with the pid it names a process for ever."""
    command: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What a process costs."""

    private_bytes: int
    cpu_seconds: float


def create_time(pid: int) -> float | None:
    """When the process began; None when there is none of that number."""
    import psutil

    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def is_same_process(pid: int, began: float) -> bool:
    """Whether the pid still belongs to the process that began then (within 10 ms, the kernel's
    own grain)."""
    now_there = create_time(pid)
    return now_there is not None and abs(now_there - began) < 0.011


def children_left(words: Sequence[str]) -> list[Seen]:
    """Processes whose command line contains every one of these words, as whole arguments or as
    the start of their title, except ourselves and our ancestors: what an earlier run left."""
    import psutil

    ours = {p.pid for p in psutil.Process().parents()} | {psutil.Process().pid}
    found = []
    for process in psutil.process_iter(["cmdline", "create_time", "status"]):
        argv = process.info["cmdline"] or []
        if process.pid in ours or process.info["status"] == psutil.STATUS_ZOMBIE or not argv:
            continue
        if all(word in argv or argv[0].startswith(word) for word in words):
            found.append(Seen(process.pid, process.info["create_time"], " ".join(argv)))
    return found


def figures(pid: int) -> Figures | None:
    """What the process costs now; None when it is gone, or not ours to look at."""
    import psutil

    try:
        process = psutil.Process(pid)
        memory, times = process.memory_full_info(), process.cpu_times()
    except psutil.Error:
        return None
    return Figures(memory.uss, times.user + times.system)
