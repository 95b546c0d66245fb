"""Is a group broken on both nodes? It is said once, and once again when it is over.

Over means: some node has served it well for one `reentry`, as in rule 5; a try that fails again
does not end it.
"""

from piranha.decisions import fitness, partner_link
from piranha.decisions.events import Event
from piranha.decisions.facts import Fact, Found, Notice
from piranha.decisions.group_state import GroupState
from piranha.decisions.observing import View
from piranha.terms import Role


def broken_on_both(view: View, state: GroupState, _event: Event) -> Found:
    """The two facts, each true once."""
    if state.broken_since is None:
        if text := _what_is_broken(view, state):
            yield Notice(Fact.BROKEN_ON_BOTH, text)
    elif state.well_since is not None:
        stood = view.now - state.well_since
        if stood >= view.rules.reentry_seconds:
            lasted = view.now - state.broken_since
            text = f"served well for {stood:.0f} s again; it was broken on both for {lasted:.0f} s"
            yield Notice(Fact.WHOLE_AGAIN, text)


def _what_is_broken(view: View, state: GroupState) -> str:
    partner = state.partner
    if partner is None or not partner_link.is_partner_heard(view.link, view.rules, view.now):
        return ""
    theirs = partner.unfit_reason or "its probes say so"
    if state.role is Role.ACTIVE:
        ours = next(iter(fitness.counted_failures(view.group, state).values()), "")
        is_there = partner.failed_services > 0 and not partner.is_fit
    else:
        ours = fitness.unfit_reason(view.rules, state, view.now) if state.unfit else ""
        is_there = partner.role is Role.ACTIVE and partner.failed_services > 0
    if not ours or not is_there:
        return ""
    there = f"on {view.rules.partner_name}: {theirs}"
    return f"broken on both nodes, moved again only after pauses; here: {ours}; {there}"
