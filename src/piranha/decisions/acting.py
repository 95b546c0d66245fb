"""What each action of a move means: the state after it, and what the shell must do.

An action decides nothing; `failover.MOVES` says which are taken, and in which order.
"""

from collections.abc import Callable

from piranha.decisions import partner_link, takeover_check
from piranha.decisions.absence import ASK_SECONDS, NOT_ASKED
from piranha.decisions.effects import AskVips, Effect, Fence, OrderFos, Remember, Say, SendHeartbeat
from piranha.decisions.facts import Fact, Notice
from piranha.decisions.group_state import Asking, Claim, ClaimKind, GroupState, Naming, Unfit
from piranha.decisions.observing import View
from piranha.terms import Severity
from piranha.values import replace
from piranha.wire.order_line import Announce, Order, Permit, ProbeNow, ProbeVip, Release, Repair
from piranha.wire.report_line import FosMode

LONGEST_REPAIR_PAUSE = 60.0
OFFER_SECONDS = 10.0

Acted = tuple[GroupState, tuple[Effect, ...]]
Action = Callable[[View, GroupState, Notice], Acted]

CLAIM_KINDS = {
    Fact.SERVICE_FAILED_THERE: ClaimKind.FAULT,
    Fact.PARTNER_UNFIT: ClaimKind.UNFIT,
    Fact.NOBODY_SERVES: ClaimKind.NOBODY,
    Fact.SWITCH_ASKED: ClaimKind.SWITCH,
    Fact.PARTNER_OFFERS: ClaimKind.SWITCH,
    Fact.START_OVERDUE: ClaimKind.BACK,
    Fact.FAILBACK_DUE: ClaimKind.BACK,
}
SILENT_FACTS = (Fact.PARTNER_SILENT, Fact.PARTNER_LEFT, Fact.FORCED)


def _order(state: GroupState, order: Order) -> Effect:
    return OrderFos(state.name, FosMode.ACTIVE, order)


def permission(view: View, state: GroupState) -> float:
    """The instant until which the VIPs may be held now; never earlier than granted before."""
    alone_from = view.stands_alone_from if state.has_carrier else None
    until = partner_link.certain_until(view.link, view.rules, view.now, alone_from)
    if state.is_withheld and not partner_link.is_alone(view.link, view.rules, view.now):
        until = None  # the partner acknowledges, but not for this group
    candidates = [state.permitted_until]
    if until is not None:
        candidates.append(until)
    if state.taken_at is not None:
        candidates.append(partner_link.lease_from(view.link, view.rules, state.taken_at))
    return max(candidates)


def permit_of(view: View, state: GroupState) -> Permit:
    """The permission as it stands, and what it rests on."""
    link, rules = view.link, view.rules
    is_silent = partner_link.is_alone(link, rules, view.now) or partner_link.has_partner_left(link)
    until = {"partner": state.permitted_until}
    return Permit(state.period, until, state.is_adopting, is_silent)


def take(view: View, state: GroupState, notice: Notice) -> Acted:
    """Begin a serving period under a new epoch."""
    epoch = state.epoch + 1
    claim = state.claim
    state = replace(
        state,
        epoch=epoch,
        period=epoch,
        permitted_until=0.0,
        taken_at=view.now if notice.fact in SILENT_FACTS else None,
        is_adopting=False,
        active_from=view.now,
        active_to=None,
        announced_after=None,
        judged=frozenset(),
        failed={},
        claim=None,
        asking=None,
        handed_over_at=None,
        has_partner_served=False,
        failed_there={},
        naming={},
        repair_at=0.0,
        repair_pause=0.0,
        fos_losses=(),
        is_fos_gone=False,
        check=None,
        belief_number=0,
        is_believed=None,
        belief_evidence="",
        took_after_fault=claim is not None and claim.kind is ClaimKind.FAULT,
    )
    state = replace(state, permitted_until=permission(view, state))
    permit = permit_of(view, state)
    return state, (_order(state, permit), SendHeartbeat(), Remember(state.name, epoch))


def adopt(view: View, state: GroupState, notice: Notice) -> Acted:
    """Go on with a serving period that an earlier pulse began."""
    epoch = int(notice.evidence["epoch"])
    state = replace(
        state,
        period=epoch,
        permitted_until=float(notice.evidence["until"]),
        active_from=view.now,
        active_to=None,
        claim=None,
    )
    return state, (SendHeartbeat(),)


def permit_again(view: View, state: GroupState, _notice: Notice) -> Acted:
    """A fos that came back holds on with what is granted already."""
    state = replace(state, is_adopting=True)
    return state, (_order(state, permit_of(view, state)),)


