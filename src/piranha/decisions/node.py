"""One node: its link to the partner and one machine for each group, stepped together.

    state = start(rules, incarnation, epochs, is_held, now)
    decision = step(rules, state, event, now)       # then carry out decision.effects, in order
    state, beat = composing.compose(rules, state, now)  # what SendHeartbeat means
    wake_at(rules, state, now)                      # when to step with TimePassed at the latest

Pure: no socket, clock, process, file or log.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from piranha.config.timing import pause_limit
from piranha.decisions import composing, failover, fencing, partner_link, sight, witness
from piranha.decisions.effects import Effect, Fence, Finished, OrderFos, Say, SendHeartbeat
from piranha.decisions.events import (
    CarrierChanged,
    ClearAsked,
    Event,
    Fenced,
    FenceFailed,
    FosFound,
    FosLost,
    FosReported,
    HeartbeatHeard,
    PartnerMacsLearned,
    RulesChanged,
    ServiceNow,
    StopAsked,
    StrangerHeard,
    SwitchAsked,
    TimePassed,
    UnprovenHeard,
    VipsAsked,
    WitnessAnswered,
)
from piranha.decisions.group_state import Failure, GroupState
from piranha.decisions.node_state import NodeState, says_goodbye, view_of
from piranha.decisions.partner_link import Link
from piranha.decisions.rules import GroupRules, NodeRules
from piranha.decisions.witness import Witness
from piranha.terms import Role, Severity
from piranha.values import replace
from piranha.wire.order_line import Release
from piranha.wire.report_line import FosMode

GOODBYES = 3
GOODBYE_INTERVAL = 0.02


@dataclass(frozen=True, slots=True)
class Decision:
    state: NodeState
    effects: tuple[Effect, ...]
    """To be carried out in this order."""


def start(
    rules: NodeRules, incarnation: int, epochs: dict[str, int], is_held: bool, now: float
) -> NodeState:
    """A node that knows nothing yet but the epochs that it remembered."""
    link = Link(incarnation, now, timer_from=now - rules.keepalive_seconds, silent_since=now)
    groups = tuple(
        _new_group(rule.name, incarnation, epochs.get(rule.name, 0), is_held, now)
        for rule in rules.groups
    )
    sees_witness = False if rules.has_witness else None
    return NodeState(link, groups, now, sees_witness, Witness())


def _new_group(name: str, incarnation: int, epoch: int, is_held: bool, now: float) -> GroupState:
    number = incarnation & 0x3FFFFFFF
    return GroupState(
        name, Role.LISTENING, now, epoch, is_held=is_held, numbers_used=number, repair_pause=0.0
    )


def step(rules: NodeRules, state: NodeState, event: Event, now: float) -> Decision:
    """Take in one event; the caller has read what was queued before it sends TimePassed."""
    before = None if isinstance(event, RulesChanged) else state
    state, effects = _own_time(rules, state, now)
    state = sight.look_for_witness(rules, state, now)
    if state.fencing is not None:
        state = replace(state, fencing=fencing.still_counts(state.fencing, now))
    news = False
    match event:
        case HeartbeatHeard():
            state, news, said = _hear(rules, state, event)
            state = sight.look_for_witness(rules, state, now)
            effects += said
            if not news:
                event = TimePassed()
        case UnprovenHeard():
            state = replace(state, link=replace(state.link, unproven_at=event.at))
        case WitnessAnswered(asked_at=asked_at):
            state = replace(state, witness=witness.hear(state.witness, rules, asked_at, now))
            state = sight.look_for_witness(rules, state, now)
        case PartnerMacsLearned(macs):
            state = replace(state, partner_macs=macs)
        case StrangerHeard():
            state = sight.hear_stranger(rules, state, now)
        case Fenced() | FenceFailed():
            state, said = _fence_over(state, event, now)
            effects += said
        case FosFound(hello=hello) if hello.is_partner_silent:
            state = replace(state, link=replace(state.link, was_silent=True))
        case CarrierChanged() if event.has_carrier:
            state = replace(state, link=replace(state.link, silent_since=now))
        case RulesChanged():
            state, said = _change_rules(rules, state, event, now)
            effects += said
        case StopAsked():
            groups = tuple(replace(group, is_held=True) for group in state.groups)
            state = replace(state, stop_reason=event.by, groups=groups)
        case ClearAsked():
            state = _clear(state, event.group)
        case _:
            pass
    state, done = _step_groups(rules, state, event, now)
    effects += done
    state, done = _leave(rules, state, now)
    effects += done
    effects = composing.with_heartbeat(rules, before, state, effects, news, now)
    return Decision(state, tuple(effects))


def _own_time(rules: NodeRules, state: NodeState, now: float) -> tuple[NodeState, list[Effect]]:
    """After a gap in our own time silence proves nothing. Nor does it when we have been quiet
    ourselves: the partner may have thought us dead, and have served on for what it sent until it
    hears us again."""
    gap = now - state.stepped_at
    if gap <= freeze_limit(rules) and not partner_link.speaks_late(state.link, rules, now):
        return state, []
    silent_since = partner_link.heard_again_at(state.link, rules, now)
    link = replace(state.link, silent_since=silent_since)
    if gap <= freeze_limit(rules):
        return replace(state, link=link), []
    groups = tuple(replace(group, asking=None) for group in state.groups)
    until = now + rules.deadtime_seconds
    state = replace(state, link=link, groups=groups, frozen_seconds=gap, frozen_until=until)
    text = f"stood still for {gap:.2f} s: listening anew before silence is judged"
    return state, [Say(Severity.WARNING, "time", text)] if gap >= 0.5 else []


def freeze_limit(rules: NodeRules) -> float:
    """The longest gap between two steps that is not time lost, in seconds."""
    return pause_limit(rules.keepalive_seconds, rules.deadtime_seconds)


def _hear(
    rules: NodeRules, state: NodeState, event: HeartbeatHeard
) -> tuple[NodeState, bool, list[Effect]]:
    before = state.link.partner
    was_heard = partner_link.is_partner_heard(state.link, rules, event.at)
    is_cut_off = bool(state.sees_witness) and partner_link.is_cut_off(state.link, rules, event.beat)
    link, news = partner_link.hear(
        state.link, event.path, event.beat, event.at, is_cut_off=is_cut_off
    )
    if not was_heard:
        saw = sight.saw_segment(rules, state, event.at)
        link = replace(link, saw_segment=saw, strangers_heard=None)
    said: list[Effect] = []
    beat = event.beat
    is_same_run = before is not None and before.incarnation == beat.incarnation
    left = fencing.after_heartbeat(state.fencing, event.at, is_same_run=is_same_run)
    if news and left is None and fencing.is_off(state.fencing) and is_same_run:
        text = "was fenced, and the same run of its pulse is heard: what was switched off?"
        said.append(Say(Severity.CRITICAL, "partner", text))
    if left is not state.fencing:
        state = replace(state, fencing=left)
    if news and beat.frozen_seconds and not (before and before.frozen_seconds):
        text = f"the partner was frozen {beat.frozen_seconds:.1f} s"
        said.append(Say(Severity.WARNING, "partner", text))
    return replace(state, link=link), news, said


def _fence_over(
    state: NodeState, event: Fenced | FenceFailed, now: float
) -> tuple[NodeState, list[Effect]]:
    is_off = isinstance(event, Fenced)
    over = fencing.ended(state.fencing, is_off=is_off, text=event.text, now=now)
    took = now - over.since
    if is_off:
        say = Say(Severity.WARNING, "fence", f"the partner is off after {took:.1f} s: {event.text}")
    else:
        then = f"again in {over.retry_at - now:.0f} s if it is still needed"
        text = f"failed after {took:.1f} s (try {over.tries}): {event.text}; {then}"
        say = Say(Severity.ERROR, "fence", text)
    return replace(state, fencing=over), [say]


def _clear(state: NodeState, name: str) -> NodeState:
    groups = tuple(
        replace(group, unfit=None, tries=0) if group.name == name else group
        for group in state.groups
    )
    return replace(state, groups=groups)


def _change_rules(
    rules: NodeRules, state: NodeState, event: RulesChanged, now: float
) -> tuple[NodeState, list[Effect]]:
    """Groups that came are listened for; what a group that went still holds is released."""
    known = {group.name: group for group in state.groups}
    is_held = any(group.is_held for group in state.groups)
    groups = tuple(
        _rename_services(known.pop(rule.name), rule, event.services.get(rule.name, ()), now)
        if rule.name in known
        else _new_group(rule.name, state.link.incarnation, 0, is_held, now)
        for rule in rules.groups
    )
    effects: list[Effect] = [
        OrderFos(name, FosMode.ACTIVE, Release(group.period, False, "the group left the file"))
        for name, group in known.items()
        if group.period
    ]
    return replace(state, groups=groups), effects


def _rename_services(
    group: GroupState, rule: GroupRules, services: Iterable[ServiceNow], now: float
) -> GroupState:
    """What is known of services goes on under their new tags. What our own probes said of the
    partner's does not: a definition may have changed because they were wrong."""
    tags = {name: tag for tag, name in rule.service_tags.items()}
    told = [(tags[service.name], service) for service in services if service.name in tags]
    kept = {tag: failure for tag, failure in group.failed.items() if tag in rule.service_tags}
    failed = {tag: Failure(service.failure, 1, now) for tag, service in told if service.failure}
    judged = frozenset(tag for tag, service in told if service.is_judged)
    there = {tag: seen for tag, seen in group.failed_there.items() if tag in rule.service_tags}
    return replace(
        group,
        judged=judged | (group.judged & rule.service_tags.keys()),
        failed={**failed, **kept},
        failed_there=there,
    )


