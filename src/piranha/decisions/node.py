"""One node: its link to the partner and one machine for each group, stepped together.

    state = start(rules, incarnation, epochs, is_held, now)
    decision = step(rules, state, event, now)       # then carry out decision.effects, in order
    state, beat = compose(rules, state, now)        # what SendHeartbeat means
    wake_at(rules, state, now)                      # when to step with TimePassed at the latest

Pure: no socket, clock, process, file or log.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from piranha.config.timing import pause_limit
from piranha.decisions import failover, fencing, fitness, partner_link, witness
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
from piranha.decisions.fencing import Fencing
from piranha.decisions.group_state import Failure, GroupState
from piranha.decisions.observing import View
from piranha.decisions.partner_link import Link
from piranha.decisions.rules import GroupRules, NodeRules
from piranha.decisions.witness import Witness
from piranha.terms import Role, Severity
from piranha.values import replace
from piranha.wire.heartbeat import GroupBeat, Heartbeat
from piranha.wire.order_line import Release
from piranha.wire.report_line import FosMode

GOODBYES = 3
GOODBYE_INTERVAL = 0.02
GoodbyeNumber = int


@dataclass(frozen=True, slots=True)
class NodeState:
    """Everything a node remembers between two steps; instants in seconds of CLOCK_BOOTTIME."""

    link: Link
    groups: tuple[GroupState, ...]
    stepped_at: float
    sees_witness: bool | None
    """As of this step; None where no witness is configured."""
    witness: Witness
    has_lost_witness: bool = False
    """For long, while the partner is heard and sees one: the other node should serve."""
    sees_there_since: float | None = None
    """Since when the partner is heard, and says without a break that it sees a witness."""
    frozen_seconds: float = 0.0
    frozen_until: float = 0.0
    """Until then the partner is told of the freeze."""
    fencing: Fencing | None = None
    """The newest fence, until the partner is heard again."""
    stop_reason: str = ""
    """Set: this node releases everything and leaves."""
    goodbyes: int = 0
    first_goodbye: GoodbyeNumber = 0
    goodbye_at: float = 0.0
    is_finished: bool = False

    def group(self, name: str) -> GroupState:
        """The group of that name; KeyError without one."""
        for group in self.groups:
            if group.name == name:
                return group
        raise KeyError(name)


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
    state = _look_for_witness(rules, state, now)
    if state.fencing is not None:
        state = replace(state, fencing=fencing.still_counts(state.fencing, now))
    news = False
    match event:
        case HeartbeatHeard():
            state, news, said = _hear(rules, state, event)
            state = _look_for_witness(rules, state, now)
            effects += said
            if not news:
                event = TimePassed()
        case UnprovenHeard():
            state = replace(state, link=replace(state.link, unproven_at=event.at))
        case WitnessAnswered(asked_at=asked_at):
            state = replace(state, witness=witness.hear(state.witness, rules, asked_at, now))
            state = _look_for_witness(rules, state, now)
        case StrangerHeard():
            state = _hear_stranger(rules, state, now)
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
    effects = _with_heartbeat(rules, before, state, effects, news, now)
    return Decision(replace(state, stepped_at=now), tuple(effects))


def _own_time(rules: NodeRules, state: NodeState, now: float) -> tuple[NodeState, list[Effect]]:
    """After a gap in our own time silence proves nothing."""
    gap = now - state.stepped_at
    if gap <= freeze_limit(rules):
        return state, []
    link = replace(state.link, silent_since=now)
    groups = tuple(replace(group, asking=None) for group in state.groups)
    until = now + rules.deadtime_seconds
    state = replace(state, link=link, groups=groups, frozen_seconds=gap, frozen_until=until)
    text = f"stood still for {gap:.2f} s: listening anew before silence is judged"
    return state, [Say(Severity.WARNING, "time", text)] if gap >= 0.5 else []


def freeze_limit(rules: NodeRules) -> float:
    """The longest gap between two steps that is not time lost, in seconds."""
    return pause_limit(rules.keepalive_seconds, rules.deadtime_seconds)


def _look_for_witness(rules: NodeRules, state: NodeState, now: float) -> NodeState:
    """Silence counts only from the last moment at which no witness was seen."""
    if not rules.has_witness and state.sees_witness is None:
        return state
    sees, link = witness.sees(rules, state.witness, now), state.link
    state = _look_at_partners_sight(rules, state, now)
    has_lost = rules.has_witness and _has_lost_witness(rules, state, bool(sees), now)
    if sees is state.sees_witness and has_lost is state.has_lost_witness:
        return state
    if sees and not state.sees_witness:
        link = replace(link, silent_since=now)
    return replace(state, sees_witness=sees, has_lost_witness=has_lost, link=link)


def _look_at_partners_sight(rules: NodeRules, state: NodeState, now: float) -> NodeState:
    beat = state.link.partner
    is_heard = partner_link.is_partner_heard(state.link, rules, now)
    sees_there = is_heard and beat is not None and beat.sees_witness is True
    if sees_there is (state.sees_there_since is not None):
        return state
    return replace(state, sees_there_since=now if sees_there else None)


def _has_lost_witness(rules: NodeRules, state: NodeState, sees: bool, now: float) -> bool:
    """Lost is a witness only while the partner is heard and sees one: where both lost it nothing
    moves. Only a sight of a whole deadtime makes good for it: a bad cable moves nothing twice."""
    since = state.sees_there_since
    is_heard = partner_link.is_partner_heard(state.link, rules, now)
    if not is_heard or (since is None and not sees):
        return False
    if since is not None and witness.is_lost(rules, state.witness, since, now):
        return True
    is_steady = witness.has_seen_for(rules, state.witness, rules.deadtime_seconds, now)
    return state.has_lost_witness and not is_steady


def _serves_unheard(rules: NodeRules, state: NodeState, now: float) -> bool:
    serves = any(group.serves for group in state.groups)
    return serves and not partner_link.is_partner_heard(state.link, rules, now)


def looks_for_strangers(rules: NodeRules, state: NodeState, now: float) -> bool:
    """Whether StrangerHeard says anything now: this node serves and its partner is silent, or
    probes of the partner's services fail."""
    judges = any(group.failed_there for group in state.groups)
    return judges or _serves_unheard(rules, state, now)


