"""Taking in an event: what it adds to the knowledge of a group, before anything is decided.

No role changes here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from piranha.decisions import takeover_check
from piranha.decisions.events import (
    CarrierChanged,
    Event,
    FosFound,
    FosLost,
    FosReported,
    HeartbeatHeard,
    HoldChanged,
    IgnoreChanged,
    VipsAsked,
)
from piranha.decisions.fencing import Fencing
from piranha.decisions.group_state import Asking, Conflict, Failure, GroupState
from piranha.decisions.partner_link import Link, hears_us_now, longest_quiet
from piranha.decisions.rules import GroupRules, NodeRules
from piranha.terms import Role
from piranha.values import replace
from piranha.wire.heartbeat import GroupBeat
from piranha.wire.report_line import (
    Armed,
    Dropped,
    FosMode,
    Hello,
    Released,
    Report,
    ServiceMoved,
    ServiceState,
    ServiceVerdict,
    Unarmable,
    VipProbed,
)


@dataclass(frozen=True, slots=True)
class View:
    """What a step looks at besides the group's own state."""

    rules: NodeRules
    group: GroupRules
    link: Link
    sees_witness: bool | None
    has_lost_witness: bool
    """For long, while the partner is heard and sees one: the other node should serve."""
    stands_alone_from: float | None
    """What was sent until then may count unacknowledged, if nothing is heard; None: nothing."""
    frozen: str
    """Which node stood still lately, and for how long: part of every reason; empty: none."""
    now: float
    fencing: Fencing | None = None
    """The newest fence of this silence."""
    partner_macs: frozenset[str] = frozenset()
    roles: tuple[Role, ...] = ()
    """The roles of all groups of this node."""

    @property
    def deadtime(self) -> float:
        return self.rules.deadtime_seconds


def observe(view: View, state: GroupState, event: Event) -> GroupState:
    """The state with the event's facts in it; its time-outs run off as well."""
    match event:
        case HeartbeatHeard():
            state = _hear(view, state)
        case FosReported(mode=FosMode.ACTIVE, report=report):
            state = _own_report(view, state, report)
        case FosReported(mode=FosMode.MONITOR, report=ServiceVerdict() as verdict):
            state = _judge_there(view, state, verdict)
        case FosFound(mode=FosMode.ACTIVE, hello=hello):
            state = _find(view, state, hello)
        case FosLost(mode=FosMode.ACTIVE):
            state = _lose(view, state, event)
        case FosReported(mode=FosMode.MONITOR, report=VipProbed() as probed):
            state = _see_through_vip(view, state, probed)
        case FosFound(mode=FosMode.MONITOR):
            state = replace(state, has_monitor=True)
        case FosLost(mode=FosMode.MONITOR):
            state = replace(state, failed_there={}, has_monitor=False)
        case CarrierChanged():
            reason = "" if event.has_carrier else f"no carrier on {event.device}"
            # What our own probes said while the cable came and went says nothing of the partner.
            state = replace(
                state, has_carrier=event.has_carrier, carrier_reason=reason, failed_there={}
            )
        case VipsAsked():
            state = _answers(view, state, event)
        case HoldChanged():
            state = replace(state, is_held=event.is_held)
        case IgnoreChanged():
            change: Callable[[frozenset[str]], frozenset[str]] = (
                (lambda names: names | {event.service})
                if event.is_ignored
                else (lambda names: names - {event.service})
            )
            state = replace(state, ignored=change(state.ignored))
        case _:
            pass
    return _run_off(view, state)


def _run_off(view: View, state: GroupState) -> GroupState:
    if state.naming:
        state = _forget_names(state)
    if state.broken_since is not None and _is_well_served(state) is (state.well_since is None):
        state = replace(state, well_since=view.now if state.well_since is None else None)
    if state.has_lost_witness is not view.has_lost_witness:
        state = replace(state, has_lost_witness=view.has_lost_witness)
    if state.offer and view.now >= state.offer_until:
        state = replace(state, offer=0)
    if state.role is Role.ACTIVE and not state.failed:
        stood = view.now - max(state.stands_since, state.since) >= view.rules.reentry_seconds
        if stood and (state.tries or state.unfit or state.repair_pause):
            state = replace(state, tries=0, unfit=None, repair_pause=0.0)
    return state


def _is_well_served(state: GroupState) -> bool:
    """Whether the node that serves the group finds nothing wrong with it."""
    if state.role is Role.ACTIVE:
        return not state.failed
    partner = state.partner
    return partner is not None and partner.role is Role.ACTIVE and partner.is_fit


