"""Is the partner there, does it hear us, and until when is our own presence certain to it?

One link for a node, shared by its groups. Everything here is arithmetic on heartbeats: what was
sent when, what of it came back acknowledged, and how long nothing came at all.
"""

from dataclasses import dataclass

from piranha.config import timing
from piranha.config.timing import ANXIOUS_AFTER, URGENT_INTERVAL, lease_seconds
from piranha.decisions.rules import NodeRules
from piranha.decisions.witness import sight_limit
from piranha.values import replace
from piranha.wire.heartbeat import Heartbeat, PathHeard

SENT_KEPT = 64
INCARNATIONS_KEPT = 8
SHORTEST_REPEAT = 0.005
LONGEST_REPEAT = 0.05
REPEATS_BEFORE_ALONE = 3
ANXIOUS_PART = 0.025
"""Of a deadtime: a node that misses a heartbeat sends one in so many seconds."""
PAUSE_PART = 0.1
"""Of a deadtime: in so many seconds one of them arrives."""
LATE_PART = 0.05
"""Of a deadtime: so much later than it should a heartbeat is too late."""
SEGMENT_SECONDS = 1.0
"""So long before the partner is heard again third stations must have been heard."""


@dataclass(frozen=True, slots=True)
class Link:
    """What this node knows of its partner's presence. Instants in seconds of CLOCK_BOOTTIME."""

    incarnation: int
    started_at: float
    timer_from: float
    """When the newest heartbeat that counts for our own keepalive timer was sent."""
    silent_since: float
    """Start of the silence clock: newest of the last heartbeat heard, our own start, the moment
    our own time or our own cable came back."""
    sequence: int = 0
    sent: tuple[tuple[int, float], ...] = ()
    """(sequence, instant) of the newest heartbeats sent, oldest first."""
    asked: int = 0
    """The newest sequence number that asked for an answer."""
    acknowledged: int = 0
    acknowledged_at: float | None = None
    """When the newest heartbeat that the partner acknowledged was *sent*."""
    sent_unheard: int = 0
    """Heartbeats sent since anything was heard."""
    last_heard_at: float | None = None
    counted_at: float | None = None
    """When the newest heartbeat came that ends a silence: not one of a node that is cut off."""
    is_partner_cut_off: bool = False
    """So says its newest heartbeat."""
    heard: tuple[PathHeard, ...] = ()
    """Per path; here `age_seconds` holds the *instant* of hearing."""
    unproven_at: float | None = None
    """When the newest heartbeat came whose run has not proven that it lives."""
    partner: Heartbeat | None = None
    past_incarnations: tuple[int, ...] = ()
    strangers_heard: tuple[float, float] | None = None
    """While we serve and the partner is silent: the first and the newest frame of a third
    station, in a row without a gap of a deadtime."""
    saw_segment: bool = False
    """What came of that when the partner was heard again; until the conflict is over."""
    stranger_at: float | None = None
    """The newest frame of a third station, whatever for it was listened to."""
    is_missed: bool = False
    """The partner asked again, as if our answer had not come: it does not hear us."""
    was_silent: bool = False
    """An earlier pulse heard nothing of the partner when it gave the permission that we found."""


def is_partner_heard(link: Link, rules: NodeRules, now: float) -> bool:
    """True while some path has brought a heartbeat within deadtime, and no goodbye."""
    return (
        link.partner is not None
        and not link.partner.is_goodbye
        and link.last_heard_at is not None
        and now - link.last_heard_at < rules.deadtime_seconds
    )


def is_unproven_heard(link: Link, now: float, seconds: float) -> bool:
    """Whether, within so many seconds, heartbeats came that cannot be believed: a partner that
    does not hear us may be alive and serve."""
    return link.unproven_at is not None and now - link.unproven_at < seconds


