"""How a group stands in the fos that serves it: what the machine of service_group.py remembers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf

from piranha.config.settings import Group, IPAddress, Service, Settings, Vip
from piranha.config.timing import has_kernel_lease, lease_seconds
from piranha.decisions.fos_effects import FosEffect, RunCommand
from piranha.decisions.fos_events import Command
from piranha.decisions.service_watch import ServiceWatch
from piranha.values import replace
from piranha.wire.order_line import Permit
from piranha.wire.report_line import ServiceState


class Phase(StrEnum):
    """Where the group is in one serving period."""

    ARMED = "armed"
    """Nothing is held; waiting for a permission."""
    STARTING = "starting"
    """The VIPs are held, services are being started in file order."""
    SERVING = "active"
    """Every service has been started."""
    STOPPING = "stopping"
    """Asked to release: services are stopped in reverse order, the VIPs are still held."""
    CLEARING = "clearing"
    """The VIPs are on their way out or gone; services may still be being stopped."""

    @property
    def is_holding(self) -> bool:
        return self in (Phase.STARTING, Phase.SERVING, Phase.STOPPING)

    @property
    def is_going_down(self) -> bool:
        return self in (Phase.STOPPING, Phase.CLEARING)


@dataclass(frozen=True, slots=True)
class FosRules:
    """What the machine needs to know of the configuration."""

    group: Group
    has_kernel_lease: bool
    report_seconds: float
    """At least this often pulse hears that the VIPs are held: an eighth of the lease."""
    announce_interval_seconds: float
    calm_seconds: float
    """A service that has stood this long has its local restarts back (`reentry`)."""
    witnesses: tuple[IPAddress, ...] = ()
    """They are told of a takeover that is not believed."""


def fos_rules(settings: Settings, group: str) -> FosRules:
    """The rules for one group. Raises KeyError when the file does not name it."""
    keepalive, deadtime = settings.keepalive_seconds, settings.deadtime_seconds
    return FosRules(
        settings.group(group),
        has_kernel_lease(keepalive, deadtime),
        lease_seconds(keepalive, deadtime) / 8,
        settings.announce_interval_seconds,
        settings.reentry_seconds,
        settings.witness,
    )


@dataclass(frozen=True, slots=True)
class ServiceLife:
    """One service of the group in this serving period."""

    service: Service
    state: ServiceState = ServiceState.STOPPED
    since: float = 0.0
    todo: tuple[Command, ...] = ()
    """The commands that are still to be run, in order."""
    todo_at: float = 0.0
    """Not before this instant: the pause between restarts; 0.0: at its turn."""
    stop_as: Service | None = None
    """How it was defined when it was started, where the file says otherwise now."""
    adopt_until: float | None = None
    """Found by a new fos: its first answer before this instant leaves it as it is."""
    awaits_answer: bool = False
    """It was started, and has neither answered since nor is its first wait over."""
    is_failed: bool = False
    """pulse has been told that it fails."""
    stands_since: float = inf
    """Since when it answers without a break; inf: it does not."""
    restarts: int = 0
    """Local restarts used up since it last stood for long."""
    is_leaving: bool = False
    """The file does not name it any more: it is forgotten once it is stopped."""
    watch: ServiceWatch | None = None

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def wake_at(self) -> float:
        """When time alone changes something for it."""
        instant = inf if self.watch is None else self.watch.wake_at
        if self.adopt_until is not None and self.adopt_until < instant:
            instant = self.adopt_until
        if self.todo_at and self.todo and self.todo_at < instant:
            instant = self.todo_at
        return instant


@dataclass(frozen=True, slots=True)
class Running:
    """The one command that runs."""

    service: str
    command: Command
    since: float
    deadline: float
    is_killed: bool = False
    reason: str = ""
    """Why it was killed."""

    def is_for(self, service: str, command: Command) -> bool:
        return self.service == service and self.command is command


@dataclass(frozen=True, slots=True)
class Standing:
    """The whole memory of the machine. Instants are seconds of CLOCK_BOOTTIME."""

    phase: Phase = Phase.ARMED
    since: float = 0.0
    complaints: tuple[str, ...] | None = None
    """Why the group cannot be armed; None: not looked at yet."""
    epoch: int = 0
    last_epoch_ended: int = 0
    until: Mapping[str, float] = field(default_factory=dict)
    """The permission: an instant for each grantor; the earliest counts."""
    is_adoption: bool = False
    is_partner_silent: bool = False
    """What the newest permission said of the partner, for a later pulse."""
    pending: Permit | None = None
    """A permission for a later epoch that came while this one was being released."""
    reason: str = ""
    """Why the period ends."""
    is_ending: bool = False
    """fos was asked to end."""
    alone_since: float | None = None
    """Since when no pulse is connected; None: one is, or none is wanted."""
    lives: dict[str, ServiceLife] = field(default_factory=dict)
    """In file order; a step makes a new one."""
    lives_wake_at: float = inf
    """Not later than the first instant at which time alone changes something for a service."""
    running: Running | None = None
    vips: tuple[Vip, ...] = ()
    """What we have in the kernel, or are removing from it."""
    is_file_new: bool = False
    """The file has changed, and the VIPs do not yet follow it to the end."""
    expiry: float | None = None
    """When the kernel ends the VIPs by itself; None: some are not there."""
    lease_at: float = inf
    """When the lifetime is planned again."""
    permitted_at: float = 0.0
    taken_at: float | None = None
    missing: tuple[Vip, ...] = ()
    """VIPs that somebody removed and that are to be announced when they are back."""
    restored_at: float = -inf
    refusals: int = 0
    """How often in a row the kernel did not take the VIPs."""
    announcing_since: float = 0.0
    """When the newest series of announcements began."""
    announced: int = 0
    """How many announcements of it were repeated since."""
    announce_at: float = inf
    held_told_at: float = -inf
    defended_at: float = -inf
    """When another machine that says it has a VIP was contradicted last."""
    foreign: frozenset[tuple[str, str]] = frozenset()
    """VIP and MAC of every answer already told in this period."""
    are_vips_gone: bool = False
    look_at: float = inf
    """When the kernel is asked again for VIPs that did not go."""

    @property
    def permitted_until(self) -> float:
        """The permission's end; 0.0 without one."""
        return min(self.until.values(), default=0.0)


