"""What can go wrong, be mended or be asked for in the small world: the alphabet of the search.

Every happening names its side. A fault or a wish uses up one of the few that a path may have; its
end is free. Each says how many takeovers it explains: a fault of a standby, and a single lost, late
or repeated heartbeat, explain none. A second fault explains one wherever it strikes: a standby that
comes back and dies at once makes its partner count the quiet anew, and that may take too long.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from piranha.decisions.events import ClearAsked, Event, SwitchAsked
from piranha.terms import Role
from tests.simulation.machines import GROUP
from tests.simulation.small_state import (
    ALL_FROZEN,
    DELAY,
    LOSE,
    NOTHING,
    PULSE_FROZEN,
    REPEAT,
    RUNNING,
)
from tests.simulation.small_world import SmallWorld

SHORT, LONG = 0.15, 1.3
"""`next` goes to the next instant at which something is due, if that is near; `pass` lets 1.3 s
pass, a little more than a quarter of the deadtime."""

Act = Callable[[SmallWorld, int], None]


@dataclass(frozen=True, slots=True)
class Happening:
    name: str
    side: int
    act: Act
    is_fault: bool = False
    explains: int = 0
    """Takeovers, if the side serves or the other does not."""
    always_explains: bool = False
    """Also where the other side serves."""

    def __str__(self) -> str:
        return f"{self.name} {'AB'[self.side]}" if self.side >= 0 else self.name

    def happen_in(self, world: SmallWorld) -> SmallWorld:
        """A copy of the world in which it has happened. Raises ClaimBroken."""
        new = world.copy()
        if self.is_fault:
            new.faults += 1
            is_only_standby = (
                new.faults == 1
                and new.role(1 - self.side) is Role.ACTIVE
                and new.role(self.side) is not Role.LISTENING
            )
            if self.always_explains or not is_only_standby:
                new.allowed += self.explains
        self.act(new, self.side)
        new.settle()
        return new


def _next(world: SmallWorld, _side: int) -> None:
    world.now = max(world.now, world.due())
    world.happen()


def _pass(world: SmallWorld, _side: int) -> None:
    world.pass_until(world.now + LONG)


def _tell(world: SmallWorld, side: int, event: Event) -> None:
    world.deliver(side, event)
    world.settle()


def _switch(world: SmallWorld, side: int) -> None:
    """Onto a node where the service is broken it goes, and comes back."""
    world.allowed += any(world.broken)
    _tell(world, side, SwitchAsked(GROUP, "root"))


def _clear(world: SmallWorld, side: int) -> None:
    """A node whose service is broken is called fit: it may be tried, once more."""
    world.allowed += 2 * world.broken[side]
    _tell(world, side, ClearAsked(GROUP))


def _freeze(how: int) -> Act:
    def act(world: SmallWorld, side: int) -> None:
        world.frozen[side] = how

    return act


def _spoil(how: str) -> Act:
    def act(world: SmallWorld, side: int) -> None:
        world.next_beat[side] = how

    return act


def _both(name: str, act: Act, *, explains: int = -1, always: bool = False) -> list[Happening]:
    is_fault = explains >= 0
    return [Happening(name, side, act, is_fault, max(0, explains), always) for side in (0, 1)]


NEXT, PASS = Happening("next", -1, _next), Happening("pass", -1, _pass)
LOSE_NEXT = _both("lose the next heartbeat of", _spoil(LOSE), explains=0)
DELAY_NEXT = _both("delay the next heartbeat of", _spoil(DELAY), explains=0)
REPEAT_NEXT = _both("repeat the next heartbeat of", _spoil(REPEAT), explains=0)
CUT = _both("cut what is sent by", lambda w, s: w.set_cut(s, True), explains=1, always=True)
HEAL = _both("heal what is sent by", lambda w, s: w.set_cut(s, False))
UNPLUG = _both("unplug", lambda w, s: w.set_cable(s, False), explains=1)
PLUG = _both("plug in", lambda w, s: w.set_cable(s, True))
CRASH = _both("crash", SmallWorld.power_off, explains=1)
BOOT = _both("start", SmallWorld.boot)
KILL_PULSE = _both("kill pulse of", SmallWorld.kill_pulse, explains=1)
KILL_FOS = _both("kill fos of", SmallWorld.kill_fos, explains=1)
KILL_ALL = _both("kill all of", SmallWorld.kill_all, explains=1)
FREEZE = _both("freeze", _freeze(ALL_FROZEN), explains=1)
FREEZE_PULSE = _both("freeze pulse of", _freeze(PULSE_FROZEN), explains=1)
THAW = _both("thaw", SmallWorld.thaw)
BREAK = _both("break the service of", lambda w, s: w.set_broken(s, True), explains=1, always=True)
MEND = _both("mend the service of", lambda w, s: w.set_broken(s, False))
SWITCH = _both("ask for a switch on", _switch, explains=1, always=True)
HOLD = _both("hold", SmallWorld.hold, explains=1)
RESUME = _both("resume", SmallWorld.resume)
CLEAR = _both("clear", _clear)
ALPHABET = {
    str(happening): happening
    for happening in (
        NEXT, PASS, *LOSE_NEXT, *DELAY_NEXT, *REPEAT_NEXT, *CUT, *HEAL, *UNPLUG, *PLUG, *CRASH,
        *BOOT, *KILL_PULSE, *KILL_FOS, *KILL_ALL, *FREEZE, *FREEZE_PULSE, *THAW, *BREAK, *MEND,
        *SWITCH, *HOLD, *RESUME, *CLEAR,
    )
}  # fmt: skip


def possible(world: SmallWorld, most_faults: int, *, is_fine: bool) -> Iterator[Happening]:
    """Everything that can happen now, the passing of time first; `is_fine`: also between two
    things that happen at nearly the same time."""
    if is_fine and world.due() <= world.now + SHORT:
        yield NEXT
    yield PASS
    may_fail = world.faults < most_faults
    for side in (0, 1):
        yield from _ends(world, side)
        if may_fail:
            yield from _faults(world, side)


def _ends(world: SmallWorld, side: int) -> Iterator[Happening]:
    state = world.states[side]
    if world.cut[side]:
        yield HEAL[side]
    if not world.cables[side]:
        yield PLUG[side]
    if world.broken[side]:
        yield MEND[side]
    if world.frozen[side] != RUNNING:
        yield THAW[side]
    elif state is None:
        yield BOOT[side]
    if world.held[side] and state is not None and world.frozen[side] == RUNNING:
        yield RESUME[side]
    if state is not None and state.groups[0].unfit and world.frozen[side] == RUNNING:
        yield CLEAR[side]


def _faults(world: SmallWorld, side: int) -> Iterator[Happening]:
    if world.on[side]:
        yield CRASH[side]
        if world.fos[side] is not None:
            yield KILL_ALL[side]
    if not world.cut[side]:
        yield CUT[side]
    if world.cables[side]:
        yield UNPLUG[side]
    if not world.broken[side]:
        yield BREAK[side]
    if world.states[side] is None or world.frozen[side] != RUNNING:
        return
    if world.next_beat[side] == NOTHING and world.cables[side] and not world.cut[side]:
        yield from (LOSE_NEXT[side], DELAY_NEXT[side], REPEAT_NEXT[side])
    if world.fos[side] is not None:
        yield KILL_FOS[side]
    yield from (KILL_PULSE[side], FREEZE[side], FREEZE_PULSE[side], SWITCH[side])
    if not world.held[side]:
        yield HOLD[side]