def is_cut_off(link: Link, rules: NodeRules, beat: Heartbeat) -> bool:
    """Whether the partner says that it hears neither us nor a witness: it takes nothing, what it
    holds it loses, and what it says of itself cannot keep us from serving (rule 9). One that wants
    an answer repeats itself until it has one, so whether it hears us is soon known."""
    if not (rules.has_witness and rules.isolation_drops) or beat.sees_witness is not False:
        return False
    limit = quiet_limit(link, rules)
    if beat.wants_answer:
        limit = min(limit, sight_limit(rules))
    return not any(
        path.incarnation == link.incarnation and path.age_seconds < limit for path in beat.heard
    )


def hear_stranger(link: Link, rules: NodeRules, now: float) -> Link:
    """A third station sent something while we served and the partner was silent."""
    first, last = link.strangers_heard or (now, now)
    if now - last >= rules.deadtime_seconds:
        first = now
    return replace(link, strangers_heard=(first, now))


def saw_segment(link: Link, rules: NodeRules, now: float) -> bool:
    """Whether third stations have been heard for a while, in the partner's silence. What comes in
    the moment in which our own cable comes back proves nothing."""
    if link.strangers_heard is None:
        return link.saw_segment
    first, last = link.strangers_heard
    return now - first >= SEGMENT_SECONDS and now - last < rules.deadtime_seconds


def has_partner_left(link: Link) -> bool:
    """True after a goodbye, until another incarnation is heard."""
    return link.partner is not None and link.partner.is_goodbye


def hears_us(link: Link) -> bool:
    """Whether the partner's newest heartbeat says that it hears this incarnation of ours."""
    beat = link.partner
    return beat is not None and any(
        path.incarnation == link.incarnation and path.age_seconds < beat.deadtime_seconds
        for path in beat.heard
    )


def longest_quiet(rules: NodeRules) -> float:
    """Seconds between two heartbeats where none is lost."""
    return 1.5 * rules.keepalive_seconds + URGENT_INTERVAL


def hears_us_now(link: Link, rules: NodeRules) -> bool:
    """The same, and not a keepalive ago: what we send does arrive, so a probe would as well."""
    beat, limit = link.partner, longest_quiet(rules)
    return beat is not None and any(
        path.incarnation == link.incarnation and path.age_seconds < limit for path in beat.heard
    )


def is_path_heard(link: Link, rules: NodeRules, path: int, now: float) -> bool:
    """Whether heartbeats pass both ways on this path, in the last keepalives."""
    limit, beat = longest_quiet(rules), link.partner
    is_heard = any(p.path == path and now - p.age_seconds < limit for p in link.heard)
    return is_heard and any(
        p.path == path and p.incarnation == link.incarnation and p.age_seconds < limit
        for p in (beat.heard if beat else ())
    )


def partner_deadtime(link: Link, rules: NodeRules) -> float:
    """The deadtime that the partner announces; ours until it has announced one."""
    return link.partner.deadtime_seconds if link.partner else rules.deadtime_seconds


def quiet_since(link: Link) -> float:
    """When the newest heartbeat that counts came; our own start before the first."""
    return link.started_at if link.counted_at is None else link.counted_at


def quiet_limit(link: Link, rules: NodeRules) -> float:
    """Seconds of quiet after which the partner does not hear us, or lives no longer."""
    keepalive = rules.keepalive_seconds
    if link.partner is not None:
        keepalive = max(keepalive, link.partner.keepalive_seconds)
    return timing.quiet_limit(keepalive, rules.deadtime_seconds)


def is_alone(link: Link, rules: NodeRules, now: float) -> bool:
    """Nothing at all has come for longer than a living partner could be quiet, in spite of
    repeats; or an earlier pulse saw that, and nothing has come since; or the partner says that it
    is cut off, and so takes nothing for a deadtime after that is over."""
    if is_unproven_heard(link, now, quiet_limit(link, rules)):
        return False
    if link.is_partner_cut_off:
        return True
    if link.was_silent and link.counted_at is None:
        return link.sent_unheard > 0
    return link.sent_unheard > REPEATS_BEFORE_ALONE and _is_quiet(link, rules, now)


