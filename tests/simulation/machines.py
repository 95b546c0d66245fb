"""The two machines of the fake world: what is on them, and the rules they follow."""

from collections.abc import Callable
from dataclasses import dataclass, field

from piranha.config.settings import Unreleased
from piranha.decisions.events import (
    Event,
)
from piranha.decisions.node_state import NodeState
from piranha.decisions.rules import GroupRules, NodeRules
from piranha.terms import Side

GROUP = "default"
TAG = 7
SERVICE = "web"
PARTNERS_MAC = "02:00:00:00:00:01"
KERNEL_OVERRUN = 1.46
FENCE_DELAY = 3.0
LOCAL_DELAY = 0.0005


@dataclass(frozen=True)
class Timing:
    keepalive: float
    deadtime: float
    start: float = 0.3
    stop: float = 0.2
    probe: float = 0.5


def rules_for(side: Side, timing: Timing) -> NodeRules:
    group = GroupRules(
        name=GROUP,
        is_preferred=side is Side.PRIMARY,
        service_tags={TAG: SERVICE},
        start_seconds=2.0,
        release_timeout_seconds=1.0 + timing.deadtime,
    )
    return NodeRules(
        side=side,
        cluster="sim",
        serial_no=1,
        digests={},
        keepalive_seconds=timing.keepalive,
        deadtime_seconds=timing.deadtime,
        startup_wait_seconds=timing.deadtime,
        reentry_seconds=60.0,
        paths=1,
        partner_name=str(side.other),
        unreleased=Unreleased.TAKE,
        vip_answers_wait=True,
        vip_foreign_wait=False,
        isolation_drops=False,
        has_witness=False,
        failback=False,
        groups=(group,),
        fence_delay_seconds=FENCE_DELAY,
    )


@dataclass
class Fos:
    """`fos --active` as the core sees it: takes, starts, stops, drops, and looks at its clock."""

    epoch: int = 0
    until: float = 0.0
    last_ended: int = 0
    is_armed: bool = False
    is_partner_silent: bool = False
    is_frozen: bool = False
    inbox: list[Callable[[], None]] = field(default_factory=list)
    run: int = 0
    """Numbers this process: what an earlier one scheduled means nothing to a later one."""
    is_releasing: bool = False


@dataclass
class Machine:
    side: Side
    rules: NodeRules
    state: NodeState | None = None
    is_on: bool = True
    is_frozen: bool = False
    inbox: list[Event] = field(default_factory=list)
    pulse_run: int = 0
    fos: Fos | None = None
    fos_runs: int = 0
    vip_until: float | None = None
    """When the kernel drops the VIP; None: it has none."""
    service_runs: bool = False
    service_is_broken: bool = False
    service_is_orphaned: bool = False
    """Started by a suite that was killed whole, at once or one after the other; only fencing ends
    such a service."""
    monitors: bool = False
    remembered: int = 0

    def has_vip(self, now: float) -> bool:
        return self.is_on and self.vip_until is not None and now < self.vip_until
