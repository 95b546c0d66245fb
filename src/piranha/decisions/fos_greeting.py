"""Pure: what a pulse is told of a group that it did not see begin: who we are, where it stands."""

from math import inf

from piranha.decisions import vip_lease
from piranha.decisions.effects import Say
from piranha.decisions.fos_effects import Leave, Tell
from piranha.decisions.fos_events import ArmingLooked, PulseCame, PulseLeft
from piranha.decisions.group_standing import Phase, Standing, Turn
from piranha.decisions.service_watch import told
from piranha.terms import Severity
from piranha.values import replace
from piranha.wire.order_line import PROTOCOL_VERSION
from piranha.wire.report_line import Armed, FosMode, Hello, Report, Serving, Taken, Unarmable

LONELY_SECONDS = 10.0
"""A pulse that is killed is back long before; without one nobody needs us."""


def greet(turn: Turn, event: PulseCame) -> None:
    """A pulse has connected: say hello, and everything that it may have missed."""
    standing = turn.standing
    turn.change(alone_since=None)
    turn.emit(Tell(_hello(turn, event.pid)))
    if standing.complaints is not None:
        turn.emit(Tell(_arming_report(standing.complaints)))
    if standing.phase.is_holding and standing.taken_at is not None:
        turn.emit(Tell(Taken(standing.epoch, standing.taken_at - standing.permitted_at)))
        vip_lease.tell_held(turn)
    for life in turn.lives.values():
        if life.is_failed and life.watch is not None:
            turn.emit(Tell(replace(told(life.watch), is_healthy=False)))
    if standing.phase is Phase.SERVING and standing.taken_at is not None:
        turn.emit(Tell(Serving(standing.epoch, standing.since - standing.taken_at)))


def miss_pulse(turn: Turn, _event: PulseLeft) -> None:
    """Serve on until the permission ends, and wait for the next pulse."""
    turn.change(alone_since=turn.now)
    if turn.standing.phase.is_holding:
        left = turn.standing.permitted_until - turn.now
        text = f"pulse is gone; serving on until the permission ends, in {left:.2f} s"
        turn.emit(Say(Severity.WARNING, turn.rules.group.name, text))


def lonely_at(standing: Standing) -> float:
    """When a fos that holds nothing, and that no pulse talks to, ends."""
    if standing.alone_since is None:
        return inf
    return max(standing.alone_since, standing.since) + LONELY_SECONDS


def end_when_lonely(turn: Turn) -> None:
    if turn.now >= lonely_at(turn.standing):
        text = f"no pulse for {LONELY_SECONDS:g} s and nothing held: ending"
        turn.emit(Say(Severity.WARNING, turn.rules.group.name, text), Leave())


def note_arming(turn: Turn, event: ArmingLooked) -> None:
    """Tell pulse when the group can be served here now, or cannot any more."""
    before = turn.standing.complaints
    if event.complaints == before:
        return
    turn.change(complaints=event.complaints)
    turn.emit(Tell(_arming_report(event.complaints)))
    name = turn.rules.group.name
    if event.complaints:
        text = f"cannot serve: {'; '.join(event.complaints)}"
        turn.emit(Say(Severity.ERROR, name, text))
    elif before is None:
        turn.emit(Say(Severity.INFO, name, "armed"))
    else:
        turn.emit(Say(Severity.INFO, name, "armed: what was missing is there now"))


def _hello(turn: Turn, pid: int) -> Hello:
    standing = turn.standing
    is_held = standing.phase is not Phase.ARMED
    return Hello(
        version=PROTOCOL_VERSION,
        mode=FosMode.ACTIVE,
        group=turn.rules.group.name,
        pid=pid,
        epoch=standing.epoch if is_held else 0,
        until=standing.permitted_until if is_held else 0.0,
        last_epoch_ended=standing.last_epoch_ended,
        services={life.name: life.state.value for life in turn.lives.values()},
        is_partner_silent=is_held and standing.is_partner_silent,
    )


def _arming_report(complaints: tuple[str, ...]) -> Report:
    return Unarmable("; ".join(complaints)) if complaints else Armed()