def _is_quiet(link: Link, rules: NodeRules, now: float) -> bool:
    """The last that a partner said before it died may be news that it sent unasked, long after it
    had last heard us: our lease counts from then, and would end before the quiet does. One that
    lives and does not hear us has been anxious, counted from then, for a while."""
    quiet, limit = now - quiet_since(link), quiet_limit(link, rules)
    if quiet >= limit:
        return True
    answered, deadtime = link.acknowledged_at, rules.deadtime_seconds
    is_unanswered = answered is not None and now - answered >= limit
    return is_unanswered and quiet >= deadtime / 5 and hears_us(link)


def certain_until(
    link: Link, rules: NodeRules, now: float, alone_from: float | None
) -> float | None:
    """The instant until which a VIP may be held: the partner cannot take it before that.

    Counts from the newest heartbeat that the partner has acknowledged. Only a partner of whom
    nothing at all is heard lets a heartbeat *sent* count: the newest one not later than
    `alone_from`, the last moment at which our segment is known to have been there (None: it is
    not), but later than the last that we heard, which told what had arrived. None: nothing certain.
    """
    base = link.acknowledged_at
    if alone_from is not None and (is_alone(link, rules, now) or has_partner_left(link)):
        newest = next((at for _, at in reversed(link.sent) if at <= alone_from), None)
        if newest is not None and (link.counted_at is None or newest > link.counted_at):
            base = max(filter(None, (base, newest)), default=None)
    if base is None:
        return None
    return lease_from(link, rules, base)


def lease_from(link: Link, rules: NodeRules, base: float) -> float:
    """The end of the lease that counts from a heartbeat sent at `base`."""
    return base + lease_seconds(rules.keepalive_seconds, partner_deadtime(link, rules))


def hear(
    link: Link, path: int, beat: Heartbeat, at: float, *, is_cut_off: bool = False
) -> tuple[Link, bool]:
    """Take in one heartbeat. Returns the link and whether the beat is news: the newest of the
    partner, not a copy from another path, not late, not of a former incarnation. That of a node
    that is cut off ends no silence, and is not acknowledged: what is acknowledged must count."""
    before = next((p for p in link.heard if p.path == path), None)
    same_life = link.partner is not None and link.partner.incarnation == beat.incarnation
    if beat.incarnation in link.past_incarnations:
        return link, False
    if before and before.incarnation == beat.incarnation and beat.sequence <= before.sequence:
        return link, False
    past = link.past_incarnations
    if link.partner is not None and not same_life:
        past = (*past, link.partner.incarnation)[-INCARNATIONS_KEPT:]
    is_news = not (same_life and link.partner and beat.sequence <= link.partner.sequence)
    changes: dict[str, object] = {
        "past_incarnations": past,
        "last_heard_at": at if link.last_heard_at is None else max(at, link.last_heard_at),
        "partner": beat if is_news else link.partner,
    }
    if is_cut_off:
        kept = tuple(p for p in link.heard if p.incarnation == beat.incarnation)
        is_cut_off = is_news or link.is_partner_cut_off
        return replace(link, **changes, heard=kept, is_partner_cut_off=is_cut_off), is_news
    others = tuple(p for p in link.heard if p.path != path and p.incarnation == beat.incarnation)
    heard = (*others, PathHeard(path, beat.incarnation, beat.sequence, at))
    link = replace(
        link,
        **changes,
        **_acknowledged(link, beat),
        heard=tuple(sorted(heard, key=lambda p: p.path)),
        counted_at=at if link.counted_at is None else max(at, link.counted_at),
        silent_since=max(link.silent_since, at),
        sent_unheard=0,
        is_partner_cut_off=link.is_partner_cut_off and not is_news,
        is_missed=_is_missed(link, beat) if is_news else link.is_missed,
    )
    return link, is_news


def _is_missed(link: Link, beat: Heartbeat) -> bool:
    """Whether nothing that we sent since the partner last asked has come there, an answer among
    it. We ask back until it has: else a partner that hears us again, at the moment when we do not
    hear it any more, would take our quiet for our death."""
    before = link.partner
    return (
        beat.wants_answer
        and before is not None
        and before.wants_answer
        and link.sequence > _newest_heard(link, beat) == _newest_heard(link, before)
    )


