"""Who serves a group? One machine for each group: a table of moves, and the step that follows it.

An event is first taken in (`observing`), then facts are noticed (`noticing`); MOVES says what
each fact means in the present role: the next role, and the actions in their order (`acting`).
The most important fact that moves, moves; the others are recorded with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from piranha.config.timing import CONFLICT_GRACE
from piranha.decisions import acting, fitness
from piranha.decisions.absence import ASK_AGAIN_SECONDS, ASK_SECONDS
from piranha.decisions.acting import Action
from piranha.decisions.effects import Effect, Moved, OrderFos, RunMonitor
from piranha.decisions.events import Event, TimePassed
from piranha.decisions.facts import Fact, Notice
from piranha.decisions.fault_naming import named_at
from piranha.decisions.group_state import GroupState
from piranha.decisions.noticing import notice
from piranha.decisions.observing import View, observe
from piranha.decisions.partner_link import is_partner_heard
from piranha.terms import Role, Severity
from piranha.values import replace
from piranha.wire.report_line import FosMode


@dataclass(frozen=True, slots=True)
class Move:
    """What a fact means in a role. `role` None: the role stays."""

    role: Role | None
    actions: tuple[Action, ...]
    severity: Severity = Severity.INFO


L, SB, CL = Role.LISTENING, Role.STANDBY, Role.CLAIMING
ST, AC, RE = Role.STARTING, Role.ACTIVE, Role.RELEASING
WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL
F = Fact
a = acting

_CLAIM = Move(CL, (a.open_claim,))
_ALARMED_CLAIM = Move(CL, (a.open_claim,), WARNING)
_TAKE = Move(ST, (a.take,))
_ALARMED_TAKE = Move(ST, (a.take,), WARNING)
_ANSWER = Move(None, (a.answer_claim,))
_DROP = Move(RE, (a.release_vips_first,), CRITICAL)
_STRAY = Move(None, (a.release_stray,))
_REFUSE_SWITCH = Move(None, (a.refuse_switch,))
_BLOCKED = Move(None, (a.say_blocked,))
_FENCE = Move(None, (a.fence,))
_ASK = Move(None, (a.ask_segment,))
_BROKEN = Move(None, (a.say_broken,))
_WHOLE = Move(None, (a.say_whole,))
_DOUBTED = Move(None, (a.announce_otherwise,))
_CLOSE = Move(SB, (a.close_claim,))
_HAND_OVER = Move(RE, (a.mark_unfit_if_fault, a.release_asked))

MOVES: Mapping[tuple[Role, Fact], Move] = {
    # listening
    (L, F.FOUND_SERVING): Move(AC, (a.adopt,)),
    (L, F.FOUND_ASTRAY): _STRAY,
    (L, F.PARTNER_CLAIMS): _ANSWER,
    (L, F.STARTUP_OVER): Move(SB, ()),
    (L, F.SILENCE_NEARS_END): _ASK,
    (L, F.FORCED): _ALARMED_TAKE,
    (L, F.SWITCH_REFUSED): _REFUSE_SWITCH,
    # standby
    (SB, F.FOUND_ASTRAY): _STRAY,
    (SB, F.PARTNER_CLAIMS): _ANSWER,
    (SB, F.PARTNER_LEFT): _TAKE,
    (SB, F.PARTNER_SILENT): _ALARMED_TAKE,
    (SB, F.FENCE_DUE): _FENCE,
    (SB, F.TAKEOVER_BLOCKED): _BLOCKED,
    (SB, F.SILENCE_NEARS_END): _ASK,
    (SB, F.PARTNER_LACKS_GROUP): _ALARMED_TAKE,
    (SB, F.FORCED): _ALARMED_TAKE,
    (SB, F.SWITCH_ASKED): _CLAIM,
    (SB, F.SWITCH_REFUSED): _REFUSE_SWITCH,
    (SB, F.PARTNER_OFFERS): _CLAIM,
    (SB, F.FAULT_UNNAMED): Move(None, (a.probe_vips,)),
    (SB, F.SERVICE_FAILED_THERE): _ALARMED_CLAIM,
    (SB, F.PARTNER_UNFIT): _ALARMED_CLAIM,
    (SB, F.NOBODY_SERVES): _CLAIM,
    (SB, F.START_OVERDUE): _ALARMED_CLAIM,
    (SB, F.FAILBACK_DUE): _CLAIM,
    (SB, F.VIPS_UNCHECKED): Move(None, (a.check_vips,)),
    (SB, F.SERVICES_UNPROBED): Move(None, (a.check_services,)),
    (SB, F.BROKEN_ON_BOTH): _BROKEN,
    (SB, F.WHOLE_AGAIN): _WHOLE,
    # claiming
    (CL, F.STOPPING): _CLOSE,
    (CL, F.FOUND_ASTRAY): _STRAY,
    (CL, F.CLAIM_LOST): Move(SB, (a.close_claim, a.answer_claim)),
    (CL, F.CLAIM_ANSWERED): _TAKE,
    (CL, F.CLAIM_REFUSED): Move(SB, (a.close_claim,), WARNING),
    (CL, F.CLAIM_MOOT): _CLOSE,
    (CL, F.CLAIM_UNRELEASED): Move(ST, (a.take,), CRITICAL),
    (CL, F.CLAIM_OVERDUE): Move(None, (a.withhold_answers,)),
    (CL, F.CLAIM_HOPELESS): Move(SB, (a.give_up_claim,), CRITICAL),
    (CL, F.PARTNER_LEFT): _TAKE,
    (CL, F.PARTNER_SILENT): _ALARMED_TAKE,
    (CL, F.FENCE_DUE): _FENCE,
    (CL, F.TAKEOVER_BLOCKED): _BLOCKED,
    (CL, F.SILENCE_NEARS_END): _ASK,
    (CL, F.SWITCH_REFUSED): _REFUSE_SWITCH,
    # starting
    (ST, F.LET_GO): Move(SB, (a.end_period,), CRITICAL),
    (ST, F.PERMISSION_ENDED): _DROP,
    (ST, F.FOS_FAILED): Move(RE, (a.mark_unfit_if_fault, a.release_vips_first), CRITICAL),
    (ST, F.STOPPING): Move(RE, (a.release_asked,)),
    (ST, F.CONFLICT_LOST): _DROP,
    (ST, F.CONFLICT_ENDED): Move(None, (a.announce,)),
    (ST, F.FOUND_ASTRAY): _STRAY,
    (ST, F.FOS_RETURNED): Move(None, (a.permit_again,)),
    (ST, F.ALL_STARTED): Move(AC, ()),
    (ST, F.TAKEOVER_DOUBTED): _DOUBTED,
    (ST, F.SWITCH_REFUSED): _REFUSE_SWITCH,
    # active
    (AC, F.LET_GO): Move(SB, (a.end_period,), CRITICAL),
    (AC, F.PERMISSION_ENDED): _DROP,
    (AC, F.FOS_FAILED): Move(RE, (a.mark_unfit_if_fault, a.release_vips_first), CRITICAL),
    (AC, F.STOPPING): Move(RE, (a.release_asked,)),
    (AC, F.CONFLICT_LOST): _DROP,
    (AC, F.CONFLICT_ENDED): Move(None, (a.announce,)),
    (AC, F.FOUND_ASTRAY): _STRAY,
    (AC, F.FOS_RETURNED): Move(None, (a.permit_again,)),
    (AC, F.PARTNER_CLAIMS): _HAND_OVER,
    (AC, F.CLAIM_BASELESS): Move(None, (a.refuse_claim,)),
    (AC, F.SWITCH_ASKED): Move(None, (a.offer,)),
    (AC, F.SWITCH_REFUSED): _REFUSE_SWITCH,
    (AC, F.TAKEOVER_DOUBTED): _DOUBTED,
    (AC, F.VERDICT_DIFFERS): Move(None, (a.probe_now,)),
    (AC, F.REPAIR_DUE): Move(None, (a.repair,)),
    (AC, F.BROKEN_ON_BOTH): _BROKEN,
    (AC, F.WHOLE_AGAIN): _WHOLE,
    # releasing
    (RE, F.LET_GO): Move(SB, (a.end_period,)),
    (RE, F.FOUND_ASTRAY): _STRAY,
    (RE, F.FOS_RETURNED): Move(None, (a.release_vips_first,)),
    (RE, F.SWITCH_REFUSED): _REFUSE_SWITCH,
}

_OWN_PERIOD = {F.LET_GO, F.PERMISSION_ENDED, F.FOS_FAILED, F.CONFLICT_LOST, F.CONFLICT_ENDED}
_OWN_FOS = {F.FOS_RETURNED, F.ALL_STARTED}
_OWN_CLAIM = {
    F.CLAIM_LOST,
    F.CLAIM_ANSWERED,
    F.CLAIM_REFUSED,
    F.CLAIM_MOOT,
    F.CLAIM_UNRELEASED,
    F.CLAIM_OVERDUE,
    F.CLAIM_HOPELESS,
}
_ABSENCE = {
    F.PARTNER_LEFT,
    F.PARTNER_SILENT,
    F.FENCE_DUE,
    F.TAKEOVER_BLOCKED,
    F.SILENCE_NEARS_END,
}
_DUTY = {
    F.FAULT_UNNAMED,
    F.SERVICES_UNPROBED,
    F.PARTNER_LACKS_GROUP,
    F.PARTNER_OFFERS,
    F.SERVICE_FAILED_THERE,
    F.PARTNER_UNFIT,
    F.NOBODY_SERVES,
    F.START_OVERDUE,
    F.FAILBACK_DUE,
}
_UPKEEP = {F.VERDICT_DIFFERS, F.REPAIR_DUE}
_BELIEF = {F.VIPS_UNCHECKED, F.TAKEOVER_DOUBTED}
_BOTH = {F.BROKEN_ON_BOTH, F.WHOLE_AGAIN}

NOTHING_HAPPENS: Mapping[Role, frozenset[Fact]] = {
    L: frozenset(
        _OWN_PERIOD
        | _OWN_FOS
        | _OWN_CLAIM
        | (_ABSENCE - {F.SILENCE_NEARS_END})
        | _DUTY
        | _UPKEEP
        | _BOTH
        | _BELIEF
        | {F.STOPPING, F.CLAIM_BASELESS, F.SWITCH_ASKED}
    ),
    SB: frozenset(
        _OWN_PERIOD
        | _OWN_FOS
        | _OWN_CLAIM
        | _UPKEEP
        | {F.STOPPING, F.FOUND_SERVING, F.CLAIM_BASELESS, F.STARTUP_OVER, F.TAKEOVER_DOUBTED}
    ),
    CL: frozenset(
        _BOTH
        | _BELIEF
        | _OWN_PERIOD
        | _OWN_FOS
        | _DUTY
        | _UPKEEP
        | {F.FOUND_SERVING, F.PARTNER_CLAIMS, F.CLAIM_BASELESS, F.STARTUP_OVER}
        | {F.FORCED, F.SWITCH_ASKED}
    ),
    ST: frozenset(
        _BOTH
        | {F.VIPS_UNCHECKED}
        | _OWN_CLAIM
        | _ABSENCE
        | _DUTY
        | _UPKEEP
        | {F.FOUND_SERVING, F.PARTNER_CLAIMS, F.CLAIM_BASELESS, F.STARTUP_OVER}
        | {F.FORCED, F.SWITCH_ASKED}
    ),
    AC: frozenset(
        _OWN_CLAIM
        | _ABSENCE
        | _DUTY
        | {F.VIPS_UNCHECKED, F.FOUND_SERVING, F.ALL_STARTED, F.STARTUP_OVER, F.FORCED}
    ),
    RE: frozenset(
        _BOTH
        | _BELIEF
        | (_OWN_PERIOD - {F.LET_GO})
        | _OWN_CLAIM
        | _ABSENCE
        | _DUTY
        | _UPKEEP
        | {F.ALL_STARTED, F.STOPPING, F.FOUND_SERVING, F.PARTNER_CLAIMS, F.CLAIM_BASELESS}
        | {F.STARTUP_OVER, F.FORCED, F.SWITCH_ASKED}
    ),
}
"""Written down, so that MOVES and this together are complete: a claim waits while the other
starts, a release in progress is not hurried by anything."""

MOST_MOVES_A_STEP = 4
RENEWAL_STEP = 0.02
"""A permission is passed on when it has grown by this part of the deadtime."""


def step(view: View, state: GroupState, event: Event) -> tuple[GroupState, tuple[Effect, ...]]:
    """Take in one event and make the moves that follow from it."""
    state = observe(view, state, event)
    effects: list[Effect] = []
    for _ in range(MOST_MOVES_A_STEP):
        state, done, has_moved = _move_once(view, state, notice(view, state, event))
        effects += done
        if not has_moved:
            break
        event = TimePassed()
    state, renewals = _renew(view, state)
    state, monitor = _watch_partner(view, state)
    return state, (*effects, *renewals, *monitor)


def _move_once(
    view: View, state: GroupState, notices: list[Notice]
) -> tuple[GroupState, list[Effect], bool]:
    """Act on facts in their order until one changes the role."""
    effects: list[Effect] = []
    for place, item in enumerate(notices):
        move = MOVES.get((state.role, item.fact))
        if move is None:
            continue
        old = state.role
        done: list[Effect] = []
        for action in move.actions:
            state, more = action(view, state, item)
            done += more
        if move.role is None:
            effects += done
            continue
        state = replace(state, role=move.role, since=view.now, said_blocked="")
        also = [other.fact.value for other in notices[place + 1 :]]
        effects += done  # first: what is told of a takeover must not delay it
        effects.append(_moved(view, state, old, item, also))
        return state, effects, True
    return state, effects, False


def _moved(view: View, state: GroupState, old: Role, item: Notice, also: list[str]) -> Moved:
    evidence = {**item.evidence, "also": also} if also else dict(item.evidence)
    reason = f"{item.text}; {view.frozen}" if view.frozen else item.text
    return Moved(
        state.name,
        old,
        state.role,
        state.period or state.epoch,
        item.fact.value,
        reason,
        MOVES[old, item.fact].severity,
        evidence,
    )


def _renew(view: View, state: GroupState) -> tuple[GroupState, tuple[Effect, ...]]:
    """Pass on what the partner's acknowledgements have added to the permission: also while the
    services of a release still stop, for they go before the VIPs."""
    if not state.period or view.now >= state.permitted_until:
        return state, ()
    until = acting.permission(view, state)
    if until < state.permitted_until + RENEWAL_STEP * view.deadtime:
        return state, ()
    state = replace(state, permitted_until=until)
    order = OrderFos(state.name, FosMode.ACTIVE, acting.permit_of(view, state))
    return state, (order,)


def _watch_partner(view: View, state: GroupState) -> tuple[GroupState, tuple[Effect, ...]]:
    """A monitor runs on a standby whose partner is active: nothing is judged before, and a start
    there shall not wait for processes that start here. Nor shall one here wait for processes that
    end: a monitor is left alone until the group has started."""
    partner = state.partner
    is_useful = (
        state.role in (SB, CL)
        and partner is not None
        and partner.role is AC
        and is_partner_heard(view.link, view.rules, view.now)
    )
    wanted = is_useful or (state.wants_monitor and state.role is ST)
    if wanted == state.wants_monitor:
        return state, ()
    state = replace(state, wants_monitor=wanted, has_monitor=False)
    return state, (RunMonitor(state.name, wanted),)


def wake_at(view: View, state: GroupState) -> float:
    """The next instant at which time alone may create a fact, in any case later than now."""
    silent_at = view.link.silent_since + view.deadtime
    instants = [
        silent_at,
        silent_at - ASK_SECONDS,
        state.since + view.rules.startup_wait_seconds,
        state.permitted_until,
        state.claim_not_before,
        state.repair_at,
        state.offer_until,
        state.repairing_until,
        state.since + view.rules.reentry_seconds,
    ]
    if state.check is not None and state.role is SB:
        instants.append(state.check.next_at)
    instants += [named_at(view, naming.since) for naming in state.naming.values()]
    if state.well_since is not None:
        instants.append(state.well_since + view.rules.reentry_seconds)
    if view.rules.has_fence:
        instants.append(silent_at + view.rules.fence_delay_seconds)
        if view.fencing is not None:
            instants.append(view.fencing.retry_at)
    if state.asking:
        instants += [state.asking.asked_at + ASK_AGAIN_SECONDS, state.asking.asked_at + 1.0]
        if state.asking.foreign_since is not None:
            instants.append(state.asking.foreign_since + view.deadtime)
    if state.conflict:
        instants.append(state.conflict.since + CONFLICT_GRACE)
    if state.claim:
        instants.append(state.claim.deadline)
        if state.claim.withheld_since is not None:
            withheld_until = state.claim.withheld_since + view.deadtime
            instants += [withheld_until, withheld_until - ASK_SECONDS]
    if state.unfit:
        instants.append(fitness.pause_ends(view.rules, state, state.unfit))
    if state.lacking_since is not None:
        instants.append(state.lacking_since + view.deadtime)
    if state.handed_over_at is not None:
        instants.append(state.handed_over_at + view.group.start_seconds + view.deadtime)
    return min((t for t in instants if t > view.now), default=view.now + view.deadtime)