def _release(state: GroupState, notice: Notice, *, vips_first: bool) -> Acted:
    order = Release(state.period, vips_first, notice.text)
    return replace(state, conflict=None, taken_at=None), (_order(state, order), SendHeartbeat())


def release_asked(_view: View, state: GroupState, notice: Notice) -> Acted:
    """By request: services stop first, then the VIPs go."""
    return _release(state, notice, vips_first=False)


def release_vips_first(_view: View, state: GroupState, notice: Notice) -> Acted:
    """The right to the VIPs has ended: they go first."""
    return _release(state, notice, vips_first=True)


def release_stray(_view: View, state: GroupState, notice: Notice) -> Acted:
    """A fos holds what this node does not serve."""
    epoch = int(notice.evidence["epoch"])
    order = Release(epoch, True, notice.text)
    return replace(state, astray=epoch), (_order(state, order),)


def mark_unfit_if_fault(view: View, state: GroupState, notice: Notice) -> Acted:
    """Only a claim about a service, and a fos that cannot be kept, make the releaser unfit."""
    partner = state.partner
    if notice.fact is Fact.PARTNER_CLAIMS and not (partner and partner.claim_is_fault):
        return replace(state, handed_over_at=view.now), ()
    unfit = Unfit(notice.text, view.now, max(1, len(state.failed)), state.took_after_fault)
    return replace(state, unfit=unfit, tries=state.tries + 1), ()


def end_period(view: View, state: GroupState, _notice: Notice) -> Acted:
    """Nothing is held any more; an open claim of the partner is answered by this."""
    partner = state.partner
    state = replace(
        state,
        period=0,
        permitted_until=0.0,
        taken_at=None,
        is_adopting=False,
        active_to=state.active_to if state.active_to is not None else view.now,
        judged=frozenset(),
        failed={},
        repairing_until=0.0,
        conflict=None,
        offer=0,
        has_partner_served=False,
        is_fos_gone=False,
        claim_answered=partner.claim
        if partner and partner.claim and not state.astray
        else state.claim_answered,
    )
    return state, (SendHeartbeat(),)


def open_claim(view: View, state: GroupState, notice: Notice) -> Acted:
    number = state.numbers_used + 1
    claim = Claim(
        number,
        CLAIM_KINDS[notice.fact],
        notice.text,
        view.now,
        view.now + view.group.release_timeout_seconds,
    )
    partner = state.partner
    offer = partner.offer if partner else 0
    state = replace(state, claim=claim, numbers_used=number, offer_seen=offer)
    return state, (SendHeartbeat(),)


def close_claim(_view: View, state: GroupState, _notice: Notice) -> Acted:
    return replace(state, claim=None), (SendHeartbeat(),)


def withhold_answers(view: View, state: GroupState, notice: Notice) -> Acted:
    """Acknowledge nothing from now on: a lease that is not released ends by itself."""
    assert state.claim is not None
    claim = replace(state.claim, withheld_since=view.now)
    text = f"{notice.text}; acknowledging this group no more, so that its lease ends"
    return replace(state, claim=claim), (Say(Severity.CRITICAL, state.name, text),)


def give_up_claim(view: View, state: GroupState, _notice: Notice) -> Acted:
    """A claim that is not heard is never taken; a person is called by the record of the move."""
    later = view.now + view.group.release_timeout_seconds
    return replace(state, claim=None, claim_not_before=later), (SendHeartbeat(),)


def answer_claim(_view: View, state: GroupState, _notice: Notice) -> Acted:
    assert state.partner is not None
    return replace(state, claim_answered=state.partner.claim), (SendHeartbeat(),)


def refuse_claim(_view: View, state: GroupState, notice: Notice) -> Acted:
    assert state.partner is not None
    say = Say(Severity.WARNING, state.name, f"claim refused: {notice.text}")
    return replace(state, claim_refused=state.partner.claim), (say, SendHeartbeat())


def announce(_view: View, state: GroupState, notice: Notice) -> Acted:
    ended, epoch = float(notice.evidence["ended"]), int(notice.evidence["epoch"])
    state = replace(state, announced_after=ended, outdone_by=epoch)
    say = Say(Severity.WARNING, state.name, f"announcing the VIPs again: {notice.text}")
    return state, (_order(state, Announce(notice.text)), say)


def ask_segment(view: View, state: GroupState, _notice: Notice) -> Acted:
    from_before = state.asking
    since = from_before.foreign_since if from_before else None
    asking = Asking(view.now, foreign_since=since)
    return replace(state, asking=asking), (AskVips(state.name, ASK_SECONDS),)


