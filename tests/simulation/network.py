"""The fake network: heartbeats that are lost, late or repeated, and who answers for a VIP."""

from piranha.decisions.effects import (
    AskVips,
)
from piranha.decisions.events import (
    CarrierChanged,
    HeartbeatHeard,
    VipAnswer,
    VipsAsked,
)
from piranha.terms import Side
from tests.simulation.machines import GROUP, PARTNERS_MAC
from tests.simulation.stage import Stage


class Network(Stage):
    """What `side` sends may be cut, lost, late or doubled."""

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
            answers = (VipAnswer("10.0.0.10", PARTNERS_MAC, True),) if heard else ()
            if self.foreign_mac:
                answers = (*answers, VipAnswer("10.0.0.10", self.foreign_mac, False))
            self.deliver(side, VipsAsked(GROUP, asked_at, answers, ("10.0.0.10",)))

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

    def is_witness_reachable(self, side: Side) -> bool:
        return self.has_witness and self.carrier[side] and not self.witness_cut[side]

    def check_separation(self) -> None:
        """Separation excuses two owners, until shortly after it has ended; with a witness only
        while both nodes see it."""
        is_separate = all(self.cut.values()) or not all(self.carrier.values())
        if self.has_witness:
            is_separate = is_separate and all(map(self.is_witness_reachable, Side))
        timing = self.timing
        if is_separate and self.cut_both_since is None:
            self.cut_both_since = self.now
        elif not is_separate and self.cut_both_since is not None:
            if self.now - self.cut_both_since > timing.deadtime / 4:
                grace = 1.0 + timing.keepalive + 0.5 * timing.deadtime + 2.0
                self.excused_until = max(self.excused_until, self.now + grace)
            self.cut_both_since = None

    def is_excused(self) -> bool:
        """Separation excuses nobody who has a fence that works."""
        if (
            self.fence_works
            and self.fence_hits
            and all(m.rules.has_fence for m in self.machines.values())
        ):
            return False
        since = self.cut_both_since
        is_long = since is not None and self.now - since > self.timing.deadtime / 4
        return is_long or self.now < self.excused_until