_FOR_ONE_GROUP = (
    CarrierChanged | FosReported | FosFound | FosLost | VipsAsked | SwitchAsked | ClearAsked
)


def _step_groups(
    rules: NodeRules, state: NodeState, event: Event, now: float
) -> tuple[NodeState, list[Effect]]:
    groups = []
    effects: list[Effect] = []
    for group in state.groups:
        view = view_of(rules, state, group.name, now)
        is_meant = not isinstance(event, _FOR_ONE_GROUP) or event.group == group.name
        group, done = failover.step(view, group, event if is_meant else TimePassed())
        if (state.stop_reason and not is_meant) or (state.stop_reason and group.serves):
            group, more = failover.step(view, group, StopAsked(state.stop_reason))
            done += more
        groups.append(group)
        state = _with_fence(state, done, now)
        effects += done
    link = state.link
    saw_segment = link.saw_segment and any(g.conflict for g in groups)
    if saw_segment != link.saw_segment:
        link = replace(link, saw_segment=saw_segment)
    return replace(state, groups=tuple(groups), link=link, stepped_at=now), effects


def _with_fence(state: NodeState, done: tuple[Effect, ...], now: float) -> NodeState:
    """A fence that a group began is under way for the groups after it."""
    for effect in done:
        if isinstance(effect, Fence):
            begun = fencing.begun(state.fencing, effect.reason, now)
            state = replace(state, fencing=begun)
    return state


