"""From what is known of a group to facts: all time arithmetic and every guard is here.

Facts are found in a fixed order of importance. Each carries its evidence, so that the reason of
a move can be printed: what was measured, and the limit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from piranha.config.timing import has_kernel_lease
from piranha.decisions import fitness, partner_link
from piranha.decisions.events import Event, FosFound, FosReported, StopAsked, SwitchAsked
from piranha.decisions.group_state import ClaimKind, Failure, GroupState
from piranha.decisions.observing import View
from piranha.terms import Role
from piranha.wire.report_line import Armed, FosMode, Released, Serving

ASK_SECONDS = 0.1
"""How long the segment is given to answer for a VIP before the deadtime ends."""
ASK_AGAIN_SECONDS = 0.25
NOT_ASKED = "the segment was not asked yet"
CONFLICT_GRACE = 0.7
"""The first heartbeats after a cut were composed before anything was heard."""
ANNOUNCE_TOLERANCE = 0.25


class Fact(StrEnum):
    """What can be true of a group now; the order is the order of importance."""

    LET_GO = "let go"
    PERMISSION_ENDED = "permission ended"
    FOS_FAILED = "fos failed"
    STOPPING = "stopping"
    CONFLICT_LOST = "conflict lost"
    CONFLICT_ENDED = "conflict ended"
    FOUND_SERVING = "found serving"
    FOUND_ASTRAY = "found astray"
    FOS_RETURNED = "fos returned"
    ALL_STARTED = "all started"
    CLAIM_LOST = "claim lost"
    CLAIM_ANSWERED = "claim answered"
    CLAIM_REFUSED = "claim refused"
    CLAIM_MOOT = "claim moot"
    CLAIM_UNRELEASED = "claim unreleased"
    CLAIM_OVERDUE = "claim overdue"
    CLAIM_HOPELESS = "claim hopeless"
    PARTNER_CLAIMS = "partner claims"
    CLAIM_BASELESS = "claim baseless"
    STARTUP_OVER = "startup over"
    PARTNER_LEFT = "partner left"
    PARTNER_SILENT = "partner silent"
    TAKEOVER_BLOCKED = "takeover blocked"
    SILENCE_NEARS_END = "silence nears its end"
    PARTNER_LACKS_GROUP = "partner lacks the group"
    FORCED = "forced"
    SWITCH_ASKED = "switch asked"
    SWITCH_REFUSED = "switch refused"
    PARTNER_OFFERS = "partner offers"
    SERVICE_FAILED_THERE = "service failed there"
    PARTNER_UNFIT = "partner unfit"
    NOBODY_SERVES = "nobody serves"
    START_OVERDUE = "start overdue"
    FAILBACK_DUE = "failback due"
    VERDICT_DIFFERS = "verdict differs"
    REPAIR_DUE = "repair due"


@dataclass(frozen=True, slots=True)
class Notice:
    """A fact with what shows it; `text` is a sentence with measured value and limit."""

    fact: Fact
    text: str
    evidence: dict[str, Any] = field(default_factory=dict)


def notice(view: View, state: GroupState, event: Event) -> list[Notice]:
    """Every fact that holds now, most important first."""
    found: dict[Fact, Notice] = {}
    for finder in FINDERS:
        for item in finder(view, state, event):
            found.setdefault(item.fact, item)
    return [found[fact] for fact in Fact if fact in found]


Found = Iterator[Notice]


def own_fos(view: View, state: GroupState, event: Event) -> Found:
    """Our own fos: what it said, and what its permission says."""
    now = view.now
    match event:
        case FosReported(mode=FosMode.ACTIVE, report=Released() as said):
            if said.epoch == state.period:
                yield Notice(Fact.LET_GO, said.reason or "released")
        case FosReported(mode=FosMode.ACTIVE, report=Serving() as said):
            if said.epoch == state.period:
                yield Notice(Fact.ALL_STARTED, f"all services started after {said.seconds:.3f} s")
        case FosReported(mode=FosMode.ACTIVE, report=Armed()):
            if state.period:
                yield Notice(Fact.FOS_RETURNED, "fos is armed again")
        case FosFound(mode=FosMode.ACTIVE, hello=hello) if hello.epoch:
            if hello.epoch == state.period:
                yield Notice(Fact.FOS_RETURNED, f"fos {hello.pid} still holds epoch {hello.epoch}")
            elif state.role is Role.LISTENING and hello.until > now and not state.period:
                left = f"fos {hello.pid} holds epoch {hello.epoch} for {hello.until - now:.2f} s"
                evidence = {"epoch": hello.epoch, "until": hello.until, "pid": hello.pid}
                yield Notice(Fact.FOUND_SERVING, left, evidence)
            else:
                text = f"fos {hello.pid} holds epoch {hello.epoch}, which has ended"
                yield Notice(Fact.FOUND_ASTRAY, text, {"epoch": hello.epoch})
        case StopAsked():
            yield Notice(Fact.STOPPING, event.by)
    if state.serves and now >= state.permitted_until:
        late = now - state.permitted_until
        yield Notice(
            Fact.PERMISSION_ENDED,
            f"the partner has acknowledged no heartbeat for {_silence(view):.2f} s"
            f" (permission ended {late:.3f} s ago)",
            {"late": late},
        )
    if state.serves and (state.is_fos_gone or not (state.is_armed or state.is_arming)):
        yield Notice(Fact.FOS_FAILED, state.unarmed_reason)


def conflict(view: View, state: GroupState, _event: Event) -> Found:
    """Both nodes serve: one of them lets go, the other announces again."""
    partner, beat = state.partner, view.link.partner
    if partner is None or beat is None or not state.serves:
        return
    if state.conflict and partner_link.is_partner_heard(view.link, view.rules, view.now):
        lost = _conflict_lost(view, state)
        if lost:
            yield Notice(Fact.CONFLICT_LOST, f"both nodes serve: {lost}", {"epoch": partner.epoch})
    if partner.active_to_age is not None and state.active_from is not None:
        ended = state.partner_at - partner.active_to_age
        known = state.announced_after
        is_news = known is None or ended > known + ANNOUNCE_TOLERANCE
        if ended > state.active_from + ANNOUNCE_TOLERANCE and is_news:
            yield Notice(
                Fact.CONFLICT_ENDED,
                f"the partner was active until {view.now - ended:.2f} s ago",
                {"ended": ended},
            )


def _conflict_lost(view: View, state: GroupState) -> str:
    partner, beat = state.partner, view.link.partner
    assert partner is not None
    assert beat is not None
    assert state.conflict is not None
    if beat.has_carrier != state.has_carrier:
        return "" if state.has_carrier else f"{state.carrier_reason}, the partner has one"
    if partner.epoch != state.period:
        is_newer = partner.epoch > state.period
        if is_newer:
            return f"the partner's epoch {partner.epoch} is newer than ours, {state.period}"
    elif not view.group.is_preferred:
        return f"both have epoch {state.period}, and the partner is preferred"
    waited = view.now - state.conflict.since
    beats = view.link.sequence - state.conflict.sequence
    if not partner_link.hears_us(view.link) and waited >= CONFLICT_GRACE and beats >= 3:
        return f"the partner has not heard us for {waited:.2f} s, only we can act"
    return ""


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
        yield Notice(Fact.CLAIM_REFUSED, "the partner refused the claim")
    if moot := _moot(view, state):
        yield Notice(Fact.CLAIM_MOOT, moot)
    yield from _overdue(view, state, acknowledged)


def _overdue(view: View, state: GroupState, acknowledged: float | None) -> Found:
    claim = state.claim
    assert claim is not None
    if claim.withheld_since is not None:
        waited = view.now - claim.withheld_since
        if waited >= view.deadtime and _is_segment_quiet(view, state, claim.withheld_since):
            text = f"{claim.reason}; not released, and unanswered by us for {waited:.2f} s"
            yield Notice(Fact.CLAIM_UNRELEASED, text, {"waited": waited})
    elif view.now >= claim.deadline:
        is_claim_heard = acknowledged is not None and acknowledged >= claim.since
        waited = view.now - claim.since
        what = "heard it" if is_claim_heard else "does not hear us"
        text = f"not released after {waited:.2f} s; the partner {what}"
        may_take = is_claim_heard and view.rules.unreleased_takes
        fact = Fact.CLAIM_OVERDUE if may_take else Fact.CLAIM_HOPELESS
        yield Notice(fact, text, {"waited": waited})


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
        return "" if _failed_there(view, state) else "the service answers again"
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
    is_doubtful = partner.claim_is_fault and state.role is Role.ACTIVE
    if is_doubtful and state.repairing_until > view.now:
        return
    if is_doubtful and not state.failed and not partner.failed:
        if partner.claim != state.claim_refused:
            yield Notice(Fact.CLAIM_BASELESS, f"{partner.claim_reason}: not so any more")
        return
    yield Notice(Fact.PARTNER_CLAIMS, partner.claim_reason, {"claim": partner.claim})


def silence(view: View, state: GroupState, _event: Event) -> Found:
    """The partner is not there, or was never heard."""
    link, rules, now = view.link, view.rules, view.now
    if state.role is Role.LISTENING:
        is_heard = partner_link.is_partner_heard(link, rules, now)
        waited = now - state.since
        if waited >= rules.startup_wait_seconds or (is_heard and _may_stand_by(state)):
            yield Notice(Fact.STARTUP_OVER, f"listened for {waited:.2f} s")
    if not state.role.is_inactive:
        return
    partner = state.partner
    if partner_link.has_partner_left(link):
        if partner is None or partner.role.is_inactive:
            blocked = _blocked(view, state)
            fact = Fact.TAKEOVER_BLOCKED if blocked else Fact.PARTNER_LEFT
            yield Notice(fact, blocked or f"{rules.partner_name} said goodbye")
        return
    silent = _silence(view)
    if silent >= view.deadtime:
        text = (
            f"no heartbeat from {rules.partner_name} on any path for {silent:.3f} s"
            f" (deadtime {view.deadtime:g} s)"
        )
        blocked = _blocked(view, state) or _vips_block(view, state)
        if blocked:
            yield Notice(Fact.TAKEOVER_BLOCKED, f"{text}, but {blocked}", {"blocked": blocked})
        else:
            yield Notice(Fact.PARTNER_SILENT, text, {"silent": silent, "deadtime": view.deadtime})
    if silent >= view.deadtime - ASK_SECONDS and _asks(view) and _is_due_to_ask(view, state):
        yield Notice(Fact.SILENCE_NEARS_END, f"silent for {silent:.2f} s")


def _may_stand_by(state: GroupState) -> bool:
    """While the partner serves there is nothing to wait for; else fos should be armed first."""
    partner = state.partner
    return (partner is not None and not partner.role.is_inactive) or not state.is_arming


def _blocked(view: View, state: GroupState) -> str:
    """What forbids a takeover from a dead partner; being unfit does not."""
    if state.is_held:
        return "this node is held"
    if unable := fitness.unable_reason(state):
        return unable
    if view.sees_witness is False:
        return "no witness answers"
    return ""


def _asks(view: View) -> bool:
    """Where a kernel lease was in force, the segment is asked before a takeover."""
    return has_kernel_lease(
        view.rules.keepalive_seconds, partner_link.partner_deadtime(view.link, view.rules)
    )


def _is_due_to_ask(view: View, state: GroupState) -> bool:
    asking = state.asking
    if asking is None or asking.asked_at < view.link.silent_since:
        return True
    since = view.now - asking.asked_at
    return since >= (ASK_AGAIN_SECONDS if asking.is_over else 10 * ASK_SECONDS)


def _is_segment_quiet(view: View, state: GroupState, since: float) -> bool:
    if not _asks(view):
        return True
    asking = state.asking
    return (
        asking is not None
        and asking.is_over
        and asking.asked_at >= since + view.deadtime - 1.5 * ASK_SECONDS
        and not asking.partner_answer
    )


def _vips_block(view: View, state: GroupState) -> str:
    """Who still answers for the VIPs; empty when nobody who matters does."""
    if not _asks(view):
        return ""
    asking = state.asking
    earliest = view.link.silent_since + view.deadtime - 1.5 * ASK_SECONDS
    if asking is None or not asking.is_over or asking.asked_at < earliest:
        return NOT_ASKED
    if asking.partner_answer and view.rules.vip_answers_wait:
        return f"the partner still answers: {asking.partner_answer}; only the heartbeat is cut"
    if asking.foreign_answer and asking.foreign_since is not None:
        waited = view.now - asking.foreign_since
        if view.rules.vip_foreign_wait or waited < view.deadtime:
            return f"address conflict: {asking.foreign_answer}"
    return ""


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
    if refusal:
        return Notice(Fact.SWITCH_REFUSED, f"switch asked by {event.by} refused: {refusal}")
    return Notice(Fact.SWITCH_ASKED, f"asked by {event.by}")


def _claims_from_active(view: View, state: GroupState) -> Found:
    partner = state.partner
    assert partner is not None
    failed = _failed_there(view, state)
    if failed and partner.repairing_seconds <= 0 and _is_worth_a_try(state):
        yield Notice(Fact.SERVICE_FAILED_THERE, failed)
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


def _failed_there(view: View, state: GroupState) -> str:
    """The partner's failed services that count, as a sentence; empty without any.

    What only our own probes say counts after two of them, from a partner that is heard after them
    and hears us: when its node or the network dies, that is the reason, not its services.
    """
    partner = state.partner
    if partner is None:
        return ""
    tags = view.group.service_tags
    for tag in sorted(partner.judged & tags.keys()):
        if tags[tag] in state.ignored:
            continue
        seen = state.failed_there.get(tag)
        if tag in partner.failed:
            why = seen.evidence if seen else partner.unfit_reason or "its own probes say so"
            return f"service {tags[tag]} failed on {view.rules.partner_name}: {why}"
        if seen and seen.probes >= 2 and _is_believable(view, state, seen):
            return (
                f"service {tags[tag]} on {view.rules.partner_name} failed {seen.probes} of our"
                f" probes: {seen.evidence}"
            )
    return ""


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


def upkeep(view: View, state: GroupState, _event: Event) -> Found:
    """What an active node does without moving."""
    if state.role is not Role.ACTIVE:
        return
    partner = state.partner
    is_heard = partner_link.is_partner_heard(view.link, view.rules, view.now)
    if partner is not None and is_heard:
        differing = (partner.failed & state.judged) - state.failed.keys() - state.asked_to_probe
        if differing:
            names = ", ".join(view.group.service_tags.get(t, "?") for t in sorted(differing))
            evidence = {"tags": sorted(differing)}
            yield Notice(Fact.VERDICT_DIFFERS, f"the partner calls {names} failed", evidence)
    failures = fitness.counted_failures(view.group, state)
    helpless = partner is None or not is_heard or partner.is_held or not partner.is_fit
    if failures and helpless and view.now >= state.repair_at:
        yield Notice(Fact.REPAIR_DUE, next(iter(failures.values())), {"tags": sorted(failures)})


def _silence(view: View) -> float:
    return view.now - view.link.silent_since


FINDERS: tuple[Callable[[View, GroupState, Event], Found], ...] = (
    own_fos,
    conflict,
    own_claim,
    partners_claim,
    silence,
    standby_duty,
    upkeep,
)
