"""Pure: does the group stand? One group in the fos that serves it, one event at a time.

`step` takes an event and gives the next standing and the effects to carry out, in their order.
`MOVES` says for every phase what each event and each order means; "nothing" is written down.

    ARMED --permission--> STARTING --all started--> SERVING
      ^                       |                        |
      |                       +-----asked to release---+--> STOPPING --all stopped--+
      |                       +-----permission ended---+--> CLEARING <--------------+
      +------no VIP in the kernel, stop commands ended---------+
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from piranha.decisions import fos_greeting, service_judgement, service_life, vip_lease
from piranha.decisions import serving_period as period
from piranha.decisions.events import TimePassed
from piranha.decisions.fos_effects import DropVips, FosEffect
from piranha.decisions.fos_events import (
    ArmingLooked,
    CommandEnded,
    FosEvent,
    NannyLost,
    NannyReported,
    OrderGiven,
    PulseCame,
    PulseLeft,
    RulesChanged,
    VipAnswered,
    VipProbeEnded,
    VipsGone,
    VipsLooked,
    VipsRefused,
    VipsSet,
)
from piranha.decisions.group_standing import FosRules, Phase, Standing, Turn
from piranha.decisions.service_reload import follow_services
from piranha.wire.order_line import (
    Announce,
    Permit,
    ProbeNow,
    ProbeVip,
    Quit,
    Release,
    Reload,
    Repair,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The next standing, and what is now to be done, in this order."""

    standing: Standing
    effects: tuple[FosEffect, ...]


def start(rules: FosRules, is_by_hand: bool, now: float) -> Standing:
    """The standing of a fos that has just begun to run: nothing held, not yet looked at. One that
    an operator runs by hand does not wait for a pulse."""
    alone_since = None if is_by_hand else now
    return Standing(since=now, alone_since=alone_since, lives=period.fresh_lives(rules, now))


def step(rules: FosRules, standing: Standing, event: FosEvent, now: float) -> Decision:
    """What an event changes. Orders that waited in the socket must be given before TimePassed:
    that is where a permission is judged to have ended."""
    turn = Turn(rules, standing, now)
    fact = event.order if isinstance(event, OrderGiven) else event
    MOVES[standing.phase, type(fact)](turn, fact)
    return Decision(turn.finished(), tuple(turn.effects))


def wake_at(rules: FosRules, standing: Standing) -> float:
    """When TimePassed is due, in seconds of CLOCK_BOOTTIME; inf: not by time alone."""
    if standing.phase is Phase.ARMED:
        return fos_greeting.lonely_at(standing)
    instants = [standing.look_at, standing.lives_wake_at]
    if standing.phase.is_holding:
        instants += [standing.permitted_until, standing.lease_at, standing.announce_at]
        instants.append(standing.held_told_at + rules.report_seconds)
    running = standing.running
    if running is not None and not running.is_killed:
        instants.append(running.deadline)
    return min(instants)


def _probe(turn: Turn, order: ProbeNow) -> None:
    service_judgement.ask_nanny(turn, order.service)


def _repair(turn: Turn, order: Repair) -> None:
    service_judgement.repair(turn, order.service)


def _end_command(turn: Turn, event: CommandEnded) -> None:
    service_judgement.end_command(turn, event)
    period.go_on(turn)
    turn.run_commands_first()


def _hear_nanny(turn: Turn, event: NannyReported) -> None:
    service_judgement.hear_nanny(turn, event.report)
    period.go_on(turn)


def _follow_file(turn: Turn, _event: RulesChanged) -> None:
    turn.change(is_file_new=True)
    follow_services(turn)
    service_life.run_next(turn)
    period.go_on(turn)


def _name_services(turn: Turn, _event: RulesChanged) -> None:
    turn.begin_anew(period.fresh_lives(turn.rules, turn.now))


def _pass_time(turn: Turn, _event: TimePassed) -> None:
    if period.is_permitted(turn):
        vip_lease.pass_time(turn)
        if turn.now >= service_judgement.wake_at(turn):
            service_judgement.pass_time(turn)
            period.go_on(turn)


def _pass_time_clearing(turn: Turn, _event: TimePassed) -> None:
    service_judgement.pass_time(turn)
    if turn.now >= turn.standing.look_at:
        turn.change(look_at=turn.now + vip_lease.LOOK_PAUSE)
        turn.emit(DropVips(turn.standing.vips))
    period.go_on(turn)


def _pass_time_armed(turn: Turn, _event: TimePassed) -> None:
    fos_greeting.end_when_lonely(turn)


def _nothing(_turn: Turn, _event: object) -> None:
    """This event changes nothing in this phase."""


Move = Callable[[Turn, Any], None]

_ALWAYS: dict[type, Move] = {
    PulseCame: fos_greeting.greet,
    PulseLeft: fos_greeting.miss_pulse,
    ArmingLooked: fos_greeting.note_arming,
    Quit: period.end,
    Reload: _nothing,  # the file is read outside; RulesChanged follows
    ProbeVip: _nothing,  # a monitor's, like its end
    VipProbeEnded: _nothing,
}
_ARMED: dict[type, Move] = _ALWAYS | {
    Permit: period.take,
    Release: period.release_nothing,
    Announce: _nothing,
    ProbeNow: _nothing,
    Repair: _nothing,
    RulesChanged: _name_services,
    VipsSet: _nothing,
    VipsRefused: _nothing,
    VipsLooked: _nothing,
    VipsGone: _nothing,
    VipAnswered: _nothing,
    CommandEnded: _nothing,
    NannyReported: _nothing,
    NannyLost: _nothing,
    TimePassed: _pass_time_armed,
}
_HOLDING: dict[type, Move] = _ALWAYS | {
    Permit: period.extend,
    Release: period.release,
    Announce: period.announce,
    ProbeNow: _probe,
    Repair: _repair,
    RulesChanged: _follow_file,
    VipsSet: period.note_set,
    VipsRefused: period.note_refused,
    VipsLooked: period.note_removed,
    VipsGone: vip_lease.put_back,
    VipAnswered: vip_lease.note_foreign,
    CommandEnded: _end_command,
    NannyReported: _hear_nanny,
    NannyLost: service_judgement.lose_nanny,
    TimePassed: _pass_time,
}
_STOPPING: dict[type, Move] = _HOLDING | {
    ProbeNow: _nothing,
    Repair: _nothing,
    RulesChanged: _nothing,  # the services are named anew when the period is over
    NannyReported: _nothing,
    NannyLost: _nothing,
}
_CLEARING: dict[type, Move] = _ALWAYS | {
    Permit: period.keep_for_later,
    Release: period.release_later_epoch,
    Announce: _nothing,
    ProbeNow: _nothing,
    Repair: _nothing,
    RulesChanged: _nothing,
    VipsSet: _nothing,
    VipsRefused: _nothing,
    VipsLooked: period.note_looked,
    VipsGone: _nothing,
    VipAnswered: _nothing,
    CommandEnded: _end_command,
    NannyReported: _nothing,
    NannyLost: _nothing,
    TimePassed: _pass_time_clearing,
}
_PHASES = {
    Phase.ARMED: _ARMED,
    Phase.STARTING: _HOLDING,
    Phase.SERVING: _HOLDING,
    Phase.STOPPING: _STOPPING,
    Phase.CLEARING: _CLEARING,
}
MOVES: dict[tuple[Phase, type], Move] = {
    (phase, kind): move for phase, moves in _PHASES.items() for kind, move in moves.items()
}
"""What each event, and each kind of order, means in each phase; complete."""
