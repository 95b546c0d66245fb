"""What goes wrong in the fake world: kills, power, freezes."""

from piranha.decisions.events import (
    Fenced,
    FenceFailed,
    FosLost,
    TimePassed,
)
from piranha.terms import Side
from piranha.wire.report_line import (
    FosMode,
)
from tests.simulation.machines import GROUP, Fos
from tests.simulation.stage import Stage


class Faults(Stage):
    """Each fault is one call; what ends it is scheduled."""

    def kill_pulse(self, side: Side) -> None:
        machine = self.machines[side]
        machine.state = None
        machine.pulse_run += 1
        machine.inbox = []
        machine.monitors = False
        if machine.fos is None or not machine.fos.epoch:
            machine.service_is_orphaned = machine.service_runs
        self.note(f"{side} pulse is gone")

    def kill_fos(self, side: Side, *, is_quiet: bool = False) -> None:
        machine = self.machines[side]
        if machine.fos is None:
            return
        machine.fos = None
        is_left_alone = is_quiet or machine.state is None
        is_orphaned = is_left_alone or machine.service_is_orphaned
        machine.service_is_orphaned = machine.service_runs and is_orphaned
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

    def fence(self, side: Side) -> None:
        """`side` runs its fence: after a while its partner is off, or it is told of the failure."""
        run, works = self.machines[side].pulse_run, self.fence_works
        self.note(f"{side} fences {side.other}")
        self.fences_under_way += 1

        def end() -> None:
            self.fences_under_way -= 1
            if not self.machines[side].is_on:
                return  # whoever runs a fence must live to its end
            if works and self.fence_hits:
                self.power_off(side.other)
                self.fenced.append((self.now, side.other))
            if self.machines[side].pulse_run == run:
                self.deliver(side, Fenced("off") if works else FenceFailed("no answer"))

        self.after(self.fence_seconds, end)

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
