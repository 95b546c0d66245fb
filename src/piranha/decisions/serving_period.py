"""Pure: one serving period of a group, from the permission that begins it to its release.

A release by request stops the services in reverse order and drops the VIPs after them. When the
permission has ended, or a conflict is lost, the VIPs go first. Either way the period is over only
when the kernel was asked and has none of the VIPs, and the stop commands have ended.
"""

from math import inf

from piranha.decisions import service_life, vip_lease
from piranha.decisions.effects import Say
from piranha.decisions.fos_effects import AnnounceVips, Leave, Tell
from piranha.decisions.fos_events import VipsLooked, VipsRefused, VipsSet
from piranha.decisions.group_standing import FosRules, Phase, ServiceLife, Turn
from piranha.terms import Severity
from piranha.wire.order_line import Announce, Permit, Quit, Release
from piranha.wire.report_line import Dropped, Released, ServiceState, Serving, Taken, Unarmable


def take(turn: Turn, permit: Permit) -> None:
    """A permission while nothing is held: take the VIPs, for an epoch never seen to end, and for
    long enough that the kernel can count it."""
    standing = turn.standing
    until = min(permit.until.values(), default=0.0)
    shortest = 1.0 if turn.rules.has_kernel_lease else 0.0
    if permit.epoch <= standing.last_epoch_ended or until - turn.now <= shortest:
        return
    turn.change(
        phase=Phase.STARTING,
        since=turn.now,
        epoch=permit.epoch,
        until=dict(permit.until),
        is_adoption=permit.is_adoption,
        is_partner_silent=permit.is_partner_silent,
        permitted_at=turn.now,
        taken_at=None,
        vips=turn.rules.group.vips,
        reason="",
        foreign=frozenset(),
        are_vips_gone=False,
        refusals=0,
        expiry=None,
        held_told_at=turn.now,
        restored_at=-inf,
    )
    turn.begin_anew({})
    vip_lease.renew(turn)


def extend(turn: Turn, permit: Permit) -> None:
    """A permission while the VIPs are held: it reaches further, or begins a later epoch."""
    standing = turn.standing
    if permit.epoch < standing.epoch:
        return
    if permit.epoch > standing.epoch:
        if standing.phase.is_going_down:
            turn.change(pending=permit)
            return
        turn.change(epoch=permit.epoch)
        _tell_epoch(turn)
    until = vip_lease.granted(standing.until, permit.until)
    turn.change(until=until, is_partner_silent=permit.is_partner_silent)
    vip_lease.renew(turn)


def _tell_epoch(turn: Turn) -> None:
    """The same period goes on under a later epoch: nothing is touched."""
    standing = turn.standing
    if standing.taken_at is not None:
        turn.emit(Tell(Taken(standing.epoch, 0.0)))
    if standing.phase is Phase.SERVING:
        turn.emit(Tell(Serving(standing.epoch, 0.0)))


def keep_for_later(turn: Turn, permit: Permit) -> None:
    """A permission for a later epoch while this one is being released."""
    if permit.epoch > turn.standing.epoch:
        turn.change(pending=permit)


def is_permitted(turn: Turn) -> bool:
    """False when the permission has ended: then the VIPs go first, and the services stop."""
    standing = turn.standing
    if not standing.phase.is_holding or turn.now < standing.permitted_until:
        return True
    late = turn.now - standing.permitted_until
    grantor = min(standing.until, key=lambda who: standing.until[who])
    reason = f"the permission of epoch {standing.epoch} by {grantor} ended {late:.3f} s ago"
    _clear(turn, reason, Severity.WARNING)
    return False


