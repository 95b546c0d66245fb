"""Two real decision cores in a fake world: a network, kernels with leases, fos, services, faults.

Everything happens in simulated time and follows from one seed. The world knows nothing of the
rules; it carries out effects as the real shell does, and it watches the claims.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from piranha.config.timing import has_kernel_lease
from piranha.decisions import node
from piranha.decisions.effects import (
    AskVips,
    Effect,
    Finished,
    Moved,
    OrderFos,
    Remember,
    RunMonitor,
    Say,
    SendHeartbeat,
)
from piranha.decisions.events import (
    CarrierChanged,
    Event,
    FosFound,
    FosLost,
    FosReported,
    HeartbeatHeard,
    TimePassed,
    VipAnswer,
    VipsAsked,
)
from piranha.decisions.rules import GroupRules, NodeRules
from piranha.terms import Role, Side
from piranha.wire.order_line import Permit, Release, Repair
from piranha.wire.report_line import (
    Armed,
    Dropped,
    FosMode,
    Hello,
    Released,
    Report,
    ServiceMoved,
    ServiceState,
    ServiceVerdict,
    Serving,
)

GROUP = "default"
TAG = 7
SERVICE = "web"
KERNEL_OVERRUN = 1.46
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
        unreleased_takes=True,
        vip_answers_wait=True,
        vip_foreign_wait=False,
        isolation_drops=False,
        has_witness=False,
        failback=False,
        groups=(group,),
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
    state: node.NodeState | None = None
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
    """Started by a suite that was killed whole; only fencing ends such a service."""
    monitors: bool = False
    remembered: int = 0

    def has_vip(self, now: float) -> bool:
        return self.is_on and self.vip_until is not None and now < self.vip_until


class ClaimBroken(AssertionError):
    """One of the claims that must always hold does not."""


class World:
    def __init__(self, seed: int, timing: Timing) -> None:
        self.random = random.Random(seed)
        self.timing = timing
        self.now = 1000.0
        self.queue: list[tuple[float, int, Callable[[], None]]] = []
        self.counter = 0
        self.steps = 0
        self.machines = {side: Machine(side, rules_for(side, timing)) for side in Side}
        self.cut: dict[Side, bool] = dict.fromkeys(Side, False)
        """cut[side]: what `side` sends is lost."""
        self.carrier: dict[Side, bool] = dict.fromkeys(Side, True)
        self.cuts_heartbeats_only = False
        self.loss = 0.0
        self.log: list[str] = []
        self.moves: list[tuple[float, Side, Moved]] = []
        self.said: list[tuple[float, Side, Say]] = []
        self.orders: list[tuple[float, Side, object]] = []
        self.finished: list[Side] = []
        self.foreign_mac = ""
        """Somebody else's MAC that answers for the VIP."""
        self.cut_both_since: float | None = None
        self.excused_until = 0.0
        self.kernel_lease = has_kernel_lease(timing.keepalive, timing.deadtime)
        self.both_since: float | None = None
        self.longest_overlap = 0.0

    # Time

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        self.counter += 1
        heapq.heappush(self.queue, (self.now + seconds, self.counter, call))

    def run_until(self, instant: float, most_steps: int = 1_000_000) -> None:
        while self.queue and self.queue[0][0] <= instant and self.steps < most_steps:
            self.now, _, call = heapq.heappop(self.queue)
            call()
            self.check_single()
        if self.steps < most_steps:
            self.now = max(self.now, instant)
            self.check_single()

    def note(self, text: str) -> None:
        self.log.append(f"{self.now - 1000:9.4f} {text}")

    # pulse

    def boot(self, side: Side) -> None:
        """Power on, or start pulse again: what is found of fos is found first."""
        machine = self.machines[side]
        machine.is_on = True
        machine.is_frozen = False
        machine.inbox = []
        machine.pulse_run += 1
        machine.monitors = False
        incarnation = self.random.getrandbits(64) | 1
        machine.state = node.start(
            machine.rules, incarnation, {GROUP: machine.remembered}, False, self.now
        )
        self.note(f"{side} pulse starts")
        if not self.carrier[side]:
            self.deliver(side, CarrierChanged(GROUP, False, "eth0"))
        fos = machine.fos
        if fos is not None:
            if fos.epoch == 0:
                machine.vip_until = None
            if fos.is_frozen:
                self.kill_fos(side, is_quiet=True)
                machine.vip_until = None
                self.start_fos(side)
            else:
                self.deliver(side, FosFound(GROUP, FosMode.ACTIVE, self.hello(machine, fos)))
                self.deliver(side, FosReported(GROUP, FosMode.ACTIVE, Armed()))
        else:
            machine.vip_until = None
            self.start_fos(side)
        self.deliver(side, TimePassed())
        self.schedule_wake(side)

    def hello(self, machine: Machine, fos: Fos) -> Hello:
        state = ServiceState.JUDGED if machine.service_runs else ServiceState.STOPPED
        return Hello(
            1, FosMode.ACTIVE, GROUP, fos.run, fos.epoch, fos.until, fos.last_ended,
            {SERVICE: str(state)}, fos.is_partner_silent,
        )  # fmt: skip

    def schedule_wake(self, side: Side) -> None:
        machine = self.machines[side]
        if machine.state is None:
            return
        run = machine.pulse_run
        wake = node.wake_at(machine.rules, machine.state, self.now)
        delay = max(0.0, wake - self.now) + self.random.uniform(0.0, 0.002)

        def wake_up() -> None:
            if machine.pulse_run == run and machine.state is not None:
                if not machine.is_frozen:
                    self.deliver(side, TimePassed())
                self.schedule_wake(side)

        self.after(max(delay, 0.0005), wake_up)

    def deliver(self, side: Side, event: Event) -> None:
        """An event for pulse; a frozen one finds it in its queue."""
        machine = self.machines[side]
        if machine.state is None or not machine.is_on:
            return
        if machine.is_frozen:
            if not isinstance(event, TimePassed):
                machine.inbox.append(event)
            return
        self.steps += 1
        before = machine.state.group(GROUP).role
        decision = node.step(machine.rules, machine.state, event, self.now)
        machine.state = decision.state
        after = decision.state.group(GROUP).role
        self.check_reason(before, after, decision.effects)
        for effect in decision.effects:
            self.carry_out(side, effect)

    def carry_out(self, side: Side, effect: Effect) -> None:
        machine = self.machines[side]
        assert machine.state is not None
        match effect:
            case SendHeartbeat():
                machine.state, beat = node.compose(
                    machine.rules, machine.state, self.now, is_answer=effect.is_answer
                )
                self.send(side, beat)
            case OrderFos(mode=FosMode.ACTIVE):
                self.order(side, effect)
            case RunMonitor():
                machine.monitors = effect.is_wanted
            case AskVips():
                self.ask(side, effect)
            case Remember():
                machine.remembered = effect.epoch
            case Moved():
                self.moves.append((self.now, side, effect))
                self.note(f"{side} {effect.old} -> {effect.new}: {effect.fact}: {effect.reason}")
                if effect.fact == "claim answered":
                    self.check_order(side)
            case Say():
                self.said.append((self.now, side, effect))
            case Finished():
                self.finished.append(side)
                self.kill_pulse(side)
            case _:
                pass

    # The network

    def send(self, side: Side, beat: object) -> None:
        if self.cut[side] or not self.carrier[side]:
            return
        copies = 2 if self.random.random() < 0.01 else 1
        for _ in range(copies):
            if self.random.random() < self.loss:
                continue
            delay = self.random.uniform(0.0001, 0.002)
            if self.random.random() < 0.02:
                delay = self.random.uniform(0.0, 0.5 * self.timing.deadtime)
            self.after(delay, lambda: self.arrive(side.other, beat))

    def arrive(self, side: Side, beat: object) -> None:
        if self.carrier[side]:
            self.deliver(side, HeartbeatHeard(0, beat, self.now))  # type: ignore[arg-type]

    def ask(self, side: Side, effect: AskVips) -> None:
        asked_at, run = self.now, self.machines[side].pulse_run
        partner = self.machines[side.other]

        def is_reachable() -> bool:
            is_cut = any(self.cut.values()) and not self.cuts_heartbeats_only
            return not is_cut and all(self.carrier.values())

        heard = is_reachable() and partner.has_vip(self.now)

        def answer() -> None:
            if self.machines[side].pulse_run != run:
                return
            answers = (VipAnswer("10.0.0.10", "02:00:00:00:00:01", True),) if heard else ()
            if self.foreign_mac:
                answers = (*answers, VipAnswer("10.0.0.10", self.foreign_mac, False))
            self.deliver(side, VipsAsked(GROUP, asked_at, answers))

        self.after(effect.wait_seconds, answer)

    def set_cut(self, side: Side, is_cut: bool) -> None:
        self.cut[side] = is_cut
        self.note(f"what {side} sends is {'cut' if is_cut else 'carried'}")
        self.check_separation()

    def set_carrier(self, side: Side, has_carrier: bool) -> None:
        self.carrier[side] = has_carrier
        self.note(f"{side} {'has' if has_carrier else 'lost'} carrier")
        self.check_separation()
        self.deliver(side, CarrierChanged(GROUP, has_carrier, "eth0"))

    def check_separation(self) -> None:
        """Separation excuses two owners, until shortly after it has ended."""
        is_separate = all(self.cut.values()) or not all(self.carrier.values())
        timing = self.timing
        if is_separate and self.cut_both_since is None:
            self.cut_both_since = self.now
        elif not is_separate and self.cut_both_since is not None:
            if self.now - self.cut_both_since > timing.deadtime / 4:
                grace = 1.0 + timing.keepalive + 0.5 * timing.deadtime + 2.0
                self.excused_until = max(self.excused_until, self.now + grace)
            self.cut_both_since = None

    def is_excused(self) -> bool:
        since = self.cut_both_since
        is_long = since is not None and self.now - since > self.timing.deadtime / 4
        return is_long or self.now < self.excused_until

    # fos

    def start_fos(self, side: Side) -> None:
        machine = self.machines[side]
        machine.fos_runs += 1
        fos = Fos(run=machine.fos_runs)
        machine.fos = fos

        def arm() -> None:
            if machine.fos is fos:
                fos.is_armed = True
                self.report(side, fos, Armed())

        self.tell_found(side, fos)
        self.after(self.random.uniform(0.05, 0.15), arm)

    def tell_found(self, side: Side, fos: Fos) -> None:
        machine, run = self.machines[side], self.machines[side].pulse_run

        def found() -> None:
            if machine.fos is fos and machine.pulse_run == run:
                self.deliver(side, FosFound(GROUP, FosMode.ACTIVE, self.hello(machine, fos)))

        self.after(0.04, found)

    def report(self, side: Side, _fos: Fos, report: Report) -> None:
        machine, run = self.machines[side], self.machines[side].pulse_run

        def tell() -> None:
            if machine.pulse_run == run and machine.state is not None:
                self.deliver(side, FosReported(GROUP, FosMode.ACTIVE, report))

        self.after(LOCAL_DELAY, tell)

    def order(self, side: Side, effect: OrderFos) -> None:
        machine = self.machines[side]
        self.orders.append((self.now, side, effect.order))
        fos = machine.fos
        if fos is None:
            return

        def obey() -> None:
            if machine.fos is not fos:
                return
            match effect.order:
                case Permit() as permit:
                    self.obey_permit(side, fos, permit)
                case Release() as release:
                    self.obey_release(side, fos, release)
                case Repair():
                    self.repair(side, fos)
                case _:
                    pass

        def arrive() -> None:
            if fos.is_frozen:
                fos.inbox.append(obey)
            else:
                obey()

        self.after(LOCAL_DELAY, arrive)

    def obey_permit(self, side: Side, fos: Fos, permit: Permit) -> None:
        machine = self.machines[side]
        until = min(permit.until.values())
        fos.is_partner_silent = permit.is_partner_silent
        if fos.epoch == permit.epoch:
            has_vip = self.machines[side].vip_until is not None
            if until > fos.until > self.now and (has_vip or not fos.is_releasing):
                fos.until = until
                self.hold(machine, fos)
            return
        if permit.epoch <= fos.last_ended or fos.epoch or not fos.is_armed or until <= self.now:
            return
        fos.epoch, fos.until = permit.epoch, until
        self.hold(machine, fos)
        self.watch_permission(side, fos)
        is_kept = permit.is_adoption and machine.service_runs and not machine.service_is_broken
        duration = 0.02 if is_kept else self.random.uniform(0.0, self.timing.start)
        self.after(duration, lambda: self.started(side, fos, permit.epoch))

    def hold(self, machine: Machine, fos: Fos) -> None:
        """The kernel keeps the VIP to the instant, and up to its overrun beyond."""
        overrun = self.random.choice((0.0, 0.05, KERNEL_OVERRUN))
        if not self.kernel_lease:
            machine.vip_until = self.now + 2.0 + overrun
        elif fos.until > self.now:
            machine.vip_until = fos.until + overrun

    def started(self, side: Side, fos: Fos, epoch: int) -> None:
        machine = self.machines[side]
        if machine.fos is not fos or fos.epoch != epoch or fos.is_releasing:
            return
        if fos.is_frozen:
            fos.inbox.append(lambda: self.started(side, fos, epoch))
            return
        machine.service_runs, machine.service_is_orphaned = True, False
        self.report(side, fos, ServiceMoved(SERVICE, ServiceState.JUDGED, 0.1))
        self.report(side, fos, Serving(epoch, 0.1))
        self.probe_locally(side, fos, epoch, None)

    def probe_locally(self, side: Side, fos: Fos, epoch: int, was_well: bool | None) -> None:
        machine = self.machines[side]
        if machine.fos is not fos or fos.epoch != epoch or fos.is_releasing:
            return
        is_well = not machine.service_is_broken
        if not fos.is_frozen and is_well != was_well:
            verdict = "answered" if is_well else "refused"
            self.report(side, fos, ServiceVerdict(SERVICE, is_well, verdict, "", 1))
            was_well = is_well
        self.after(self.timing.probe, lambda: self.probe_locally(side, fos, epoch, was_well))

    def repair(self, side: Side, fos: Fos) -> None:
        self.report(side, fos, ServiceMoved(SERVICE, ServiceState.REPAIRING, 0.0))
        self.after(
            0.2, lambda: self.report(side, fos, ServiceMoved(SERVICE, ServiceState.JUDGED, 0.2))
        )

    def watch_permission(self, side: Side, fos: Fos) -> None:
        machine = self.machines[side]
        epoch = fos.epoch

        def look() -> None:
            if machine.fos is not fos or fos.epoch != epoch or fos.is_releasing:
                return
            if fos.is_frozen:
                self.after(0.05, look)
            elif self.now >= fos.until:
                self.let_go(side, fos, vips_first=True, reason="the permission ended")
            else:
                self.after(fos.until - self.now + 0.0001, look)

        look()

    def obey_release(self, side: Side, fos: Fos, release: Release) -> None:
        """A fos that never held the epoch may follow one that did: it stops and looks."""
        if fos.epoch == 0 and release.epoch <= fos.last_ended:
            self.report(side, fos, Released(release.epoch, release.reason))
        elif not fos.is_releasing:
            fos.epoch = release.epoch
            self.let_go(side, fos, vips_first=release.vips_first, reason=release.reason)

    def let_go(self, side: Side, fos: Fos, *, vips_first: bool, reason: str) -> None:
        machine, epoch = self.machines[side], fos.epoch
        fos.is_releasing = True
        fos.last_ended = max(fos.last_ended, epoch)

        def drop() -> None:
            machine.vip_until = None
            self.report(side, fos, Dropped(epoch, reason))

        def end() -> None:
            if machine.fos is not fos:
                return
            if fos.is_frozen:
                fos.inbox.append(end)
                return
            machine.service_runs = False
            if not vips_first:
                drop()
            fos.epoch, fos.until, fos.is_releasing = 0, 0.0, False
            self.report(side, fos, Released(epoch, reason))

        if vips_first:
            drop()
        self.after(self.random.uniform(0.0, self.timing.stop), end)

    # The partner's monitor

    def probe_remotely(self, side: Side) -> None:
        """One nanny on a standby: probes the partner's real address for ever."""
        machine, partner = self.machines[side], self.machines[side.other]
        failures = 0

        def probe() -> None:
            nonlocal failures
            self.after(self.timing.probe, probe)
            if not machine.monitors or machine.is_frozen or machine.state is None:
                failures = 0
                return
            is_cut = any(self.cut.values()) or not all(self.carrier.values())
            is_well = not (is_cut or partner.service_is_broken or not partner.service_runs)
            is_well = is_well and partner.is_on
            if is_well and failures:
                failures = 0
                self.monitor_says(side, True, 1)
            elif not is_well:
                failures += 1
                self.monitor_says(side, False, failures)

        probe()

    def monitor_says(self, side: Side, is_well: bool, probes: int) -> None:
        verdict = ServiceVerdict(SERVICE, is_well, "answered" if is_well else "refused", "", probes)
        self.deliver(side, FosReported(GROUP, FosMode.MONITOR, verdict))

    # Faults

    def kill_pulse(self, side: Side) -> None:
        machine = self.machines[side]
        machine.state = None
        machine.pulse_run += 1
        machine.inbox = []
        machine.monitors = False
        self.note(f"{side} pulse is gone")

    def kill_fos(self, side: Side, *, is_quiet: bool = False) -> None:
        machine = self.machines[side]
        if machine.fos is None:
            return
        machine.fos = None
        is_left_alone = is_quiet or machine.state is None
        machine.service_is_orphaned = machine.service_runs and is_left_alone
        self.note(f"{side} fos is killed")
        if is_quiet or machine.state is None:
            return
        run = machine.pulse_run

        def lost() -> None:
            if machine.pulse_run == run and machine.state is not None and machine.fos is None:
                self.deliver(side, FosLost(GROUP, FosMode.ACTIVE, "killed by signal 9"))
                self.start_fos(side)

        self.after(0.01, lost)

    def power_off(self, side: Side) -> None:
        self.note(f"{side} loses power")
        machine = self.machines[side]
        self.kill_fos(side, is_quiet=True)
        self.kill_pulse(side)
        machine.is_on = False
        machine.vip_until = None
        machine.service_runs = False

    def freeze(self, side: Side, *, pulse: bool, fos: bool, seconds: float) -> None:
        machine = self.machines[side]
        self.note(f"{side} freezes for {seconds:.2f} s ({pulse=}, {fos=})")
        run, frozen_fos = machine.pulse_run, machine.fos
        machine.is_frozen = machine.is_frozen or pulse
        if fos and machine.fos is not None:
            machine.fos.is_frozen = True
        if fos and not pulse:
            self.after(self.timing.deadtime / 3, lambda: self.kill_if_hung(side, frozen_fos))

        def thaw() -> None:
            if frozen_fos is not None and machine.fos is frozen_fos and fos:
                frozen_fos.is_frozen = False
                waiting, frozen_fos.inbox = frozen_fos.inbox, []
                for obey in waiting:
                    obey()
            if pulse and machine.pulse_run == run:
                machine.is_frozen = False
                events, machine.inbox = machine.inbox, []
                for event in [*events, TimePassed()]:
                    self.deliver(side, event)
            self.note(f"{side} thaws")

        self.after(seconds, thaw)

    def kill_if_hung(self, side: Side, fos: Fos | None) -> None:
        machine = self.machines[side]
        if fos is not None and machine.fos is fos and fos.is_frozen and fos.epoch:
            self.kill_fos(side)

    # Claims

    def owners(self) -> list[Side]:
        return [side for side, m in self.machines.items() if m.has_vip(self.now)]

    def roles(self) -> dict[Side, Role | None]:
        return {
            side: m.state.group(GROUP).role if m.state is not None else None
            for side, m in self.machines.items()
        }

    def check_single(self) -> None:
        both = len(self.owners()) == 2
        if not both or self.is_excused():
            self.both_since = None
        elif self.both_since is None:
            self.both_since = self.now
        elif self.now > self.both_since:
            self.longest_overlap = max(self.longest_overlap, self.now - self.both_since)
            if self.kernel_lease:
                raise ClaimBroken(
                    f"single: both nodes own the VIP since {self.both_since - 1000:.4f}"
                )

    def check_order(self, side: Side) -> None:
        """On request: services stopped, addresses dropped, released; only then started there."""
        other = self.machines[side.other]
        if other.has_vip(self.now):
            raise ClaimBroken(f"order: {side} starts while {side.other} still has the VIP")
        if other.service_runs and not other.service_is_orphaned and other.is_on:
            raise ClaimBroken(f"order: {side} starts while {side.other}'s service runs")

    def check_reason(self, before: Role, after: Role, effects: tuple[Effect, ...]) -> None:
        records = [effect for effect in effects if isinstance(effect, Moved)]
        if before is not after and not records:
            raise ClaimBroken(f"reason: {before} -> {after} without a record")
        for record in records:
            if not record.reason or not record.fact:
                raise ClaimBroken(f"reason: an empty record of {record.old} -> {record.new}")
