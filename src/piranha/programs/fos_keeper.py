"""Every fos of this node: an active one for each group always, a monitor where it is wanted."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from piranha.programs.fos_assignment import socket_path as socket_path
from piranha.programs.fos_seat import FosSeat, Place
from piranha.system import clock
from piranha.terms import Side
from piranha.wire.order_line import Order, Reload
from piranha.wire.report_line import FosMode

FINDING_SECONDS = 2.0
"""The longest that what an earlier pulse left may delay our start."""
NOT_INHERITED = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID")
"""Variables with which systemd speaks to pulse alone."""


def fos_command(
    program: str | None, config: Path, side: Side, is_verbose: bool
) -> Callable[[str, FosMode], list[str]]:
    """How a fos is called; `program` None: the one that belongs to this pulse, run by the same
    interpreter."""
    start = [program] if program else [sys.executable, "-m", "piranha.programs.fos"]
    flags = ["-v"] if is_verbose else []

    def command(group: str, mode: FosMode) -> list[str]:
        return [
            *start, f"--{mode}", "--nofork", *flags,
            "-c", str(config), "--group", group, "--node", str(side),
        ]  # fmt: skip

    return command


def fos_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}


class FosKeeper:
    """The seats by group and mode."""

    def __init__(self, place: Place, seat_path: Callable[[str, FosMode], Path]) -> None:
        self._place = place
        self._seat_path = seat_path
        self._seats: dict[tuple[str, FosMode], FosSeat] = {}
        self._leaving: list[FosSeat] = []
        """Seats of groups that a reload has removed."""

    def find(self, groups: Iterable[str]) -> None:
        """Look for what an earlier pulse left, and start what is missing. Returns when each fos
        that was found has said who it is, or has been killed because it did not."""
        for group in groups:
            self._seat(group, FosMode.ACTIVE).want(clock.now())
        limit = clock.now() + FINDING_SECONDS
        while any(seat.is_unsettled for seat in self) and clock.now() < limit:
            self._place.loop.turn(min(limit, self.wake_at()))
            self.tend()

    def __iter__(self) -> Iterator[FosSeat]:
        yield from self._seats.values()
        yield from self._leaving

    def seat(self, group: str, mode: FosMode) -> FosSeat | None:
        return self._seats.get((group, mode))

    def order(self, group: str, mode: FosMode, order: Order) -> None:
        """Send an order; one to a fos that is not there is dropped."""
        seat = self._seats.get((group, mode))
        if seat is not None:
            seat.order(order, clock.now())

    def run_monitor(self, group: str, is_wanted: bool) -> None:
        if is_wanted:
            self._seat(group, FosMode.MONITOR).want(clock.now())
        elif seat := self._seats.get((group, FosMode.MONITOR)):
            seat.dismiss(clock.now())

    def reload(self, stop_seconds: dict[str, float]) -> None:
        """After a good new file. The groups are those of `stop_seconds`, with the longest that a
        stop of theirs may take; a removed one quits."""
        now = clock.now()
        for key in [key for key in self._seats if key[0] not in stop_seconds]:
            seat = self._seats.pop(key)
            seat.dismiss(now, self._removal_seconds)
            self._leaving.append(seat)
        for seat in self._seats.values():
            seat.order(Reload(), now)
            seat.try_again(now)
        self._removal_seconds = max(stop_seconds.values(), default=0.0) + GRACE_SECONDS
        for group in stop_seconds:
            self._seat(group, FosMode.ACTIVE).want(now)

    _removal_seconds = 60.0

    def wake_at(self) -> float:
        """When `tend` has something to do."""
        return min((seat.wake_at() for seat in self), default=float("inf"))

    def tend(self) -> None:
        """Start, connect, and judge who is hung: what has come in is read first."""
        now = clock.now()
        if now < self.wake_at():
            return
        for seat in list(self):
            if seat.wake_at() <= now:
                seat.hear()
                seat.tend(clock.now())
        self._leaving = [seat for seat in self._leaving if seat.is_running]

    def end(self, seconds: float) -> None:
        """End every fos: those that hold something release it first; after so many seconds they
        are killed. Returns when all are gone."""
        now = clock.now()
        for seat in self:
            seat.dismiss(now, seconds)
        limit = now + seconds + 1.0
        while any(seat.is_running for seat in self) and clock.now() < limit:
            self._place.loop.turn(min(limit, self.wake_at()))
            self.tend()

    def abandon(self) -> None:
        """Leave every fos to the next pulse. A monitor ends by itself when it is left."""
        for seat in self:
            seat.abandon()

    def _seat(self, group: str, mode: FosMode) -> FosSeat:
        key = (group, mode)
        if key not in self._seats:
            self._seats[key] = FosSeat(self._place, group, mode, self._seat_path(group, mode))
        return self._seats[key]


GRACE_SECONDS = 10.0
"""Beyond the stop timeouts of a group, before the fos of a removed group is killed."""