def note_set(turn: Turn, event: VipsSet) -> None:
    """The kernel has the VIPs; the first time, the services follow."""
    is_takeover = turn.standing.taken_at is None
    if not vip_lease.note_set(turn, event):
        if is_permitted(turn):
            reason = "the permission is too short for a lifetime in the kernel"
            _clear(turn, reason, Severity.WARNING)
    elif is_takeover and turn.standing.taken_at is not None:
        is_adoption = turn.standing.is_adoption or event.were_present
        service_life.begin_start(turn, turn.rules.group.services, is_adoption)
        service_life.run_next(turn)
        go_on(turn)


def note_refused(turn: Turn, event: VipsRefused) -> None:
    if not vip_lease.note_refused(turn, event):
        turn.change(complaints=(event.reason,))
        turn.emit(Tell(Unarmable(event.reason)))
        _clear(turn, event.reason, Severity.ERROR)


def note_looked(turn: Turn, event: VipsLooked) -> None:
    """The kernel was asked for the dropped VIPs; only when none is left are they gone."""
    standing = turn.standing
    if event.left:
        text = f"{' '.join(event.left)} cannot be removed: trying again and again"
        if standing.refusals == 0:
            turn.emit(Say(Severity.ERROR, turn.rules.group.name, text))
        turn.change(refusals=standing.refusals + 1)
        return
    turn.change(are_vips_gone=True, look_at=inf)
    if not _are_services_stopped(turn):
        turn.emit(Tell(Dropped(standing.epoch, standing.reason)))
    go_on(turn)


def note_removed(turn: Turn, event: VipsLooked) -> None:
    """VIPs that the file does not name any more were dropped in the middle of a period."""
    if event.left:
        text = f"{' '.join(event.left)} cannot be removed, and the file does not name it any more"
        turn.emit(Say(Severity.ERROR, turn.rules.group.name, text))


def announce(turn: Turn, order: Announce) -> None:
    """pulse wants the segment told again, with all the repetitions of a takeover."""
    standing = turn.standing
    if standing.taken_at is None or turn.now >= standing.permitted_until:
        return
    turn.emit(Say(Severity.INFO, turn.rules.group.name, f"announced again: {order.reason}"))
    witnesses = turn.rules.witnesses if order.is_in_all_forms else ()
    turn.emit(AnnounceVips(standing.vips, order.is_in_all_forms, witnesses))
    turn.change(announced=0, announcing_since=turn.now)
    turn.change(announce_at=turn.now + vip_lease.EARLY_ANNOUNCEMENTS[0])


def release(turn: Turn, order: Release) -> None:
    """Give up a period that is held: by request, or the VIPs first."""
    if order.epoch < turn.standing.epoch:
        return
    if order.epoch > turn.standing.epoch:
        turn.change(epoch=order.epoch)
    if order.vips_first:
        _clear(turn, order.reason, Severity.INFO)
    elif turn.standing.phase is not Phase.STOPPING:
        _stop(turn, order.reason)


def release_nothing(turn: Turn, order: Release) -> None:
    """Nothing is held here. A fos that was killed may have begun this epoch, so the kernel is asked
    for its VIPs and the services are stopped as if this one had started them."""
    lives: dict[str, ServiceLife] = {}
    if order.epoch > turn.standing.last_epoch_ended:
        for service in turn.rules.group.services:
            life = ServiceLife(service, state=ServiceState.STARTED, since=turn.now)
            lives[service.name] = life
    turn.change(epoch=order.epoch, vips=turn.rules.group.vips, taken_at=None)
    turn.begin_anew(lives)
    _clear(turn, order.reason, Severity.DEBUG)


def release_later_epoch(turn: Turn, order: Release) -> None:
    """The release that is under way counts for this later epoch, too."""
    if order.epoch > turn.standing.epoch:
        turn.change(epoch=order.epoch)
    pending = turn.standing.pending
    if pending is not None and pending.epoch <= order.epoch:
        turn.change(pending=None)


def end(turn: Turn, _order: Quit) -> None:
    """Release what is held as by request, then leave."""
    turn.change(is_ending=True)
    if turn.standing.phase is Phase.ARMED:
        turn.emit(Leave())
    elif not turn.standing.phase.is_going_down:
        _stop(turn, "fos was asked to end")


