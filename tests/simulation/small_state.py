"""What the small world is made of, how it is copied, and what must always hold in it."""

from typing import NamedTuple, Self

from piranha.config.timing import lease_seconds
from piranha.decisions.events import (
    Event,
)
from piranha.decisions.node_state import NodeState
from piranha.terms import Role, Side
from piranha.wire.heartbeat import Heartbeat
from tests.simulation.machines import Timing, rules_for
from tests.simulation.stage import ClaimBroken

TIMING = Timing(2.0, 5.0)
SIDES = (Side.PRIMARY, Side.BACKUP)
RULES = tuple(rules_for(side, TIMING) for side in SIDES)
EPOCH = 1_000_000.0
"""When the world begins: no duration is ever this long, so an instant is known as one."""
LATENCY = 0.001
START, STOP, ARM = 0.3, 0.2, 0.05
PROBE = 0.65
NEVER = float("inf")
LEASE = lease_seconds(TIMING.keepalive, TIMING.deadtime)
GRACE = 1.0 + TIMING.keepalive + 0.5 * TIMING.deadtime + 2.0
"""How long after a separation two owners are still excused, until the loser has let go."""

RUNNING, PULSE_FROZEN, ALL_FROZEN = 0, 1, 2


class Fos(NamedTuple):
    """`fos --active`: `due` is when what it does now is done."""

    epoch: int = 0
    until: float = 0.0
    last_ended: int = 0
    is_armed: bool = False
    is_partner_silent: bool = False
    is_releasing: bool = False
    is_dropped: bool = False
    due: float = NEVER


class Message(NamedTuple):
    """A heartbeat under way."""

    due: float
    to: int
    beat: Heartbeat


class Question(NamedTuple):
    """The segment was asked who answers for the VIP."""

    due: float
    side: int
    boots: int
    asked_at: float
    is_held_there: bool


NOTHING, LOSE, DELAY, REPEAT = "", "lose", "delay", "repeat"


class SmallState:
    """Lists have one place for each side: 0 is the primary, 1 the backup."""

    __slots__ = (
        "allowed", "asked", "boots", "broken", "cables", "cut", "excused_until", "faults",
        "flight", "fos", "frozen", "held", "inbox", "mail", "monitor_at", "next_beat", "now",
        "on", "orphan", "probe_at", "remembered", "runs", "separate_since", "sequences", "server",
        "states", "steps", "takeovers", "told", "vip", "wake",
    )  # fmt: skip

    def __init__(self) -> None:
        self.now = EPOCH
        self.states: list[NodeState | None] = [None, None]
        self.wake = [NEVER, NEVER]
        self.boots = [0, 0]
        self.on = [False, False]
        self.frozen = [RUNNING, RUNNING]
        self.inbox: list[tuple[Event, ...]] = [(), ()]
        self.fos: list[Fos | None] = [None, None]
        self.vip = [0.0, 0.0]
        self.runs = [False, False]
        self.broken = [False, False]
        self.orphan = [False, False]
        self.probe_at = [NEVER, NEVER]
        self.told: list[bool | None] = [None, None]
        self.monitor_at = [NEVER, NEVER]
        self.held = [False, False]
        self.remembered = [0, 0]
        self.sequences = [0, 0]
        self.cut = [False, False]
        self.cables = [True, True]
        self.next_beat = [NOTHING, NOTHING]
        """What happens to the next heartbeat that this side sends."""
        self.flight: tuple[Message, ...] = ()
        self.asked: tuple[Question, ...] = ()
        self.mail: tuple[tuple[int, Event], ...] = ()
        self.separate_since = NEVER
        self.excused_until = 0.0
        self.server = -1
        """Who serves as long as no fault explains a takeover; -1: nobody yet."""
        self.faults = 0
        self.allowed = 99
        """How many more takeovers the faults so far explain."""
        self.takeovers = 0
        self.steps = 0

    def copy(self) -> Self:
        """A world of its own: what happens in it does not happen here."""
        new = self.__class__.__new__(self.__class__)
        for name in _SHARED:
            setattr(new, name, getattr(self, name))
        for name in _LISTS:
            setattr(new, name, getattr(self, name).copy())
        return new

    # Claims

    def has_vip(self, side: int) -> bool:
        return self.now < self.vip[side] and self.on[side]

    def role(self, side: int) -> Role | None:
        state = self.states[side]
        return None if state is None else state.groups[0].role

    def is_excused(self) -> bool:
        """Both directions were cut at once for longer than D/4, until shortly after."""
        lasted = self.now - self.separate_since
        return lasted > TIMING.deadtime / 4 or self.now < self.excused_until

    def check_owners(self) -> None:
        """Claims `single` and `blink`."""
        if self.allowed == 0 and self.server >= 0 and not self.has_vip(self.server):
            raise ClaimBroken("blink: the VIP has left a healthy node, and no fault explains it")
        if self.has_vip(0) and self.has_vip(1) and not self.is_excused():
            raise ClaimBroken("single: both nodes own the VIP")

    def _check_order(self, side: int) -> None:
        other = 1 - side
        if self.has_vip(other):
            raise ClaimBroken("order: it starts while the other still has the VIP")
        if self.runs[other] and not self.orphan[other] and self.on[other]:
            raise ClaimBroken("order: it starts while the other's service runs")


_LISTS = tuple(
    name for name in SmallState.__slots__ if isinstance(getattr(SmallState(), name), list)
)
_SHARED = tuple(name for name in SmallState.__slots__ if name not in _LISTS)
