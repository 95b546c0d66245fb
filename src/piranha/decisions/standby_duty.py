"""Why a standby that hears its partner should claim the group.

A service failed there, the active is unfit, nobody serves, or an operator asks for it.
"""

from dataclasses import dataclass

from piranha.decisions import fitness, partner_link
from piranha.decisions.events import Event, SwitchAsked
from piranha.decisions.facts import Fact, Found, Notice
from piranha.decisions.fault_naming import is_named, points_of
from piranha.decisions.group_state import Failure, GroupState
from piranha.decisions.observing import View
from piranha.decisions.three_points import ThreePoints, evidence_of, named
from piranha.terms import Role
from piranha.wire.heartbeat import GroupBeat


def standby_duty(view: View, state: GroupState, event: Event) -> Found:
    """Why a standby that hears its partner should claim."""
    partner = state.partner
    if isinstance(event, SwitchAsked):
        yield _switch(view, state, event)
    if state.role is not Role.STANDBY or view.now < state.claim_not_before:
        return
    if not partner_link.is_partner_heard(view.link, view.rules, view.now):
        return
    if state.is_held or fitness.unable_reason(state):
        return
    if partner is None:
        since = state.lacking_since
        acknowledged = view.link.acknowledged_at or 0.0
        is_fresh = view.now - acknowledged < view.deadtime / 2
        if since is not None and view.now - since >= view.deadtime and is_fresh:
            yield Notice(Fact.PARTNER_LACKS_GROUP, "the partner's file does not name this group")
        return
    if partner.offer and partner.offer != state.offer_seen:
        yield Notice(Fact.PARTNER_OFFERS, "the partner's operator asks us to serve")
    nobody = _nobody_serves(view, state)
    if nobody and partner_link.hears_us(view.link):
        yield Notice(Fact.NOBODY_SERVES, nobody)
    if fitness.unfit_reason(view.rules, state, view.now):
        return
    if partner.role is Role.ACTIVE:
        yield from _claims_from_active(view, state)
    limit = view.group.start_seconds + view.deadtime
    handed = state.handed_over_at
    if partner.role is Role.STARTING and handed is not None and view.now - handed >= limit:
        text = f"handed over {view.now - handed:.1f} s ago, not active yet (limit {limit:.1f} s)"
        yield Notice(Fact.START_OVERDUE, text)


def _switch(view: View, state: GroupState, event: SwitchAsked) -> Notice:
    """An operator's wish, if it can be granted at all."""
    partner = state.partner
    is_heard = partner_link.is_partner_heard(view.link, view.rules, view.now)
    serves_there = is_heard and partner is not None and not partner.role.is_inactive
    refusal = ""
    if state.role is Role.ACTIVE:
        if partner is None or not is_heard:
            refusal = "the partner is not heard"
        elif partner.is_held:
            refusal = "the partner is held"
        elif not partner.is_fit:
            refusal = f"the partner is unfit: {partner.unfit_reason}"
    elif state.is_held:
        refusal = "this node is held"
    elif unable := fitness.unable_reason(state):
        refusal = unable
    elif event.is_forced and not serves_there:
        return Notice(Fact.FORCED, f"forced by {event.by}")
    elif not is_heard or state.role is not Role.STANDBY:
        refusal = "the partner is not heard" if not is_heard else f"this node is {state.role}"
    elif serves_there and (unfit := fitness.unfit_reason(view.rules, state, view.now)):
        refusal = f"this node is unfit: {unfit}"
    if refusal:
        return Notice(Fact.SWITCH_REFUSED, f"switch asked by {event.by} refused: {refusal}")
    return Notice(Fact.SWITCH_ASKED, f"asked by {event.by}")


def _claims_from_active(view: View, state: GroupState) -> Found:
    partner = state.partner
    assert partner is not None
    failed = failed_there(view, state)
    is_due = failed and partner.repairing_seconds <= 0 and _is_worth_a_try(state)
    if failed and is_due and is_named(view, state, failed.tag):
        yield Notice(Fact.SERVICE_FAILED_THERE, failed.text, evidence_of(failed.points))
    if not partner.is_fit and not partner.failed_services:
        yield Notice(Fact.PARTNER_UNFIT, f"the partner is unfit: {partner.unfit_reason}")
    if view.rules.failback and view.group.is_preferred:
        stood = view.now - state.since
        if stood >= view.rules.reentry_seconds and state.unfit is None and partner.is_fit:
            yield Notice(Fact.FAILBACK_DUE, f"standing by for {stood:.0f} s")


def _is_worth_a_try(state: GroupState) -> bool:
    """Where the group fails on both nodes, the one with fewer failed services keeps it."""
    partner = state.partner
    assert partner is not None
    return state.unfit is None or state.unfit.failed_services <= partner.failed_services


@dataclass(frozen=True, slots=True)
class FailedThere:
    """A failed service of the partner that counts."""

    tag: int
    text: str
    """A sentence; its beginning names the fault, for the end may be cut on its way."""
    points: ThreePoints


def failed_there(view: View, state: GroupState) -> FailedThere | None:
    """The first of the partner's failed services that counts; None without any.

    What only our own probes say counts after two of them, from a partner that is heard after them
    and hears us: when its node or the network dies, that is the reason, not its services.
    """
    partner = state.partner
    if partner is None:
        return None
    tags = view.group.service_tags
    for tag in sorted(partner.judged & tags.keys()):
        if tags[tag] in state.ignored:
            continue
        seen = state.failed_there.get(tag)
        if tag in partner.failed:
            text = f"service {tags[tag]} failed on {view.rules.partner_name}"
            evidence = seen.evidence if seen else _told_of(tags[tag], partner)
        elif seen and seen.probes >= 2 and _is_believable(view, state, seen):
            text = (
                f"service {tags[tag]} on {view.rules.partner_name} failed {seen.probes} of our"
                " probes"
            )
            evidence = seen.evidence
        else:
            continue
        points = points_of(view, state, tag)
        return FailedThere(tag, f"{text}: {named(points)}: {evidence}", points)
    return None


def _told_of(service: str, partner: GroupBeat) -> str:
    """The partner gives one reason for the group, which may be about something else."""
    before, found, evidence = partner.unfit_reason.partition(f"service {service}: ")
    return evidence if found and not before else "its own probes say so"


def _is_believable(view: View, state: GroupState, seen: Failure) -> bool:
    """Our probes could reach the partner: it was heard after them, and it hears us."""
    is_heard_since = (view.link.last_heard_at or 0.0) > seen.confirmed_at
    hears_us = partner_link.hears_us_now(view.link, view.rules)
    return state.has_carrier and is_heard_since and hears_us


def _nobody_serves(view: View, state: GroupState) -> str:
    partner = state.partner
    assert partner is not None
    if partner.role not in (Role.STANDBY, Role.LISTENING):
        return ""
    has_failed_there = partner.failed_services > 0
    if fitness.unfit_reason(view.rules, state, view.now):
        # Nobody is fit: a service that may fail is better than none.
        is_coming = partner.role is Role.LISTENING
        if is_coming or (partner.is_fit and not partner.is_held):
            return ""
        is_ours = view.group.is_preferred or not has_failed_there or partner.is_held
        return "nobody serves, and nobody is fit" if is_ours else ""
    if state.has_partner_served:
        return f"the partner, active until now, is {partner.role}"
    if partner.role is Role.LISTENING:
        return ""
    if view.group.is_preferred:
        return "nobody serves, and this node is preferred"
    if partner.is_held:
        return "nobody serves, and the partner is held"
    if not partner.is_fit:
        return f"nobody serves, and the partner is unfit: {partner.unfit_reason}"
    return ""
