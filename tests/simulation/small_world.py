"""A world small enough to try everything in it: two real decision cores, no chance, cheap copies.

Nothing here is random: time jumps from one instant at which something is due to the next, and what
is due happens in a fixed order. Whoever explores copies the world and lets something go wrong. The
kernel is as late as it was ever seen, always: a VIP stays `KERNEL_OVERRUN` longer than it may.
"""

from piranha.decisions import composing, node
from piranha.decisions.effects import (
    AskVips,
    Effect,
    Finished,
    Moved,
    OrderFos,
    Remember,
    RunMonitor,
    SendHeartbeat,
)
from piranha.decisions.events import (
    CarrierChanged,
    Event,
    FosFound,
    FosLost,
    FosReported,
    HeartbeatHeard,
    HoldChanged,
    TimePassed,
    VipAnswer,
    VipsAsked,
)
from piranha.terms import Role
from piranha.wire.heartbeat import Heartbeat
from piranha.wire.report_line import (
    Armed,
    FosMode,
    Hello,
    ServiceState,
)
from tests.simulation.machines import GROUP, SERVICE
from tests.simulation.small_fos import SmallFos
from tests.simulation.small_state import (
    ALL_FROZEN,
    ARM,
    DELAY,
    GRACE,
    LATENCY,
    LOSE,
    NEVER,
    NOTHING,
    PROBE,
    REPEAT,
    RULES,
    RUNNING,
    TIMING,
    Fos,
    Message,
    Question,
)
from tests.simulation.stage import ClaimBroken


