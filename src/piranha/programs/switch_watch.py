"""A planned change of the serving node: what would happen, how it goes on, how it ended."""

from piranha.decisions.acting import OFFER_SECONDS
from piranha.decisions.effects import Say
from piranha.decisions.events import SwitchAsked
from piranha.decisions.group_state import GroupState
from piranha.decisions.node import Decision
from piranha.decisions.node_state import NodeState
from piranha.decisions.rules import NodeRules
from piranha.terms import Role
from piranha.wire.control_line import Done, Refused
from piranha.wire.exit_status import ExitStatus

GRACE_SECONDS = 5.0
"""Beyond all time limits of the commands and the partner."""


def preview(
    rules: NodeRules, state: NodeState, event: SwitchAsked, decision: Decision
) -> Done | Refused:
    """What the switch would begin with: `decision` is a step that was not carried out."""
    before, after = state.group(event.group), decision.state.group(event.group)
    said = [effect.text for effect in decision.effects if isinstance(effect, Say)]
    if after.offer != before.offer:
        return Done(f"{event.group}: {rules.partner_name} is asked to take over from this node")
    if after.claim is not None and before.claim is None:
        return Done(f"{event.group}: this node asks {rules.partner_name} to hand over")
    if after.role is not before.role:
        return Done(f"{event.group}: this node becomes {after.role}")
    reason = said[-1] if said else f"this node is {before.role} and has no say now"
    return Refused(f"{event.group}: {reason}", ExitStatus.FAILED)


class SwitchWatch:
    """One switch that was begun. Instants of clock.now."""

    def __init__(self, rules: NodeRules, state: NodeState, group: str, now: float) -> None:
        limits = rules.group(group)
        longest = limits.release_timeout_seconds + limits.start_seconds + rules.deadtime_seconds
        self.group = group
        self.limit_at = now + OFFER_SECONDS + longest + GRACE_SECONDS
        self.last_news = ""
        self._began_at = now
        self._was_here = not state.group(group).role.is_inactive
        self._has_begun = False

    def outcome(self, rules: NodeRules, state: NodeState, now: float) -> Done | Refused | None:
        """How it ended; None while it goes on."""
        group = next((group for group in state.groups if group.name == self.group), None)
        if group is None:
            return Refused(f"{self.group}: the group left the file", ExitStatus.FAILED)
        seconds = now - self._began_at
        if self._has_arrived(group):
            server = rules.partner_name if self._was_here else "this node"
            return Done(f"{self.group}: served by {server} after {seconds:.3f} s")
        if self._has_failed(group, seconds):
            news = f": {self.last_news}" if self._has_begun and self.last_news else ""
            text = f"{self.group}: not switched after {seconds:.1f} s"
            return Refused(text + (news or ": the partner did not follow"), ExitStatus.FAILED)
        if now >= self.limit_at:
            return Refused(f"{self.group}: no end after {seconds:.0f} s", ExitStatus.FAILED)
        return None

    def _has_arrived(self, group: GroupState) -> bool:
        if not self._was_here:
            return group.role is Role.ACTIVE
        partner = group.partner
        return group.role.is_inactive and partner is not None and partner.role is Role.ACTIVE

    def _has_failed(self, group: GroupState, seconds: float) -> bool:
        """It is as it was before, and nothing of the switch is left."""
        if self._was_here:
            self._has_begun = self._has_begun or group.role is not Role.ACTIVE
            is_back = group.role is Role.ACTIVE and not group.offer
            return is_back and (self._has_begun or seconds > OFFER_SECONDS)
        self._has_begun = self._has_begun or group.claim is not None
        is_back = group.role in (Role.STANDBY, Role.LISTENING) and group.claim is None
        return is_back and self._has_begun
