"""The fake `fos --active`: takes, starts, stops and drops under permission; and the monitor."""

from piranha.decisions.effects import (
    OrderFos,
)
from piranha.decisions.events import (
    FosFound,
    FosReported,
    PartnerMacsLearned,
    StrangerHeard,
)
from piranha.terms import Side
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
    VipProbed,
)
from tests.simulation.machines import (
    GROUP,
    KERNEL_OVERRUN,
    LOCAL_DELAY,
    PARTNERS_MAC,
    SERVICE,
    Fos,
    Machine,
)
from tests.simulation.stage import Stage


class Fosses(Stage):
    """One `fos --active` for each machine, and its monitor."""

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

    def run_monitor(self, side: Side, is_wanted: bool) -> None:
        machine, run = self.machines[side], self.machines[side].pulse_run
        machine.monitors = is_wanted

        def found() -> None:
            if machine.monitors and machine.pulse_run == run:
                macs = PartnerMacsLearned(frozenset({PARTNERS_MAC}))
                hello = Hello(1, FosMode.MONITOR, GROUP, 1, 0, 0.0, 0, {})
                self.deliver(side, macs)
                self.deliver(side, FosFound(GROUP, FosMode.MONITOR, hello))

        if is_wanted:
            self.after(0.04, found)

    def answers_there(self, side: Side) -> bool:
        """Whether the service on the partner answers to who reaches it from `side`."""
        partner = self.machines[side.other]
        is_cut = any(self.cut.values()) or not all(self.carrier.values())
        is_well = partner.service_runs and not partner.service_is_broken
        return partner.is_on and is_well and not is_cut

    def probe_through_vip(self, side: Side) -> None:
        """What the monitor finds there, once."""
        machine, run = self.machines[side], self.machines[side].pulse_run
        is_well = self.answers_there(side)
        mac = self.foreign_mac or PARTNERS_MAC
        is_vip_well = is_well and not (self.foreign_mac or self.is_vip_filtered)
        real = is_well and not self.is_filtered
        words = {True: "answered", False: "refused"}
        probed = VipProbed(SERVICE, is_vip_well, words[is_vip_well], mac, real, words[real])

        def tell() -> None:
            if machine.monitors and machine.pulse_run == run and machine.state is not None:
                self.deliver(side, FosReported(GROUP, FosMode.MONITOR, probed))

        self.after(0.005, tell)

    def probe_remotely(self, side: Side) -> None:
        """One nanny on a standby: probes the partner's real address for ever."""
        machine = self.machines[side]
        failures = 0

        def probe() -> None:
            nonlocal failures
            self.after(self.timing.probe, probe)
            if not machine.monitors or machine.is_frozen or machine.state is None:
                failures = 0
                return
            is_well = self.answers_there(side) and not self.is_filtered
            if is_well and failures:
                failures = 0
                self.monitor_says(side, True, 1)
            elif not is_well:
                failures += 1
                if self.carrier[side] and self.third_stations_speak:
                    self.deliver(side, StrangerHeard())
                self.monitor_says(side, False, failures)

        probe()

    def monitor_says(self, side: Side, is_well: bool, probes: int) -> None:
        verdict = ServiceVerdict(SERVICE, is_well, "answered" if is_well else "refused", "", probes)
        self.deliver(side, FosReported(GROUP, FosMode.MONITOR, verdict))
