"""Pure: the VIPs of a group while it is permitted: taken, renewed, announced, put back, dropped.

Nothing here is set, announced or put back after the permission's end.
"""

from collections.abc import Mapping
from math import inf

from piranha.config.settings import Vip
from piranha.decisions import lease_plan
from piranha.decisions.effects import Say
from piranha.decisions.fos_effects import AnnounceVips, AskForVips, DropVips, SetVips, Tell
from piranha.decisions.fos_events import VipAnswered, VipsGone, VipsRefused, VipsSet
from piranha.decisions.group_standing import Turn
from piranha.terms import Severity
from piranha.wire.report_line import Held, Taken, VipForeign

EARLY_ANNOUNCEMENTS = (0.1, 0.5, 1.0, 2.0, 3.0)
"""Seconds after the first one; a frame may be lost, and a client may just then be asking."""
RESTORE_PAUSE = 0.05
"""Seconds between two times that removed VIPs are put back, so that a fight stays bearable."""
DEFEND_PAUSE = 1.0
"""Seconds between two times that another machine is contradicted, for the same reason."""
DEFEND_WAIT = 0.02
"""Seconds until it is contradicted: if it is a partner that loses a conflict, it has let go by
then, and the last word is not its own."""
REFUSAL_PAUSE = 0.1
MOST_REFUSALS = 10
LOOK_PAUSE = 0.05
"""Seconds between two times that VIPs which do not go are deleted again."""
EARLY_SECONDS = 0.1
"""How much before its time an address may be gone without anybody's doing."""


def wanted(turn: Turn) -> tuple[Vip, ...]:
    """What the file names, and what services on their way out still need."""
    lives = turn.lives.values()
    leaving = [life.stop_as or life.service for life in lives if life.is_leaving or life.stop_as]
    return tuple(dict.fromkeys((*turn.rules.group.vips, *(service.vip for service in leaving))))


def renew(turn: Turn) -> None:
    """Give the VIPs the lifetime that the permission now allows, when it is time for that."""
    standing = turn.standing
    if turn.now >= standing.permitted_until:
        return
    expiry = standing.expiry
    if expiry is not None and turn.now >= expiry:  # we stood still; the kernel has dropped them
        turn.change(missing=standing.vips, expiry=None)
        expiry = None
    is_kernel_lease = turn.rules.has_kernel_lease
    plan = lease_plan.plan(standing.permitted_until, expiry, is_kernel_lease, turn.now)
    turn.change(lease_at=plan.look_again_at)
    if plan.lifetime is not None:
        turn.emit(SetVips(standing.vips, plan.lifetime))


def note_set(turn: Turn, event: VipsSet) -> bool:
    """The kernel has the VIPs: judge the lifetime by the clock after its answer. False when they
    must go at once, for a late renewal re-creates an expired address."""
    is_kernel_lease = turn.rules.has_kernel_lease
    until = turn.standing.permitted_until
    check = lease_plan.check_set(until, event.lifetime, is_kernel_lease, event.answered_at)
    turn.change(expiry=event.answered_at + event.lifetime, refusals=0)
    if check.must_drop:
        return False
    if check.lifetime is not None:
        turn.emit(SetVips(turn.standing.vips, check.lifetime))
        return True
    plan = lease_plan.plan(until, turn.standing.expiry, is_kernel_lease, turn.now)
    turn.change(lease_at=plan.look_again_at)
    if turn.standing.taken_at is None:
        _note_taken(turn)
    elif turn.standing.missing:
        turn.emit(AnnounceVips(turn.standing.missing))
        turn.change(missing=())
    return True


def _note_taken(turn: Turn) -> None:
    standing = turn.standing
    seconds = turn.now - standing.permitted_at
    turn.emit(AnnounceVips(standing.vips), AskForVips(standing.vips))
    turn.emit(Tell(Taken(standing.epoch, seconds)))
    names = " ".join(str(vip.address) for vip in standing.vips)
    text = f"epoch {standing.epoch}: {names} taken and announced ({seconds * 1000:.1f} ms)"
    turn.emit(Say(Severity.INFO, turn.rules.group.name, text))
    first = turn.now + EARLY_ANNOUNCEMENTS[0]
    turn.change(taken_at=turn.now, announcing_since=turn.now, announced=0, announce_at=first)
    turn.change(missing=())
    tell_held(turn)


def note_refused(turn: Turn, event: VipsRefused) -> bool:
    """The kernel refused; False when trying again makes no sense."""
    refusals = turn.standing.refusals + 1
    turn.change(refusals=refusals, lease_at=turn.now + REFUSAL_PAUSE)
    if turn.standing.taken_at is None or refusals >= MOST_REFUSALS:
        return False
    if refusals == 1:
        turn.emit(Say(Severity.ERROR, turn.rules.group.name, event.reason))
    return True