def _hear_stranger(rules: NodeRules, state: NodeState, now: float) -> NodeState:
    link = replace(state.link, stranger_at=now)
    if _serves_unheard(rules, state, now):
        link = partner_link.hear_stranger(link, rules, now)
    return replace(state, link=link)


def _saw_segment(rules: NodeRules, state: NodeState, now: float) -> bool:
    """Whether our own segment was there in the partner's silence: third stations were heard, or a
    witness was seen without a break."""
    seconds = partner_link.SEGMENT_SECONDS
    return partner_link.saw_segment(state.link, rules, now) or (
        not partner_link.is_partner_heard(state.link, rules, now)
        and witness.has_seen_for(rules, state.witness, seconds, now)
    )


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
        saw = _saw_segment(rules, state, event.at)
        link = replace(link, saw_segment=saw, strangers_heard=None)
    said: list[Effect] = []
    beat = event.beat
    left = fencing.after_heartbeat(state.fencing, event.at)
    is_same_run = before is not None and before.incarnation == beat.incarnation
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
        view = _view(rules, state, group.name, now)
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
    return replace(state, groups=tuple(groups), link=link), effects


def _with_fence(state: NodeState, done: tuple[Effect, ...], now: float) -> NodeState:
    """A fence that a group began is under way for the groups after it."""
    for effect in done:
        if isinstance(effect, Fence):
            begun = fencing.begun(state.fencing, effect.reason, now)
            state = replace(state, fencing=begun)
    return state


def _view(rules: NodeRules, state: NodeState, name: str, now: float) -> View:
    return View(
        rules=rules,
        group=rules.group(name),
        link=state.link,
        sees_witness=state.sees_witness,
        has_lost_witness=state.has_lost_witness,
        stands_alone_from=witness.stands_alone_from(rules, state.witness),
        frozen=_frozen(rules, state, now),
        now=now,
        fencing=state.fencing,
        roles=tuple(group.role for group in state.groups),
    )