def _newest_heard(link: Link, beat: Heartbeat) -> int:
    """The newest of our heartbeats that the partner says it has heard; 0: none."""
    return max((p.sequence for p in beat.heard if p.incarnation == link.incarnation), default=0)


def _acknowledged(link: Link, beat: Heartbeat) -> dict[str, object]:
    """What changes of the link because the partner tells what it has heard."""
    newest = _newest_heard(link, beat)
    if newest > link.acknowledged:
        for sequence, sent_at in reversed(link.sent):
            if sequence == newest:
                return {"acknowledged": newest, "acknowledged_at": sent_at}
            if sequence < newest:
                break
    return {}


def send(link: Link, now: float, *, wants_answer: bool, resets_timer: bool) -> Link:
    """Number and remember one more heartbeat sent."""
    sequence = link.sequence + 1
    return replace(
        link,
        sequence=sequence,
        sent=(*link.sent, (sequence, now))[-SENT_KEPT:],
        sent_unheard=link.sent_unheard + 1,
        asked=sequence if wants_answer else link.asked,
        timer_from=now if resets_timer else link.timer_from,
    )


def next_beat_at(link: Link, rules: NodeRules, now: float, *, is_urgent: bool) -> float:
    """When the next heartbeat is due: a keepalive after the last, or earlier while an answer that
    was asked for is missing. A partner silent for a whole deadtime may still hear us, over a path
    that loses packets: enough heartbeats for each of its deadtimes keep it from taking over."""
    keepalive, deadtime = rules.keepalive_seconds, rules.deadtime_seconds
    interval = min(keepalive, URGENT_INTERVAL) if is_urgent else keepalive
    quiet = now - quiet_since(link)
    if ANXIOUS_AFTER * keepalive <= quiet < deadtime:
        interval = min(interval, max(SHORTEST_REPEAT, deadtime * ANXIOUS_PART))
    if link.asked > link.acknowledged and not has_partner_left(link):
        repeat = max(SHORTEST_REPEAT, min(keepalive / 10, LONGEST_REPEAT))
        interval = min(interval, deadtime / 10 if quiet >= deadtime else repeat)
    return link.timer_from + interval


def heard_again_at(link: Link, rules: NodeRules, now: float) -> float:
    """When one of the many heartbeats that we send after a pause must have arrived: until then the
    partner may have thought us dead, and serves on for what it has sent itself. Where no kernel
    lease is in force two owners for a moment are not excluded anyway, and deadtimes are short."""
    is_kernel_lease = _has_kernel_lease(link, rules)
    return now + PAUSE_PART * rules.deadtime_seconds if is_kernel_lease else now


def _has_kernel_lease(link: Link, rules: NodeRules) -> bool:
    return timing.has_kernel_lease(rules.keepalive_seconds, partner_deadtime(link, rules))


def speaks_late(link: Link, rules: NodeRules, now: float) -> bool:
    """Whether our next heartbeat is so much too late that the partner may take our quiet for our
    death; where a kernel lease is in force."""
    if not link.sent or not _has_kernel_lease(link, rules):
        return False
    last = link.sent[-1][1]
    due = last + rules.keepalive_seconds
    anxious = max(last, anxious_at(link, rules)) + rules.deadtime_seconds * ANXIOUS_PART
    if anxious < quiet_since(link) + rules.deadtime_seconds:
        due = min(due, anxious)
    return now - due >= LATE_PART * rules.deadtime_seconds


def anxious_at(link: Link, rules: NodeRules) -> float:
    """When the next heartbeat of the partner is overdue."""
    return quiet_since(link) + ANXIOUS_AFTER * rules.keepalive_seconds


def heard_ages(link: Link, now: float) -> tuple[PathHeard, ...]:
    """What we last heard on each path, as it is told to the partner."""
    return tuple(
        PathHeard(p.path, p.incarnation, p.sequence, max(0.0, now - p.age_seconds))
        for p in link.heard
    )
