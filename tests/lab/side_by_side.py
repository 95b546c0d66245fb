"""Runs slow cases side by side, each with a cluster of its own: they wait most of the time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Case = TypeVar("Case")
Value = TypeVar("Value")


def each(cases: Iterable[Case], run: Callable[[Case], Value]) -> list[tuple[Case, Value]]:
    """Every case with what `run` made of it, in their order; the first exception is raised.

    For cases whose limits are seconds: those of milliseconds want the machine for themselves.
    """
    wanted = list(cases)
    with ThreadPoolExecutor(len(wanted)) as threads:
        return list(zip(wanted, threads.map(run, wanted), strict=True))
