"""What pulse itself does by the clock: the watchdog, ends of holds, a forced takeover."""

from collections.abc import Iterable

from piranha.decisions.events import Event, HoldChanged, IgnoreChanged, SwitchAsked
from piranha.decisions.node_state import NodeState
from piranha.programs.fos_keeper import FosKeeper
from piranha.programs.node_memory import NodeMemory
from piranha.system import clock, journal, notify
from piranha.terms import Role, Severity
from piranha.wire.report_line import FosMode

DATE_SECONDS = 60.0
"""Ends of holds are dates, so they are looked at so often."""
DATE_STEP_SECONDS = 1.0
"""Somebody has set the date, if it has gained or lost so much on our own clock."""
FORCE_KEEPALIVES = 1.2
"""A forced takeover leaves a living partner that much time to be heard."""
FORCE_LOOK_SECONDS = 0.02
NEVER = float("inf")


class Watchdog:
    """Tells systemd that the loop turns, twice in the time that it waits."""

    def __init__(self) -> None:
        self._seconds = notify.watchdog_seconds()
        self.due_at = NEVER if self._seconds is None else clock.now()

    def tend(self, now: float) -> None:
        if now >= self.due_at and self._seconds is not None:
            notify.watchdog()
            self.due_at = now + self._seconds / 2


class Endings:
    """Holds and ignored services come to their end by the date, for they outlive a restart; yet
    who sets the date of a running node neither ends them nor keeps them on."""

    def __init__(self, memory: NodeMemory) -> None:
        self._memory = memory
        self.due_at = clock.now()
        self._ahead = clock.wall() - clock.now()
        """How far the date is ahead of our own clock."""

    def look_again(self) -> None:
        """What is remembered has changed."""
        self.due_at = clock.now()

    def tend(self, now: float) -> list[Event]:
        """What has ended by now."""
        self.follow_date()
        if now < self.due_at:
            return []
        wall = clock.wall()
        ended = self._memory.expire(wall)
        events: list[Event] = []
        if ended.is_hold:
            events.append(HoldChanged(False, "its end"))
            journal.say(Severity.INFO, "hold", "has ended, this node may take over again")
        for service in ended.services:
            events.append(IgnoreChanged(service, False))
            journal.say(Severity.INFO, service, "its failures count again")
        next_end = self._memory.next_end()
        left = NEVER if next_end is None else max(0.0, next_end - wall)
        self.due_at = now + min(left, DATE_SECONDS)
        return events

    def follow_date(self) -> None:
        """What is remembered by the old date is remembered by the new one."""
        ahead = clock.wall() - clock.now()
        if abs(ahead - self._ahead) >= DATE_STEP_SECONDS:
            self._memory.put_off(ahead - self._ahead)
            self._ahead = ahead


class ForcedTakeover:
    """--forceactive: each group is asked for as soon as its fos is armed; a partner that serves
    has had the time for a heartbeat by then."""

    def __init__(self, groups: Iterable[str], keepalive_seconds: float) -> None:
        self._groups = set(groups)
        self._heard_by = clock.now() + FORCE_KEEPALIVES * keepalive_seconds
        self.due_at = clock.now() if self._groups else NEVER

    def tend(self, now: float, state: NodeState, keeper: FosKeeper) -> list[Event]:
        """What is asked for now."""
        if now < self.due_at:
            return []
        events: list[Event] = []
        for group in state.groups:
            seat = keeper.seat(group.name, FosMode.ACTIVE)
            is_time = group.role is Role.STANDBY or now >= self._heard_by
            if group.name not in self._groups:
                continue
            if not group.role.is_inactive:
                self._groups.discard(group.name)
            elif seat is not None and seat.said.is_armed and is_time:
                self._groups.discard(group.name)
                events.append(SwitchAsked(group.name, "--forceactive", is_forced=True))
        self.due_at = now + FORCE_LOOK_SECONDS if self._groups else NEVER
        return events