class Turn:
    """One step in the making: the standing so far and the effects in their order.

    What the step changes of the services is collected here, and enters the standing when the turn
    is `finished`: a start of 200 services is 400 steps.
    """

    def __init__(self, rules: FosRules, standing: Standing, now: float) -> None:
        self.rules = rules
        self.standing = standing
        """Without what the turn has changed of `lives`, `lives_wake_at` and `running`."""
        self.now = now
        self.effects: list[FosEffect] = []
        self.lives = standing.lives
        self.lives_wake_at = standing.lives_wake_at
        self.running = standing.running

    def finished(self) -> Standing:
        """The standing after the step."""
        return replace(
            self.standing,
            lives=self.lives,
            lives_wake_at=self.lives_wake_at,
            running=self.running,
        )

    def emit(self, *effects: FosEffect) -> None:
        self.effects.extend(effects)

    def run_commands_first(self) -> None:
        """Let the next command run while we tell how the one before it ended."""
        self.effects.sort(key=lambda effect: not isinstance(effect, RunCommand))

    def change(self, **changes: object) -> None:
        self.standing = replace(self.standing, **changes)

    def put(self, life: ServiceLife) -> None:
        if self.lives is self.standing.lives:
            self.lives = dict(self.lives)
        self.lives[life.name] = life
        self.lives_wake_at = min(self.lives_wake_at, life.wake_at)

    def forget(self, name: str) -> None:
        self.lives = {other: life for other, life in self.lives.items() if other != name}

    def begin_anew(self, lives: dict[str, ServiceLife]) -> None:
        """These are the services from now on, none of them waited for."""
        self.lives = lives
        self.lives_wake_at = inf