def go_on(turn: Turn) -> None:
    """Is the phase complete? Every service started, or stopped, or nothing held any more."""
    standing = turn.standing
    if standing.phase is Phase.STARTING and standing.taken_at is not None:
        last_first = reversed(turn.lives.values())
        if not any(_is_first_start(life) for life in last_first):
            _begin_serving(turn, turn.now - standing.taken_at)
    elif standing.phase is Phase.STOPPING and _are_services_stopped(turn):
        seconds = turn.now - standing.since
        text = f"{standing.phase} -> {Phase.CLEARING}: services stopped ({seconds:.3f} s)"
        turn.emit(Say(Severity.INFO, turn.rules.group.name, text))
        turn.change(phase=Phase.CLEARING, since=turn.now, are_vips_gone=False)
        vip_lease.drop(turn)
    elif (
        standing.phase is Phase.CLEARING and standing.are_vips_gone and _are_services_stopped(turn)
    ):
        _end_period(turn)
    if turn.standing.is_file_new and turn.standing.phase in (Phase.STARTING, Phase.SERVING):
        vip_lease.follow_file(turn)


def fresh_lives(rules: FosRules, now: float) -> dict[str, ServiceLife]:
    """Every service of the group, none of them started."""
    return {service.name: ServiceLife(service, since=now) for service in rules.group.services}


def _begin_serving(turn: Turn, seconds: float) -> None:
    count = len(turn.lives)
    reason = f"{count} service{'' if count == 1 else 's'} started ({seconds:.3f} s)"
    _enter(turn, Phase.SERVING, reason, Severity.INFO)
    turn.change(reason="")
    turn.emit(Tell(Serving(turn.standing.epoch, seconds)))


def _stop(turn: Turn, reason: str) -> None:
    """By request: services in reverse order, then the VIPs."""
    _enter(turn, Phase.STOPPING, reason, Severity.INFO)
    service_life.begin_stop(turn)
    service_life.run_next(turn)
    go_on(turn)


def _clear(turn: Turn, reason: str, severity: Severity) -> None:
    """The VIPs first, at once; then the services."""
    was_going_down = turn.standing.phase.is_going_down
    _enter(turn, Phase.CLEARING, reason, severity)
    turn.change(are_vips_gone=False)
    vip_lease.drop(turn)
    if not was_going_down:
        service_life.begin_stop(turn)
    service_life.run_next(turn)


def _enter(turn: Turn, phase: Phase, reason: str, severity: Severity) -> None:
    text = f"{turn.standing.phase} -> {phase}: {reason}"
    turn.emit(Say(severity, turn.rules.group.name, text))
    turn.change(phase=phase, since=turn.now, reason=reason)


def _is_first_start(life: ServiceLife) -> bool:
    return life.state in (ServiceState.STOPPED, ServiceState.STARTING)


def _are_services_stopped(turn: Turn) -> bool:
    return turn.running is None and not any(life.todo for life in turn.lives.values())


def _end_period(turn: Turn) -> None:
    """Nothing is held: the epoch has ended, and is never started again."""
    standing = turn.standing
    turn.emit(Tell(Released(standing.epoch, standing.reason)))
    is_news = standing.taken_at is not None
    _enter(turn, Phase.ARMED, standing.reason, Severity.INFO if is_news else Severity.DEBUG)
    turn.change(
        last_epoch_ended=max(standing.last_epoch_ended, standing.epoch),
        epoch=0,
        until={},
        vips=(),
        is_file_new=False,
        pending=None,
        taken_at=None,
        expiry=None,
        look_at=inf,
        are_vips_gone=False,
    )
    turn.begin_anew(fresh_lives(turn.rules, turn.now))
    if standing.is_ending:
        turn.emit(Leave())
    elif standing.pending is not None:
        take(turn, standing.pending)
