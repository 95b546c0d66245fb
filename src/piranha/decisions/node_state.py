"""What a node remembers between two steps, and what of it a group is shown."""

from dataclasses import dataclass

from piranha.decisions import partner_link, witness
from piranha.decisions.fencing import Fencing
from piranha.decisions.group_state import GroupState
from piranha.decisions.observing import View
from piranha.decisions.partner_link import Link
from piranha.decisions.rules import NodeRules
from piranha.decisions.witness import Witness

GoodbyeNumber = int


@dataclass(frozen=True, slots=True)
class NodeState:
    """Everything a node remembers between two steps; instants in seconds of CLOCK_BOOTTIME."""

    link: Link
    groups: tuple[GroupState, ...]
    stepped_at: float
    sees_witness: bool | None
    """As of this step; None where no witness is configured."""
    witness: Witness
    has_lost_witness: bool = False
    """For long, while the partner is heard and sees one: the other node should serve."""
    sees_there_since: float | None = None
    """Since when the partner is heard, and says without a break that it sees a witness."""
    frozen_seconds: float = 0.0
    frozen_until: float = 0.0
    """Until then the partner is told of the freeze."""
    partner_macs: frozenset[str] = frozenset()
    """By which the partner was met on segments that carry VIPs."""
    fencing: Fencing | None = None
    """The newest fence, until the partner is heard again."""
    stop_reason: str = ""
    """Set: this node releases everything and leaves."""
    goodbyes: int = 0
    first_goodbye: GoodbyeNumber = 0
    goodbye_at: float = 0.0
    is_finished: bool = False

    def group(self, name: str) -> GroupState:
        """The group of that name; KeyError without one."""
        for group in self.groups:
            if group.name == name:
                return group
        raise KeyError(name)


def says_goodbye(state: NodeState) -> bool:
    return bool(state.stop_reason) and all(g.role.is_inactive for g in state.groups)


def view_of(rules: NodeRules, state: NodeState, name: str, now: float) -> View:
    return View(
        rules=rules,
        group=rules.group(name),
        link=state.link,
        sees_witness=state.sees_witness,
        has_lost_witness=state.has_lost_witness,
        stands_alone_from=witness.stands_alone_from(rules, state.witness),
        frozen=_frozen(rules, state, now),
        now=now,
        fencing=state.fencing,
        partner_macs=state.partner_macs,
        roles=tuple(group.role for group in state.groups),
    )


def _frozen(rules: NodeRules, state: NodeState, now: float) -> str:
    beat = state.link.partner
    if now < state.frozen_until:
        return f"this node was frozen {state.frozen_seconds:.1f} s"
    if beat and beat.frozen_seconds and partner_link.is_partner_heard(state.link, rules, now):
        return f"the partner was frozen {beat.frozen_seconds:.1f} s"
    return ""
