"""From what is known of a group to facts: every guard and all time arithmetic, in pure functions.

Facts are found in a fixed order of importance. Each carries its evidence, so that the reason of
a move can be printed: what was measured, and the limit.
"""

from collections.abc import Callable

from piranha.config.timing import CONFLICT_BEATS, CONFLICT_GRACE
from piranha.decisions import fitness, partner_link
from piranha.decisions.absence import absence
from piranha.decisions.broken_on_both import broken_on_both
from piranha.decisions.claims import own_claim, partners_claim
from piranha.decisions.events import Event, FosFound, FosReported, StopAsked
from piranha.decisions.facts import Fact, Found, Notice
from piranha.decisions.fault_naming import unnamed_faults
from piranha.decisions.group_state import GroupState
from piranha.decisions.observing import View
from piranha.decisions.standby_duty import standby_duty
from piranha.terms import Role
from piranha.wire.report_line import Armed, FosMode, Released, Serving

ANNOUNCE_TOLERANCE = 0.02
"""Seconds by which the end of the partner's service is known inexactly: it is an age in a
heartbeat, counted back from when that arrived."""
_IMPORTANCE = {fact: place for place, fact in enumerate(Fact)}


def notice(view: View, state: GroupState, event: Event) -> list[Notice]:
    """Every fact that holds now, most important first."""
    found: dict[Fact, Notice] = {}
    for finder in FINDERS:
        for item in finder(view, state, event):
            found.setdefault(item.fact, item)
    return sorted(found.values(), key=lambda item: _IMPORTANCE[item.fact]) if found else []


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
        isolated = ", and no witness answers" if view.sees_witness is False else ""
        acknowledged = now - (view.link.acknowledged_at or view.link.started_at)
        yield Notice(
            Fact.PERMISSION_ENDED,
            f"the partner has acknowledged no heartbeat for {acknowledged:.2f} s{isolated}"
            f" (permission ended {late:.3f} s ago)",
            {"late": late, "unacknowledged": acknowledged},
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
                {"ended": ended, "epoch": partner.epoch},
            )
    elif partner.role.is_inactive and partner.epoch > max(state.period, state.outdone_by):
        text = (
            f"the partner has served epoch {partner.epoch}, and does not know any more until when"
        )
        evidence = {"ended": view.now, "epoch": partner.epoch}
        yield Notice(Fact.CONFLICT_ENDED, text, evidence)


def _conflict_lost(view: View, state: GroupState) -> str:
    partner, beat = state.partner, view.link.partner
    assert partner is not None
    assert beat is not None
    assert state.conflict is not None
    if beat.has_carrier != state.has_carrier:
        return "" if state.has_carrier else f"{state.carrier_reason}, the partner has one"
    if None not in (beat.sees_witness, view.sees_witness) and (
        beat.sees_witness is not view.sees_witness
    ):
        return "" if view.sees_witness else "no witness answers here, the partner sees one"
    if beat.saw_segment != view.link.saw_segment:
        if beat.saw_segment:
            return "only the partner saw its segment while it did not hear us"
    elif partner.epoch != state.period:
        is_newer = partner.epoch > state.period
        if is_newer:
            return f"the partner's epoch {partner.epoch} is newer than ours, {state.period}"
    elif not view.group.is_preferred:
        return f"both have epoch {state.period}, and the partner is preferred"
    waited = view.now - state.conflict.since
    beats = view.link.sequence - state.conflict.sequence
    if (
        not partner_link.hears_us(view.link)
        and waited >= CONFLICT_GRACE
        and beats >= CONFLICT_BEATS
    ):
        return f"the partner has not heard us for {waited:.2f} s, only we can act"
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


def belief(view: View, state: GroupState, _event: Event) -> Found:
    """Whether the segment believes who serves: the standby asks, the keeper acts on the answer."""
    partner, check = state.partner, state.check
    if partner is None or not partner_link.is_partner_heard(view.link, view.rules, view.now):
        return
    if state.serves:
        is_news = partner.vips_seen_epoch == state.period
        is_news = is_news and partner.vips_seen_number != state.belief_number
        if is_news and partner.vips_are_wrong:
            text = partner.vips_evidence or "the partner does not find them here"
            yield Notice(Fact.TAKEOVER_DOUBTED, text, {"number": partner.vips_seen_number})
    elif check is not None and view.now >= check.next_at and not partner.role.is_inactive:
        yield Notice(Fact.VIPS_UNCHECKED, f"epoch {check.epoch} is not seen on the segment yet")
    elif check is not None and check.is_over and state.has_monitor:
        is_standby = state.role is Role.STANDBY and partner.role is Role.ACTIVE
        tags = (partner.judged - partner.failed - check.probed) & view.group.service_tags.keys()
        if tags and is_standby:
            text = f"not asked yet through the VIPs of epoch {check.epoch}"
            yield Notice(Fact.SERVICES_UNPROBED, text, {"tags": sorted(tags)})


FINDERS: tuple[Callable[[View, GroupState, Event], Found], ...] = (
    own_fos,
    conflict,
    own_claim,
    partners_claim,
    absence,
    unnamed_faults,
    standby_duty,
    belief,
    upkeep,
    broken_on_both,
)