def say_blocked(_view: View, state: GroupState, notice: Notice) -> Acted:
    blocked = str(notice.evidence.get("blocked", notice.text))
    if blocked == state.said_blocked or blocked == NOT_ASKED:
        return state, ()
    say = Say(Severity.CRITICAL, state.name, f"no takeover: {notice.text}")
    return replace(state, said_blocked=blocked), (say,)


def fence(view: View, state: GroupState, notice: Notice) -> Acted:
    """A partner is switched off: a person must hear of it, the first time above all."""
    is_first = view.fencing is None
    severity = Severity.CRITICAL if is_first else Severity.WARNING
    say = Say(severity, state.name, f"fencing {view.rules.partner_name}: {notice.text}")
    return state, (Fence(state.name, notice.text), say)


def say_broken(view: View, state: GroupState, notice: Notice) -> Acted:
    """A person must act, and hears of it once."""
    say = Say(Severity.CRITICAL, state.name, notice.text)
    return replace(state, broken_since=view.now, well_since=None), (say,)


def say_whole(_view: View, state: GroupState, notice: Notice) -> Acted:
    """As urgent: whoever was called learns that it is over."""
    say = Say(Severity.CRITICAL, state.name, notice.text)
    return replace(state, broken_since=None, well_since=None), (say,)


def check_vips(view: View, state: GroupState, notice: Notice) -> Acted:
    """Ask the segment whether it believes that the partner has the VIPs."""
    assert state.check is not None
    state = replace(state, check=takeover_check.asked(state.check, view.now))
    return ask_segment(view, state, notice)


def check_services(view: View, state: GroupState, notice: Notice) -> Acted:
    """Ask our monitor whether the partner's services answer through their VIPs."""
    assert state.check is not None
    tags = frozenset(notice.evidence["tags"])
    return replace(state, check=takeover_check.probing(state.check, tags, view.now)), tuple(
        _probe_vip(view, state, tag) for tag in sorted(tags)
    )


def announce_otherwise(_view: View, state: GroupState, notice: Notice) -> Acted:
    """The segment does not believe it: say it in every form that there is."""
    state = replace(state, belief_number=int(notice.evidence["number"]))
    text = f"the segment does not believe the takeover: {notice.text}"
    say = Say(Severity.WARNING, state.name, f"{text}; announcing the VIPs in other forms")
    return state, (_order(state, Announce(text, is_in_all_forms=True)), say)


def offer(view: View, state: GroupState, _notice: Notice) -> Acted:
    number = state.numbers_used + 1
    until = view.now + OFFER_SECONDS
    state = replace(state, offer=number, numbers_used=number, offer_until=until)
    return state, (SendHeartbeat(),)


def refuse_switch(_view: View, state: GroupState, notice: Notice) -> Acted:
    return state, (Say(Severity.WARNING, state.name, notice.text),)


def probe_vips(view: View, state: GroupState, notice: Notice) -> Acted:
    """Ask our monitor what it finds through the VIPs of these services."""
    told = state.partner.failed if state.partner else frozenset[int]()
    tags = [int(tag) for tag in notice.evidence["tags"]]
    begun = {tag: Naming(view.now, tag in told) for tag in tags}
    orders = tuple(_probe_vip(view, state, tag) for tag in tags)
    return replace(state, naming={**state.naming, **begun}), orders


def _probe_vip(view: View, state: GroupState, tag: int) -> OrderFos:
    return OrderFos(state.name, FosMode.MONITOR, ProbeVip(view.group.service_tags[tag]))


def probe_now(view: View, state: GroupState, notice: Notice) -> Acted:
    tags = frozenset(notice.evidence["tags"])
    names = [view.group.service_tags[t] for t in sorted(tags) if t in view.group.service_tags]
    orders = tuple(_order(state, ProbeNow(name)) for name in names)
    return replace(state, asked_to_probe=state.asked_to_probe | tags), orders


def repair(view: View, state: GroupState, notice: Notice) -> Acted:
    pause = min(max(1.0, state.repair_pause * 2), LONGEST_REPAIR_PAUSE)
    names = [view.group.service_tags[tag] for tag in notice.evidence["tags"]]
    orders = tuple(_order(state, Repair(name)) for name in names)
    text = f"nobody else can serve, repairing here (next try in {pause:.0f} s): {notice.text}"
    state = replace(state, repair_pause=pause, repair_at=view.now + pause)
    return state, (Say(Severity.ERROR, state.name, text), *orders)
