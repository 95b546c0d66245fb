"""What the three probes of a partner's service say now, for reasons and for people."""

from piranha.decisions import partner_link
from piranha.decisions.group_state import GroupState
from piranha.decisions.observing import View
from piranha.decisions.three_points import Answer, Point, ThreePoints

REAL_PATH = 0
"""The heartbeat path between the two real addresses; the other one is private."""
_FAILED = Point(Answer.BAD, "failed")
_WELL = Point(Answer.GOOD, "answered")


def points_of(view: View, state: GroupState, tag: int) -> ThreePoints:
    """Of a service on the partner, which serves it."""
    partner = state.partner
    itself, real = Point(Answer.NONE, "not told"), Point()
    if partner is not None and tag in partner.failed:
        itself = _FAILED
    elif partner is not None and tag in partner.judged:
        itself = _WELL
    seen = state.failed_there.get(tag)
    if seen is not None:
        real = Point(Answer.BAD, seen.evidence.partition(":")[0])
    is_path_heard = partner_link.is_path_heard(view.link, view.rules, REAL_PATH, view.now)
    return ThreePoints(itself, real, is_path_heard=is_path_heard)