def put_back(turn: Turn, event: VipsGone) -> None:
    """Somebody removed VIPs of ours, or the kernel did: have them back while we may."""
    standing = turn.standing
    gone = tuple(vip for vip in standing.vips if str(vip.address) in event.vips)
    if not gone or standing.taken_at is None:
        return
    has_run_out = standing.expiry is not None and turn.now >= standing.expiry - EARLY_SECONDS
    why = "ran out in the kernel" if has_run_out else "was removed by somebody else"
    turn.change(missing=tuple(dict.fromkeys((*standing.missing, *gone))), expiry=None)
    if turn.now >= standing.permitted_until:
        return
    for vip in gone:
        text = f"{vip.address} {why} on {vip.device}: putting it back"
        turn.emit(Say(Severity.WARNING, turn.rules.group.name, text))
    may_at = standing.restored_at + RESTORE_PAUSE
    if turn.now < may_at:
        turn.change(lease_at=may_at)
        return
    turn.change(restored_at=turn.now)
    renew(turn)


def announce(turn: Turn) -> None:
    """Announce all VIPs once, and say when the next time is."""
    standing = turn.standing
    if standing.taken_at is None or turn.now >= standing.permitted_until:
        return
    turn.emit(AnnounceVips(standing.vips))
    if standing.announced == 1:
        turn.emit(AskForVips(standing.vips))
    announced = standing.announced + 1
    next_at = turn.now + turn.rules.announce_interval_seconds
    if announced < len(EARLY_ANNOUNCEMENTS):
        next_at = standing.announcing_since + EARLY_ANNOUNCEMENTS[announced]
    turn.change(announced=announced, announce_at=next_at)


def note_foreign(turn: Turn, event: VipAnswered) -> None:
    """Another machine says that it has one of our VIPs: contradict it, so that nobody goes on
    believing it (RFC 5227, 2.4), and tell it once for each MAC."""
    standing = turn.standing
    key = (event.vip, event.mac)
    if event.vip not in {str(vip.address) for vip in standing.vips}:
        return
    is_held = standing.taken_at is not None and turn.now < standing.permitted_until
    if is_held and turn.now >= standing.defended_at + DEFEND_PAUSE:
        announce_at = min(standing.announce_at, turn.now + DEFEND_WAIT)
        turn.change(defended_at=turn.now, announce_at=announce_at)
    if key in standing.foreign:
        return
    turn.change(foreign=standing.foreign | {key})
    text = f"{event.vip} is also answered by {event.mac}: two machines have this address"
    turn.emit(Say(Severity.CRITICAL, turn.rules.group.name, text))
    turn.emit(Tell(VipForeign(event.vip, event.mac)))


def drop(turn: Turn) -> None:
    """Remove the VIPs, and have the kernel asked whether they are gone."""
    vips = turn.standing.vips
    turn.change(
        expiry=None,
        lease_at=inf,
        announce_at=inf,
        missing=(),
        refusals=0,
        look_at=turn.now + LOOK_PAUSE,
    )
    turn.emit(DropVips(vips))


def follow_file(turn: Turn) -> None:
    """Take VIPs that the file names now, remove those that nobody needs any more; called until
    every service that is on its way out is gone."""
    standing = turn.standing
    want = wanted(turn)
    lives = turn.lives.values()
    is_unfinished = any(life.is_leaving or life.stop_as is not None for life in lives)
    turn.change(is_file_new=is_unfinished)
    there = {(vip.address, vip.device) for vip in standing.vips}
    needed = {(vip.address, vip.device) for vip in want}
    if there == needed:
        return
    gone = tuple(vip for vip in standing.vips if (vip.address, vip.device) not in needed)
    new = tuple(vip for vip in want if (vip.address, vip.device) not in there)
    turn.change(vips=want)
    if new:
        turn.change(missing=(*standing.missing, *new), expiry=None)
        renew(turn)
    if gone:
        turn.emit(DropVips(gone))


def tell_held(turn: Turn) -> None:
    """pulse hears that the VIPs are there; not while some are missing."""
    standing = turn.standing
    turn.change(held_told_at=turn.now)
    if not standing.missing and standing.refusals == 0:
        turn.emit(Tell(Held(standing.epoch, standing.permitted_until)))


def pass_time(turn: Turn) -> None:
    """What is due for the VIPs by time alone."""
    standing = turn.standing
    if turn.now >= standing.lease_at:
        renew(turn)
    if turn.now >= standing.announce_at:
        announce(turn)
    if turn.now >= standing.held_told_at + turn.rules.report_seconds:
        tell_held(turn)


def granted(before: Mapping[str, float], fresh: Mapping[str, float]) -> dict[str, float]:
    """The instants of the newest grantors; one that was granted before never goes back."""
    return {who: max(instant, before.get(who, instant)) for who, instant in fresh.items()}
