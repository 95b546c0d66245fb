"""The fake world's witness: both nodes ask it now and then, and it may be out of reach for each."""

from dataclasses import replace

from piranha.decisions.events import WitnessAnswered
from piranha.terms import Side
from tests.simulation.network import Network

ROUNDS = 6
"""Questions in a deadtime; what is not answered is asked again five times as often."""


class Witnesses(Network):
    """Call `set_up_witness` before the first boot."""

    def set_up_witness(self, *, isolation_drops: bool = True) -> None:
        self.has_witness = True
        for side, machine in self.machines.items():
            machine.rules = replace(
                machine.rules, has_witness=True, isolation_drops=isolation_drops
            )
            self._ask_again_and_again(side)

    def set_witness_cut(self, side: Side, is_cut: bool) -> None:
        self.witness_cut[side] = is_cut
        self.note(f"{side} {'cannot reach' if is_cut else 'can reach'} the witness")
        self.check_separation()

    def _ask_again_and_again(self, side: Side) -> None:
        period = self.timing.deadtime / ROUNDS
        asked_at = answered_at = 0.0

        def turn() -> None:
            nonlocal asked_at
            self.after(period / 5, turn)
            machine = self.machines[side]
            if machine.is_frozen or machine.state is None or not machine.is_on:
                return
            if answered_at >= asked_at and self.now - asked_at < period:
                return
            asked_at = self.now
            is_lost = self.random.random() < 1 - (1 - self.loss) ** 2
            if self.is_witness_reachable(side) and not is_lost:
                self.after(self.random.uniform(0.0001, 0.002), lambda asked=asked_at: answer(asked))

        def answer(asked: float) -> None:
            nonlocal answered_at
            answered_at = max(answered_at, asked)
            self.deliver(side, WitnessAnswered(asked))

        turn()