class SmallWorld(SmallFos):
    """Lists have one place for each side: 0 is the primary, 1 the backup."""

    __slots__ = ()

    # Time

    def due(self) -> float:
        """The next instant at which something happens by itself."""
        instants = [NEVER]
        for side in (0, 1):
            frozen = self.frozen[side]
            if frozen == RUNNING and self.states[side] is not None:
                instants.append(self.wake[side])
                instants.append(self.monitor_at[side])
            fos = self.fos[side]
            if fos is not None and frozen != ALL_FROZEN:
                instants.append(fos.due)
                instants.append(self.probe_at[side])
                if fos.epoch and not fos.is_releasing:
                    instants.append(fos.until)
        instants += [message.due for message in self.flight]
        instants += [question.due for question in self.asked]
        return min(instants)

    def pass_until(self, instant: float) -> None:
        """Let everything happen that is due until then, each thing at its own instant."""
        while (due := self.due()) <= instant:
            self.now = max(self.now, due)
            self.happen()
        self.now = max(self.now, instant)
        self.check_owners()

    def happen(self) -> None:
        """One thing that is due now; what it brings about at once belongs to it."""
        now = self.now
        for place, message in enumerate(self.flight):
            if message.due <= now:
                self.flight = self.flight[:place] + self.flight[place + 1 :]
                if self.cables[message.to]:
                    self.deliver(message.to, HeartbeatHeard(0, message.beat, now))
                return self.settle()
        for question in self.asked:
            if question.due <= now:
                self.asked = tuple(q for q in self.asked if q is not question)
                self._answer(question)
                return self.settle()
        for side in (0, 1):
            if self._happen_on(side):
                return self.settle()
        return None

    def _happen_on(self, side: int) -> bool:
        now, frozen, fos = self.now, self.frozen[side], self.fos[side]
        if fos is not None and frozen != ALL_FROZEN:
            if fos.epoch and not fos.is_releasing and now >= fos.until:
                self._let_go(side, vips_first=True, reason="the permission ended")
                return True
            if now >= fos.due:
                self._work_done(side, fos)
                return True
            if now >= self.probe_at[side]:
                self._probe_here(side)
                return True
        if frozen == RUNNING and self.states[side] is not None:
            if now >= self.monitor_at[side]:
                self._probe_there(side)
                return True
            if now >= self.wake[side]:
                self.deliver(side, TimePassed())
                return True
        return False

    def settle(self) -> None:
        """What fos and pulse of one node tell each other arrives before anything else happens."""
        while self.mail:
            (side, event), *rest = self.mail
            self.mail = tuple(rest)
            self.deliver(side, event)
        self.check_owners()

    # pulse

    def boot(self, side: int) -> None:
        """Power on, or pulse starts again: it adopts the fos it finds, or removes leftovers."""
        self.on[side] = True
        self.frozen[side] = RUNNING
        self.boots[side] += 1
        incarnation = 1000 * (side + 1) + 20 * self.boots[side]
        self.sequences[side] = 0
        epochs = {GROUP: self.remembered[side]}
        self.states[side] = node.start(RULES[side], incarnation, epochs, self.held[side], self.now)
        self.monitor_at[side] = NEVER
        self.next_beat[side] = NOTHING
        if not self.cables[side]:
            self.deliver(side, CarrierChanged(GROUP, False, "eth0"))
        fos = self.fos[side]
        if fos is None or fos.epoch == 0:
            self.remove_leftovers(side)
            self.orphan[side] = self.runs[side]
        if fos is None:
            self.start_fos(side)
        else:
            self.deliver(side, FosFound(GROUP, FosMode.ACTIVE, self._hello(side, fos)))
            if fos.is_armed:
                self.deliver(side, FosReported(GROUP, FosMode.ACTIVE, Armed()))
        self.deliver(side, TimePassed())
        self.settle()

    def remove_leftovers(self, side: int) -> None:
        self.vip[side] = 0.0

    def start_fos(self, side: int) -> None:
        self.fos[side] = Fos(due=self.now + ARM)
        self.probe_at[side] = NEVER

    def _hello(self, side: int, fos: Fos) -> Hello:
        is_judged = self.runs[side] and not fos.is_releasing
        state = ServiceState.JUDGED if is_judged else ServiceState.STOPPED
        return Hello(
            1, FosMode.ACTIVE, GROUP, 1, fos.epoch, fos.until, fos.last_ended,
            {SERVICE: str(state)}, fos.is_partner_silent,
        )  # fmt: skip

    def deliver(self, side: int, event: Event) -> None:
        """An event for pulse; a frozen one finds it in its queue."""
        state = self.states[side]
        if state is None:
            return
        if self.frozen[side] != RUNNING:
            if not isinstance(event, TimePassed):
                self.inbox[side] = (*self.inbox[side], event)
            return
        self.steps += 1
        decision = node.step(RULES[side], state, event, self.now)
        after = decision.state
        self.states[side] = after
        if state.groups[0].role is not after.groups[0].role:
            _check_reason(state.groups[0].role, after.groups[0].role, decision.effects)
        for effect in decision.effects:
            self._carry_out(side, effect)
        last = self.states[side]
        if last is not None:
            wake = node.wake_at(RULES[side], last, self.now)
            self.wake[side] = max(wake, self.now + 0.0005)

    def _carry_out(self, side: int, effect: Effect) -> None:
        match effect:
            case SendHeartbeat():
                state = self.states[side]
                assert state is not None
                self.states[side], beat = composing.compose(
                    RULES[side], state, self.now, is_answer=effect.is_answer
                )
                self.sequences[side] = beat.sequence
                self._send(side, beat)
            case OrderFos(mode=FosMode.ACTIVE):
                self._order(side, effect.order)
            case Moved():
                self._moved(side, effect)
            case RunMonitor():
                self.monitor_at[side] = self.now + PROBE if effect.is_wanted else NEVER
            case AskVips():
                self._ask(side, effect)
            case Remember():
                self.remembered[side] = effect.epoch
            case Finished():
                self.states[side] = None
            case _:
                pass

    def _moved(self, side: int, moved: Moved) -> None:
        if moved.fact == "claim answered":
            self._check_order(side)
        if moved.new is Role.STARTING:
            self.takeovers += 1
            if self.takeovers > self.allowed:
                raise ClaimBroken(f"calm: {moved.fact}: {moved.reason}: no fault explains it")

    # The network

    def _send(self, side: int, beat: Heartbeat) -> None:
        fate, self.next_beat[side] = self.next_beat[side], NOTHING
        if self.cut[side] or not self.cables[side] or fate == LOSE:
            return
        soon = Message(self.now + LATENCY, 1 - side, beat)
        late = soon._replace(due=self.now + 0.7)
        messages = {NOTHING: (soon,), DELAY: (late,), REPEAT: (soon, late)}[fate]
        self.flight = (*self.flight, *messages)

    def _ask(self, side: int, effect: AskVips) -> None:
        is_reachable = not any(self.cut) and all(self.cables)
        is_held = is_reachable and self.has_vip(1 - side)
        due = self.now + effect.wait_seconds
        question = Question(due, side, self.boots[side], self.now, is_held)
        self.asked = (*self.asked, question)

    def _answer(self, question: Question) -> None:
        side = question.side
        if self.boots[side] == question.boots:
            answer = VipAnswer("10.0.0.10", "02:00:00:00:00:01", True)
            answers = (answer,) if question.is_held_there else ()
            self.deliver(side, VipsAsked(GROUP, question.asked_at, answers))

    def set_cut(self, side: int, is_cut: bool) -> None:
        self.cut[side] = is_cut
        if is_cut:
            self.flight = tuple(m for m in self.flight if m.to == side)
        if all(self.cut):
            self.separate_since = self.now
        elif self.separate_since < NEVER:
            if self.now - self.separate_since > TIMING.deadtime / 4:
                self.excused_until = self.now + GRACE
            self.separate_since = NEVER

    def set_cable(self, side: int, is_in: bool) -> None:
        self.cables[side] = is_in
        self.deliver(side, CarrierChanged(GROUP, is_in, "eth0"))
        self.settle()

    # Kills and freezes

    def kill_pulse(self, side: int) -> None:
        self.states[side] = None
        self.inbox[side] = ()
        self.monitor_at[side] = NEVER

    def kill_all(self, side: int) -> None:
        """Every process of the suite; the kernel keeps the VIP for as long as it was told."""
        self.kill_pulse(side)
        self.fos[side] = None
        self.orphan[side] = self.runs[side]

    def kill_fos(self, side: int) -> None:
        self.fos[side] = None
        if self.states[side] is not None:
            self.deliver(side, FosLost(GROUP, FosMode.ACTIVE, "killed by signal 9"))
            self.start_fos(side)
        else:
            self.orphan[side] = self.runs[side]
        self.settle()

    def power_off(self, side: int) -> None:
        self.kill_all(side)
        self.frozen[side] = RUNNING
        self.on[side] = self.runs[side] = self.orphan[side] = False
        self.vip[side] = 0.0

    def hold(self, side: int) -> None:
        self.held[side] = True
        self.deliver(side, HoldChanged(True, "root"))
        self.settle()

    def resume(self, side: int) -> None:
        self.held[side] = False
        self.deliver(side, HoldChanged(False, "root"))
        self.settle()

    def thaw(self, side: int) -> None:
        self.frozen[side] = RUNNING
        events, self.inbox[side] = self.inbox[side], ()
        for event in (*events, TimePassed()):
            self.deliver(side, event)
        self.settle()


def _check_reason(before: Role, after: Role, effects: tuple[Effect, ...]) -> None:
    records = [effect for effect in effects if isinstance(effect, Moved)]
    is_told = bool(records) and all(record.reason and record.fact for record in records)
    if not is_told:
        raise ClaimBroken(f"reason: {before} -> {after} without a record that says why")
