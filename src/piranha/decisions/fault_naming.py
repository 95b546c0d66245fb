"""What the three probes of a partner's service say now, for reasons and for people.

A service that fails there is probed once through its VIP. A claim waits a moment for that, no
longer: the name of the fault is for people, and clients wait.
"""

from piranha.decisions import partner_link
from piranha.decisions.events import Event
from piranha.decisions.facts import Fact, Found, Notice
from piranha.decisions.group_state import GroupState
from piranha.decisions.observing import View
from piranha.decisions.three_points import Answer, Owner, Point, ThreePoints
from piranha.terms import Role
from piranha.wire.report_line import VipProbed

REAL_PATH = 0
"""The heartbeat path between the two real addresses; the other one is private."""
NAMING_SECONDS = 0.1
NAMING_PART = 0.02
"""Of a deadtime, where that is less."""
NOT_ANSWERED = "not answered yet"
_FAILED = Point(Answer.BAD, "failed")
_WELL = Point(Answer.GOOD, "answered")


def unnamed_faults(view: View, state: GroupState, _event: Event) -> Found:
    """Services of the partner that have begun to fail: what do the other probes say?"""
    partner = state.partner
    if state.role is not Role.STANDBY or not state.has_monitor or partner is None:
        return
    if partner.role is not Role.ACTIVE:
        return
    if not partner_link.is_partner_heard(view.link, view.rules, view.now):
        return
    failing = (partner.failed & partner.judged) | state.failed_there.keys()
    tags = [tag for tag in sorted(failing & view.group.service_tags.keys()) if _is_new(state, tag)]
    if tags:
        names = ", ".join(view.group.service_tags[tag] for tag in tags)
        yield Notice(Fact.FAULT_UNNAMED, f"{names} on the partner", {"tags": tags})


def _is_new(state: GroupState, tag: int) -> bool:
    naming, partner = state.naming.get(tag), state.partner
    assert partner is not None
    return naming is None or (tag in partner.failed and not naming.was_told)


def is_named(view: View, state: GroupState, tag: int) -> bool:
    """Whether all three points are known, or were waited for."""
    if not state.has_monitor:
        return True
    if _is_new(state, tag):
        return False
    naming = state.naming[tag]
    seen = naming.seen
    is_known = seen is not None and (
        tag in state.failed_there or seen.is_real_healthy is not None or seen.is_healthy is None
    )
    return is_known or view.now >= named_at(view, naming.since)


def named_at(view: View, since: float) -> float:
    """When it was waited for long enough."""
    return since + min(NAMING_SECONDS, NAMING_PART * view.deadtime)


def points_of(view: View, state: GroupState, tag: int) -> ThreePoints:
    """Of a service on the partner, which serves it."""
    partner = state.partner
    itself = Point(Answer.NONE, "not told")
    if partner is not None and tag in partner.failed:
        itself = _FAILED
    elif partner is not None and tag in partner.judged:
        itself = _WELL
    naming = state.naming.get(tag)
    seen = naming.seen if naming else None
    vip = Point(Answer.NONE, NOT_ANSWERED) if naming else Point()
    if seen is not None:
        vip = Point(_answer(seen.is_healthy), seen.verdict)
    return ThreePoints(
        itself,
        _real(state, tag, seen),
        vip,
        owner_of(view, seen.mac if seen else ""),
        (seen.mac or "") if seen else "",
        partner_link.is_path_heard(view.link, view.rules, REAL_PATH, view.now),
    )


def owner_of(view: View, mac: str | None) -> Owner:
    """Whose MAC it is, as far as the partner's are known."""
    if mac is None:
        return Owner.NOBODY
    if not mac or not view.partner_macs:
        return Owner.UNKNOWN
    return Owner.PARTNER if mac in view.partner_macs else Owner.OTHER


def _real(state: GroupState, tag: int, seen: VipProbed | None) -> Point:
    failure = state.failed_there.get(tag)
    if failure is not None:
        return Point(Answer.BAD, failure.evidence.partition(":")[0])
    if seen is not None and seen.is_real_healthy is not None:
        return Point(_answer(seen.is_real_healthy), seen.real_verdict)
    return Point()


def _answer(is_healthy: bool | None) -> Answer:
    return {True: Answer.GOOD, False: Answer.BAD, None: Answer.NONE}[is_healthy]