def _hear(view: View, state: GroupState) -> GroupState:
    beat = view.link.partner
    if beat is None:
        return state
    mine = next((g for g in beat.groups if g.name == state.name), None)
    if mine is None:
        since = state.lacking_since if state.lacking_since is not None else view.now
        return replace(state, partner=None, partner_at=view.now, lacking_since=since)
    serves_there = mine.role in (Role.STARTING, Role.ACTIVE)
    served_there = not mine.role.is_inactive
    conflict = None
    if state.serves and serves_there:
        conflict = state.conflict or Conflict(view.now, view.link.sequence)
    claim = state.claim
    if (
        claim
        and state.partner
        and mine.role is Role.RELEASING
        and mine.judged < state.partner.judged
    ):
        # One more service is being stopped: the release goes on.
        claim = replace(claim, deadline=view.now + view.group.release_timeout_seconds)
    if claim and mine.repairing_seconds > 0:
        # It mends the service; the claim waits so long, and the release has its time after that.
        limit = view.now + mine.repairing_seconds + view.group.release_timeout_seconds
        claim = replace(claim, deadline=max(claim.deadline, limit))
    check = state.check
    if serves_there and state.role.is_inactive and (check is None or check.epoch != mine.epoch):
        check = takeover_check.begun(mine.epoch, view.now)
    if state.period and mine.vips_seen_epoch == state.period:
        evidence = mine.vips_evidence if mine.vips_are_wrong else ""
        if (state.is_believed, state.belief_evidence) != (not mine.vips_are_wrong, evidence):
            state = replace(state, is_believed=not mine.vips_are_wrong, belief_evidence=evidence)
    return replace(
        state,
        check=check,
        claim=claim,
        partner=mine,
        partner_at=view.now if view.link.last_heard_at is None else view.link.last_heard_at,
        lacking_since=None,
        epoch=max(state.epoch, mine.epoch),
        has_partner_served=state.has_partner_served or served_there,
        failed_there=_still_judged(view, state, mine),
        asked_to_probe=state.asked_to_probe & mine.failed,
        conflict=conflict,
    )


def _still_judged(view: View, state: GroupState, mine: GroupBeat) -> dict[int, Failure]:
    """What failed while no heartbeat came says nothing of the services, even afterwards."""
    quiet = view.now - state.partner_at
    if quiet > longest_quiet(view.rules) or not hears_us_now(view.link, view.rules):
        return {}
    return {tag: seen for tag, seen in state.failed_there.items() if tag in mine.judged}


def _own_report(view: View, state: GroupState, report: Report) -> GroupState:
    match report:
        case Armed():
            return replace(state, is_armed=True, is_arming=False, unarmed_reason="")
        case Unarmable():
            return replace(state, is_armed=False, is_arming=False, unarmed_reason=report.reason)
        case Released() if report.epoch == state.astray:
            return replace(state, astray=0)
        case Dropped() if report.epoch == state.period:
            return replace(state, active_to=view.now)
        case ServiceMoved():
            return _service_moved(view, state, report)
        case ServiceVerdict():
            failed = _judge(view, state.failed, report)
            stands = state.stands_since if not state.failed else view.now
            return replace(state, failed=failed, stands_since=stands)
        case _:
            return state


def _service_moved(view: View, state: GroupState, moved: ServiceMoved) -> GroupState:
    tag = _tag(view.group, moved.service)
    if tag is None:
        return state
    judged = state.judged - {tag}
    if moved.state is ServiceState.JUDGED:
        judged = state.judged | {tag}
    failed = state.failed
    if moved.state in (ServiceState.STOPPED, ServiceState.STARTING):
        failed = {t: f for t, f in failed.items() if t != tag}
    repairing = state.repairing_until
    if moved.state is ServiceState.REPAIRING:
        repairing = view.now + view.group.start_seconds
    elif moved.state in (ServiceState.JUDGED, ServiceState.STOPPED):
        repairing = 0.0
    return replace(state, judged=judged, failed=failed, repairing_until=repairing)


def _judge(view: View, failures: dict[int, Failure], verdict: ServiceVerdict) -> dict[int, Failure]:
    tag = _tag(view.group, verdict.service)
    others = {t: f for t, f in failures.items() if t != tag}
    if tag is None or verdict.is_healthy:
        return others
    text = f"{verdict.verdict}: {verdict.evidence}" if verdict.evidence else verdict.verdict
    before = failures.get(tag)
    is_confirmed = before is not None and before.probes >= 2
    at = before.confirmed_at if before is not None and is_confirmed else view.now
    return {**others, tag: Failure(text, verdict.probes, at, view.now)}


