"""Pure: what an episode of chaos does to a pair, drawn from a seed.

That is: the times of the file, and the troubles with their places, beginnings and lengths.
"""

import random
from dataclasses import dataclass
from enum import StrEnum

EVERYTHING = "everything"
ACTIVE, STANDBY, BOTH = "active", "standby", "both"
QUIET_SECONDS = 0.5
"""From the beginning of an episode to its first trouble."""
QUICK_RESTART = 0.3
"""As systemd starts pulse again: well within every lease that is drawn here."""
TROUBLES = (1, 2, 2, 3, 3, 4)


class Kind(StrEnum):
    """What can be done to a node, or to what lies between the nodes."""

    PULL = "cable pulled"
    SILENCE = "cable cut, carrier kept"
    MUTE = "nothing from it arrives"
    DEAF = "nothing to it arrives"
    LOSS = "30 % of its frames lost"
    BLOCK = "heartbeats blocked"
    KILL = "SIGKILL"
    STOP = "SIGSTOP"
    END = "SIGTERM of pulse"
    SERVICE = "service killed"
    RELOAD = "reload of a changed file"
    BAD_RELOAD = "reload of a bad file"
    SWITCH = "switch asked"
    LOAD = "both cores and the disk saturated"


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of the pair's file, in seconds."""

    keepalive: float
    deadtime: float


TIMINGS = (Timing(0.2, 3.0), Timing(0.1, 1.0), Timing(0.5, 3.5))
"""The first and the last have a kernel lease."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong, or that somebody does."""

    kind: Kind
    where: str
    """ACTIVE and STANDBY are who they are when it begins."""
    begins: float
    """Seconds after the beginning of the episode."""
    lasts: float
    """Until it is mended; for a killed or ended pulse until it is started again."""
    program: str = ""
    """Of a signal."""

    def __str__(self) -> str:
        program = f" of {self.program}" if self.program else ""
        return f"{self.begins:.2f} s: {self.kind}{program}, {self.where}, for {self.lasts:.2f} s"

    @property
    def is_two_edged(self) -> bool:
        """Whether even on the standby it may cost a move: a node that hears nothing, of a cable
        that looks whole, cannot know which of the two is cut off."""
        return self.kind in (Kind.SILENCE, Kind.MUTE, Kind.DEAF)

    @property
    def moves(self) -> int:
        """How often the service may move because of it."""
        harmless = {Kind.LOSS, Kind.BLOCK, Kind.RELOAD, Kind.BAD_RELOAD, Kind.LOAD}
        if self.kind in harmless or (self.where == STANDBY and not self.is_two_edged):
            return 0
        if self.kind in (Kind.KILL, Kind.STOP) and self.program in ("nanny", "fos --monitor"):
            return 0
        if self.kind is Kind.KILL and self.program == "fos --active":
            return 0
        is_quick = self.lasts <= QUICK_RESTART
        return 0 if self.kind is Kind.KILL and self.program == "pulse" and is_quick else 1


@dataclass(frozen=True, slots=True)
class Plan:
    """One episode."""

    seed: int
    timing: Timing
    troubles: tuple[Trouble, ...]

    @property
    def ends(self) -> float:
        """Seconds after the beginning at which nothing is wrong any longer."""
        return max(t.begins + t.lasts for t in self.troubles)

    def __str__(self) -> str:
        times = f"keepalive {self.timing.keepalive:g} s, deadtime {self.timing.deadtime:g} s"
        return "; ".join([f"seed {self.seed}, {times}", *map(str, self.troubles)])


def plan(seed: int) -> Plan:
    """The same seed gives the same plan."""
    drawn = random.Random(seed)
    timing = TIMINGS[seed % len(TIMINGS)]
    count = drawn.choice(TROUBLES)
    troubles: list[Trouble] = []
    while len(troubles) < count:
        trouble = _draw(drawn, timing)
        if not any(_exclude(trouble, other) for other in troubles):
            troubles.append(trouble)
    return Plan(seed, timing, tuple(sorted(troubles, key=lambda t: t.begins)))


def _exclude(one: Trouble, other: Trouble) -> bool:
    """Two of a kind say little more than one; and two that signal the same process, or need the
    administrator of both nodes, cannot be told apart afterwards."""
    signals = {Kind.KILL, Kind.STOP, Kind.END}
    asks = {Kind.SERVICE, Kind.SWITCH}
    pair = {one.kind, other.kind}
    return len(pair) == 1 or pair <= signals or pair <= asks


def _draw(drawn: random.Random, timing: Timing) -> Trouble:
    kind = drawn.choice(list(Kind))
    begins = QUIET_SECONDS + drawn.uniform(0.0, 1.2) * timing.deadtime
    lasts = drawn.choice((drawn.uniform(0.1, 0.4), drawn.uniform(0.4, 2.2))) * timing.deadtime
    where = drawn.choice((ACTIVE, ACTIVE, STANDBY))
    program = ""
    match kind:
        case Kind.KILL:
            program = drawn.choice(("pulse", "fos --active", "fos --monitor", "nanny", EVERYTHING))
            where = _home(program, where)
            lasts = drawn.choice((QUICK_RESTART, lasts)) if program == "pulse" else lasts
            if program not in ("pulse", EVERYTHING):
                lasts = 0.0
        case Kind.STOP:
            program = drawn.choice(("pulse", "fos --active", "fos --monitor", "nanny", EVERYTHING))
            where = _home(program, where)
        case Kind.BLOCK | Kind.RELOAD | Kind.BAD_RELOAD | Kind.LOAD:
            where = BOTH
            lasts = lasts if kind in (Kind.BLOCK, Kind.LOAD) else 0.0
        case Kind.SERVICE | Kind.SWITCH:
            where, lasts = ACTIVE, 0.0
        case Kind.END:
            lasts = QUICK_RESTART + lasts
    return Trouble(kind, where, begins, lasts, program)


def _home(program: str, where: str) -> str:
    """The monitor runs on the standby alone."""
    return STANDBY if program == "fos --monitor" else where