def _leave(rules: NodeRules, state: NodeState, now: float) -> tuple[NodeState, list[Effect]]:
    """When nothing is held any more: say goodbye, a few times or until it is acknowledged."""
    if not says_goodbye(state) or state.is_finished:
        return state, []
    has_answer = state.first_goodbye and state.link.acknowledged >= state.first_goodbye
    is_over = state.goodbyes >= GOODBYES and now >= state.goodbye_at + GOODBYE_INTERVAL
    if has_answer or is_over or not partner_link.is_partner_heard(state.link, rules, now):
        heard_out = state.goodbyes > 0
        if heard_out:
            return replace(state, is_finished=True), [Finished()]
    if state.goodbyes < GOODBYES and now >= state.goodbye_at + GOODBYE_INTERVAL:
        first = state.first_goodbye or state.link.sequence + 1
        state = replace(state, goodbyes=state.goodbyes + 1, first_goodbye=first, goodbye_at=now)
        return state, [SendHeartbeat()]
    return state, []


def wake_at(rules: NodeRules, state: NodeState, now: float) -> float:
    """When time alone may change something: step with TimePassed then, at the latest."""
    if state.is_finished:
        return now + rules.deadtime_seconds  # nothing is sent or judged any more
    instants = [
        composing.next_beat_at(rules, state, now),
        state.stepped_at + freeze_limit(rules) / 2,
        witness.wake_at(rules, state.witness, state.sees_there_since, now),
        *(failover.wake_at(view_of(rules, state, g.name, now), g) for g in state.groups),
    ]
    anxious_at = partner_link.anxious_at(state.link, rules)
    if anxious_at > now:
        instants.append(anxious_at)
    if says_goodbye(state):
        instants.append(state.goodbye_at + GOODBYE_INTERVAL)
    return min(instants)