def _judge_there(view: View, state: GroupState, verdict: ServiceVerdict) -> GroupState:
    """Only what the partner lists as judged counts, and only probes since it does: a service that
    is still being started fails any number of them. Nor do probes count that go where our
    heartbeats do not arrive. A failed probe during which nobody but the partner proved that our
    own segment is there is known, but does not count: it may be our own cable."""
    tag = _tag(view.group, verdict.service)
    if tag is None or state.partner is None or tag not in state.partner.judged:
        return state
    if not hears_us_now(view.link, view.rules) or not state.has_carrier:
        return replace(state, failed_there={})
    before = state.failed_there.get(tag)
    since = before.reported_at if before else view.now
    counts = _saw_segment(view, since)
    counted = replace(verdict, probes=(before.probes if before else 0) + counts)
    return replace(state, failed_there=_judge(view, state.failed_there, counted))


def _see_through_vip(view: View, state: GroupState, probed: VipProbed) -> GroupState:
    """What is found while the partner releases says nothing of a fault."""
    tag, partner = _tag(view.group, probed.service), state.partner
    if tag is None or partner is None or partner.role is not Role.ACTIVE:
        return state
    check, naming = state.check, state.naming.get(tag)
    is_whole = probed.is_healthy is not False or probed.is_real_healthy is not None
    if check is not None and tag in check.probing and is_whole:
        is_unreached = probed.is_healthy is False and probed.is_real_healthy is True
        text = f"{probed.service} answers, but not through its VIP: {probed.verdict}"
        check = takeover_check.probed(check, tag, text if is_unreached else "", view.now)
        state = replace(state, check=check)
    if naming is None:
        return state
    return replace(state, naming={**state.naming, tag: replace(naming, seen=probed)})


def _forget_names(state: GroupState) -> GroupState:
    """Those of services that fail no longer."""
    told = state.partner.failed if state.partner else frozenset[int]()
    failing = told | state.failed_there.keys()
    if state.naming.keys() <= failing:
        return state
    kept = {tag: naming for tag, naming in state.naming.items() if tag in failing}
    return replace(state, naming=kept)


def _saw_segment(view: View, since: float) -> bool:
    """A witness answers, or a third station was heard in the time of this probe."""
    at = view.link.stranger_at
    return bool(view.sees_witness) or (at is not None and at > since)


def _find(view: View, state: GroupState, hello: Hello) -> GroupState:
    judged = frozenset(
        tag
        for tag, name in view.group.service_tags.items()
        if hello.services.get(name) == ServiceState.JUDGED
    )
    return replace(
        state,
        is_armed=hello.epoch != 0,
        is_arming=hello.epoch == 0,
        unarmed_reason="" if hello.epoch else "fos is not armed yet",
        is_fos_gone=False,
        astray=state.astray if hello.epoch else 0,
        judged=judged,
        failed={},
        epoch=max(state.epoch, hello.epoch, hello.last_epoch_ended),
    )


def _lose(view: View, state: GroupState, event: FosLost) -> GroupState:
    lease = max(view.deadtime, 1.0)
    losses = (*(t for t in state.fos_losses if view.now - t < lease), view.now)
    return replace(
        state,
        is_armed=False,
        is_arming=not event.is_permanent,
        unarmed_reason=f"fos ended: {event.reason}",
        fos_losses=losses,
        is_fos_gone=event.is_permanent or len(losses) > 1,
    )


def _answers(view: View, state: GroupState, event: VipsAsked) -> GroupState:
    def told(is_partner: bool) -> str:
        return ", ".join(
            f"{a.vip} is at {a.mac}" for a in event.answers if a.is_partner is is_partner
        )

    before = state.asking
    foreign = told(False)
    check = state.check
    if check is not None and check.asked_at is not None and event.asked_at >= check.asked_at:
        partners = frozenset(answer.vip for answer in event.answers if answer.is_partner)
        check = takeover_check.judged(check, event.asked, partners, foreign, view.now)
        state = replace(state, check=check)
    since = before.foreign_since if before and before.foreign_since is not None else view.now
    asking = Asking(event.asked_at, True, told(True), foreign, since if foreign else None)
    return replace(state, asking=asking)


def _tag(group: GroupRules, name: str) -> int | None:
    return next((tag for tag, known in group.service_tags.items() if known == name), None)
