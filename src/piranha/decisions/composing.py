"""What a node tells its partner in a heartbeat, and when it tells it."""

from dataclasses import fields
from operator import attrgetter

from piranha.decisions import fitness, partner_link, sight
from piranha.decisions.effects import Effect, SendHeartbeat
from piranha.decisions.group_state import GroupState
from piranha.decisions.node_state import NodeState, says_goodbye, view_of
from piranha.decisions.observing import View
from piranha.decisions.rules import NodeRules
from piranha.terms import Role
from piranha.values import replace
from piranha.wire.heartbeat import GroupBeat, Heartbeat


def with_heartbeat(
    rules: NodeRules,
    before: NodeState | None,
    state: NodeState,
    effects: list[Effect],
    news: bool,
    now: float,
) -> list[Effect]:
    """At most one heartbeat a step: on a change from `before` (None: in any case), when the timer
    is due, or as an answer."""
    others: list[Effect] = [e for e in effects if not isinstance(e, SendHeartbeat)]
    if state.is_finished:
        return others
    beat = state.link.partner
    is_due = now >= next_beat_at(rules, state, now)
    if len(others) < len(effects) or is_due or _has_changed(rules, before, state, now):
        place = next((i for i, e in enumerate(effects) if isinstance(e, SendHeartbeat)), None)
        heartbeat = SendHeartbeat()
    elif news and beat is not None and beat.wants_answer:
        place, heartbeat = None, SendHeartbeat(is_answer=not state.link.is_missed)
    else:
        return effects
    if place is None:
        return [*others, heartbeat]
    return [*others[:place], heartbeat, *others[place:]]


def _has_changed(rules: NodeRules, before: NodeState | None, state: NodeState, now: float) -> bool:
    """Whether the partner should learn at once of what this step changed."""
    if before is None or before.sees_witness is not state.sees_witness:
        return True
    if all(_is_same(old, new) for old, new in zip(before.groups, state.groups, strict=True)):
        return False
    return _visible(rules, before, now) != _visible(rules, state, now)


_NOT_TOLD = {"partner", "partner_at", "permitted_until", "asking", "asked_to_probe"}
"""What changes often and is in no heartbeat, but for the pause of an unfit group, which depends on
the partner."""
_told = attrgetter(*(item.name for item in fields(GroupState) if item.name not in _NOT_TOLD))


def _is_same(old: GroupState, new: GroupState) -> bool:
    """A quick look for what needs no second one: most heartbeats change nothing of a group."""
    return old is new or (new.unfit is None and _told(old) == _told(new))


def _is_urgent(state: NodeState) -> bool:
    return any(
        group.claim is not None
        or group.role is Role.RELEASING
        or group.conflict is not None
        or (group.partner is not None and (group.partner.claim or group.partner.offer))
        for group in state.groups
    )


def _wants_answer(state: NodeState) -> bool:
    return state.link.is_missed or any(
        group.claim is not None or not group.role.is_inactive for group in state.groups
    )


def next_beat_at(rules: NodeRules, state: NodeState, now: float) -> float:
    return partner_link.next_beat_at(state.link, rules, now, is_urgent=_is_urgent(state))


def compose(
    rules: NodeRules, state: NodeState, now: float, *, is_answer: bool = False
) -> tuple[NodeState, Heartbeat]:
    """Number one more heartbeat and say in it what the state is now."""
    wants_answer = _wants_answer(state) and not is_answer
    resets_timer = not (is_answer and _wants_answer(state))
    link = partner_link.send(state.link, now, wants_answer=wants_answer, resets_timer=resets_timer)
    beat = Heartbeat(
        cluster=rules.cluster,
        node=rules.side,
        incarnation=link.incarnation,
        sequence=link.sequence,
        keepalive_seconds=rules.keepalive_seconds,
        deadtime_seconds=rules.deadtime_seconds,
        serial_no=rules.serial_no,
        wants_answer=wants_answer,
        is_goodbye=says_goodbye(state),
        has_carrier=all(group.has_carrier for group in state.groups),
        sees_witness=state.sees_witness,
        frozen_seconds=state.frozen_seconds if now < state.frozen_until else 0.0,
        saw_segment=sight.saw_segment(rules, state, now),
        heard=partner_link.heard_ages(link, now),
        groups=tuple(_group_beat(view_of(rules, state, g.name, now), g) for g in state.groups),
        digests=rules.digests,
    )
    return replace(state, link=link), beat


def _group_beat(view: View, state: GroupState) -> GroupBeat:
    """What a heartbeat says of the group: from the group's own state alone (_has_changed)."""
    now, claim, check = view.now, state.claim, state.check
    failures = fitness.counted_failures(view.group, state)
    if state.period:
        unfit = fitness.serving_unfit_reason(view.group, state)
        failed_services = len(failures)
    else:
        unfit = fitness.unfit_reason(view.rules, state, now)
        failed_services = state.unfit.failed_services if unfit and state.unfit else 0
    ignored = _ignored_tags(view, state) if state.ignored else frozenset[int]()
    return GroupBeat(
        name=state.name,
        role=state.role,
        epoch=state.period or state.epoch,
        is_fit=not unfit,
        is_held=state.is_held,
        unfit_reason=unfit,
        failed_services=failed_services,
        claim=claim.number if claim else 0,
        claim_reason=claim.reason if claim else "",
        claim_answered=state.claim_answered,
        claim_refused=state.claim_refused,
        offer=state.offer,
        claim_is_fault=claim is not None and claim.kind == "fault",
        claim_is_unfit=claim is not None and claim.kind == "unfit",
        vips_seen_epoch=check.epoch if check and check.number else 0,
        vips_seen_number=check.number if check else 0,
        vips_are_wrong=check is not None and check.is_wrong,
        vips_evidence=check.evidence if check else "",
        withholds=claim is not None and claim.withheld_since is not None,
        repairing_seconds=max(0.0, state.repairing_until - now),
        active_from_age=None if state.active_from is None else max(0.0, now - state.active_from),
        active_to_age=None if state.active_to is None else max(0.0, now - state.active_to),
        judged=state.judged - ignored,
        failed=frozenset(failures if state.period else state.failed_there),
    )


def _ignored_tags(view: View, state: GroupState) -> frozenset[int]:
    return frozenset(t for t, name in view.group.service_tags.items() if name in state.ignored)


def _visible(rules: NodeRules, state: NodeState, now: float) -> object:
    """What a partner should learn of at once when it changes."""
    beats = []
    for group in state.groups:
        beat = _group_beat(view_of(rules, state, group.name, now), group)
        has_ended = None if beat.active_to_age is None else 0.0
        beats.append(
            replace(beat, repairing_seconds=0.0, active_from_age=0.0, active_to_age=has_ended)
        )
    return tuple(beats), state.sees_witness
