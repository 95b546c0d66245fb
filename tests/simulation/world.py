"""Two real decision cores in a fake world: a network, kernels with leases, fos, services, faults.

Everything happens in simulated time and follows from one seed. The world knows nothing of the
rules; it carries out effects as the real shell does, and it watches the claims.
"""

from piranha.decisions import composing, node
from piranha.decisions.effects import (
    AskVips,
    Effect,
    Fence,
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
    FosReported,
    TimePassed,
)
from piranha.terms import Side
from piranha.wire.order_line import ProbeVip
from piranha.wire.report_line import (
    Armed,
    FosMode,
    Hello,
    ServiceState,
)
from tests.simulation.claims import Claims
from tests.simulation.faults import Faults
from tests.simulation.fosses import Fosses
from tests.simulation.machines import GROUP, SERVICE, Fos, Machine
from tests.simulation.machines import TAG as TAG
from tests.simulation.machines import Timing as Timing
from tests.simulation.machines import rules_for as rules_for
from tests.simulation.stage import ClaimBroken as ClaimBroken
from tests.simulation.witnesses import Witnesses


class World(Witnesses, Fosses, Faults, Claims):
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
                machine.state, beat = composing.compose(
                    machine.rules, machine.state, self.now, is_answer=effect.is_answer
                )
                self.send(side, beat)
            case OrderFos(mode=FosMode.ACTIVE):
                self.order(side, effect)
            case OrderFos(mode=FosMode.MONITOR, order=ProbeVip()):
                self.orders.append((self.now, side, effect.order))
                self.probe_through_vip(side)
            case RunMonitor():
                self.run_monitor(side, effect.is_wanted)
            case AskVips():
                self.ask(side, effect)
            case Fence():
                self.fence(side)
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