def _frozen(rules: NodeRules, state: NodeState, now: float) -> str:
    beat = state.link.partner
    if now < state.frozen_until:
        return f"this node was frozen {state.frozen_seconds:.1f} s"
    if beat and beat.frozen_seconds and partner_link.is_partner_heard(state.link, rules, now):
        return f"the partner was frozen {beat.frozen_seconds:.1f} s"
    return ""


def _leave(rules: NodeRules, state: NodeState, now: float) -> tuple[NodeState, list[Effect]]:
    """When nothing is held any more: say goodbye, a few times or until it is acknowledged."""
    if not _says_goodbye(state) or state.is_finished:
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


def _says_goodbye(state: NodeState) -> bool:
    return bool(state.stop_reason) and all(g.role.is_inactive for g in state.groups)


def _with_heartbeat(
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
    is_due = now >= _next_beat_at(rules, state, now)
    if len(others) < len(effects) or is_due or _has_changed(rules, before, state, now):
        place = next((i for i, e in enumerate(effects) if isinstance(e, SendHeartbeat)), None)
        heartbeat = SendHeartbeat()
    elif news and beat is not None and beat.wants_answer:
        place, heartbeat = None, SendHeartbeat(is_answer=True)
    else:
        return effects
    if place is None:
        return [*others, heartbeat]
    return [*others[:place], heartbeat, *others[place:]]


def _has_changed(rules: NodeRules, before: NodeState | None, state: NodeState, now: float) -> bool:
    """Whether the partner should learn at once of what this step changed."""
    if before is None or before.sees_witness is not state.sees_witness:
        return True
    if all(old is new for old, new in zip(before.groups, state.groups, strict=True)):
        return False
    return _visible(rules, before, now) != _visible(rules, state, now)


def _is_urgent(state: NodeState) -> bool:
    return any(
        group.claim is not None
        or group.role is Role.RELEASING
        or group.conflict is not None
        or (group.partner is not None and (group.partner.claim or group.partner.offer))
        for group in state.groups
    )


def _wants_answer(state: NodeState) -> bool:
    return any(group.claim is not None or not group.role.is_inactive for group in state.groups)


def _next_beat_at(rules: NodeRules, state: NodeState, now: float) -> float:
    return partner_link.next_beat_at(state.link, rules, now, is_urgent=_is_urgent(state))


def wake_at(rules: NodeRules, state: NodeState, now: float) -> float:
    """When time alone may change something: step with TimePassed then, at the latest."""
    if state.is_finished:
        return now + rules.deadtime_seconds  # nothing is sent or judged any more
    instants = [
        _next_beat_at(rules, state, now),
        state.stepped_at + freeze_limit(rules) / 2,
        witness.wake_at(rules, state.witness, state.sees_there_since, now),
        *(failover.wake_at(_view(rules, state, g.name, now), g) for g in state.groups),
    ]
    anxious_at = partner_link.anxious_at(state.link, rules)
    if anxious_at > now:
        instants.append(anxious_at)
    if _says_goodbye(state):
        instants.append(state.goodbye_at + GOODBYE_INTERVAL)
    return min(instants)


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
        is_goodbye=_says_goodbye(state),
        has_carrier=all(group.has_carrier for group in state.groups),
        sees_witness=state.sees_witness,
        frozen_seconds=state.frozen_seconds if now < state.frozen_until else 0.0,
        saw_segment=_saw_segment(rules, state, now),
        heard=partner_link.heard_ages(link, now),
        groups=tuple(_group_beat(_view(rules, state, g.name, now), g) for g in state.groups),
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
        beat = _group_beat(_view(rules, state, group.name, now), group)
        has_ended = None if beat.active_to_age is None else 0.0
        beats.append(
            replace(beat, repairing_seconds=0.0, active_from_age=0.0, active_to_age=has_ended)
        )
    return tuple(beats), state.sees_witness
