"""What must always hold in the fake world, watched while it happens."""

from piranha.decisions.effects import (
    Effect,
    Moved,
)
from piranha.terms import Role, Side
from tests.simulation.machines import GROUP
from tests.simulation.stage import ClaimBroken, Stage


class Claims(Stage):
    """A claim that does not hold raises ClaimBroken."""

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
