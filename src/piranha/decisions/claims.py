"""Claims under way: what became of our own, and what the partner asks of us."""

from piranha.config.settings import Unreleased
from piranha.decisions import fitness, partner_link
from piranha.decisions.absence import ASK_SECONDS, is_due_to_ask, is_segment_quiet
from piranha.decisions.events import Event
from piranha.decisions.facts import Fact, Found, Notice
from piranha.decisions.group_state import Claim, ClaimKind, GroupState
from piranha.decisions.observing import View
from piranha.decisions.standby_duty import failed_there
from piranha.terms import Role
from piranha.values import replace


def own_claim(view: View, state: GroupState, _event: Event) -> Found:
    """What became of the claim that we have open."""
    claim, partner = state.claim, state.partner
    if claim is None or partner is None:
        return
    if not partner_link.is_partner_heard(view.link, view.rules, view.now):
        return
    if partner.claim and not view.group.is_preferred:
        yield Notice(Fact.CLAIM_LOST, "both nodes claim, and the partner is preferred")
    acknowledged = view.link.acknowledged_at
    is_fresh = acknowledged is not None and view.now - acknowledged < view.deadtime / 2
    waited = view.now - claim.since
    if partner.claim_answered == claim.number and partner.role.is_inactive and is_fresh:
        text = f"{claim.reason}; the partner answered after {waited:.3f} s"
        yield Notice(Fact.CLAIM_ANSWERED, text, {"waited": waited, "claim": claim.number})
    if partner.claim_refused == claim.number:
        yield Notice(Fact.CLAIM_REFUSED, f"the partner refused the claim: {claim.reason}")
    if moot := _moot(view, state):
        yield Notice(Fact.CLAIM_MOOT, moot)
    yield from _overdue(view, state, acknowledged)


def _overdue(view: View, state: GroupState, acknowledged: float | None) -> Found:
    claim = state.claim
    assert claim is not None
    if claim.withheld_since is not None:
        waited = view.now - claim.withheld_since
        if waited >= view.deadtime and is_segment_quiet(view, state, claim.withheld_since):
            text = f"{claim.reason}; not released, and unanswered by us for {waited:.2f} s"
            yield Notice(Fact.CLAIM_UNRELEASED, text, {"waited": waited})
        near = claim.withheld_since + view.deadtime - ASK_SECONDS
        if view.now >= near and is_due_to_ask(view, state, near):
            yield Notice(Fact.SILENCE_NEARS_END, f"unanswered by us for {waited:.2f} s")
    elif view.now >= claim.deadline:
        is_claim_heard = acknowledged is not None and acknowledged >= claim.since
        waited = view.now - claim.since
        what = "heard it" if is_claim_heard else "does not hear us"
        text = f"not released after {waited:.2f} s; the partner {what}"
        yield from _unreleased(view, claim, is_claim_heard, Notice(Fact.CLAIM_HOPELESS, text))


def _unreleased(view: View, claim: Claim, is_claim_heard: bool, hopeless: Notice) -> Found:
    """What `unreleased` says of a claim past its time; one that was not heard is never taken. A
    fence that succeeds is the business of absence.py."""
    fence, rules = view.fencing, view.rules
    is_of_this_claim = fence is not None and fence.since >= claim.since
    wanted = rules.unreleased if is_claim_heard else Unreleased.WAIT
    if wanted is Unreleased.FENCE and fence is not None and fence.has_failed and is_of_this_claim:
        wanted = Unreleased.TAKE if rules.fence_failed_takes else Unreleased.WAIT
        hopeless = replace(hopeless, text=f"{hopeless.text}; fencing failed: {fence.text}")
    if wanted is Unreleased.TAKE:
        yield replace(hopeless, fact=Fact.CLAIM_OVERDUE)
    elif wanted is Unreleased.WAIT:
        yield hopeless
    elif fence is None or fence.has_failed:
        yield replace(hopeless, fact=Fact.FENCE_DUE)


def _moot(view: View, state: GroupState) -> str:
    claim, partner = state.claim, state.partner
    assert claim is not None
    assert partner is not None
    if state.is_held:
        return "this node is held"
    if unable := fitness.unable_reason(state):
        return unable
    if claim.kind is ClaimKind.NOBODY and partner.role in (Role.STARTING, Role.ACTIVE):
        return f"the partner is {partner.role}"
    if claim.kind is ClaimKind.FAULT and partner.role is Role.ACTIVE:
        return "" if failed_there(view, state) else f"the service answers again; {claim.reason}"
    if claim.kind is ClaimKind.UNFIT and partner.role is Role.ACTIVE and partner.is_fit:
        return "the partner is fit again"
    return ""


def partners_claim(view: View, state: GroupState, _event: Event) -> Found:
    """A claim of the partner that we have not answered yet."""
    partner = state.partner
    if partner is None or not partner.claim or partner.claim == state.claim_answered:
        return
    if state.claim is not None and view.group.is_preferred:
        return
    if state.role.is_inactive and state.astray:
        return  # a fos of ours still lets go of what an earlier pulse served
    if state.role is Role.ACTIVE and not _is_serving_known(view, state):
        return
    is_doubtful = partner.claim_is_fault and state.role is Role.ACTIVE
    if is_doubtful and state.repairing_until > view.now:
        return
    is_baseless = is_doubtful and not state.failed and not partner.failed
    if partner.claim_is_unfit and state.role is Role.ACTIVE:
        is_baseless = not fitness.serving_unfit_reason(view.group, state)
    if is_baseless:
        if partner.claim != state.claim_refused:
            yield Notice(Fact.CLAIM_BASELESS, f"{partner.claim_reason}: not so any more")
        return
    yield Notice(Fact.PARTNER_CLAIMS, partner.claim_reason, {"claim": partner.claim})


def _is_serving_known(view: View, state: GroupState) -> bool:
    """Whether the claimant has heard us since we serve. One that claims before it has, as a node
    does that wakes from a freeze, takes the claim back when it hears us."""
    known, since = view.link.acknowledged_at, state.active_from
    return since is None or (known is not None and known >= since)
