"""Is this node fit to serve a group, and if not, when may it be asked again?

Two kinds of unfit. *Unable*: fos cannot be armed, or a VIP's device has no carrier; no takeover
whatever. *Unfit*: the group failed here; against a dead partner that is no obstacle, against a
living one the node waits for a pause of `reentry` x 1, 2, 4 ... up to a day.
"""

from piranha.decisions.group_state import GroupState, Unfit
from piranha.decisions.rules import GroupRules, NodeRules

LONGEST_PAUSE = 86_400.0


def unable_reason(state: GroupState) -> str:
    """Why no takeover is possible at all; empty when it is. While serving, a fos that ended is
    given the time to come back."""
    if not state.has_carrier:
        return state.carrier_reason
    if not state.is_armed and not (state.period and state.is_arming):
        return state.unarmed_reason
    return ""


def witness_reason(state: GroupState) -> str:
    """Why the other node should serve although nothing is broken here; empty when it need not."""
    return (
        "no witness answers steadily here, the partner sees one" if state.has_lost_witness else ""
    )


def pause_ends(rules: NodeRules, state: GroupState, unfit: Unfit) -> float:
    """When the node may be tried again while its partner lives."""
    partner = state.partner
    nobody_is_fit = partner is not None and not partner.role.is_inactive and partner.failed_services
    if nobody_is_fit and state.tries <= 1 and not unfit.is_second:
        return unfit.since + rules.deadtime_seconds
    pause = rules.reentry_seconds * 2.0 ** min(state.tries - 1, 20)
    return unfit.since + min(pause, LONGEST_PAUSE)


def unfit_reason(rules: NodeRules, state: GroupState, now: float) -> str:
    """Why the node is not fit against a living partner; empty when it is fit."""
    unable = unable_reason(state) or witness_reason(state)
    if unable or state.unfit is None:
        return unable
    return state.unfit.reason if now < pause_ends(rules, state, state.unfit) else ""


def serving_unfit_reason(group: GroupRules, state: GroupState) -> str:
    """Why the node that serves should not; empty when it may."""
    failures = counted_failures(group, state)
    return unable_reason(state) or witness_reason(state) or next(iter(failures.values()), "")


def counted_failures(group: GroupRules, state: GroupState) -> dict[int, str]:
    """Evidence of our own failed services that may move the group, by tag."""
    return {
        tag: f"service {group.service_tags[tag]}: {failure.evidence}"
        for tag, failure in state.failed.items()
        if tag in group.service_tags and group.service_tags[tag] not in state.ignored
    }
