"""Is the partner gone, and may its addresses be taken? Silence, goodbyes, and who still answers.

Where a kernel lease was in force the segment is asked for the VIPs before the deadtime ends: an
answer from the partner's own MAC proves that only the heartbeat paths are cut.
"""

from piranha.config.timing import has_kernel_lease
from piranha.decisions import fencing, fitness, partner_link
from piranha.decisions.events import Event
from piranha.decisions.facts import Fact, Found, Notice
from piranha.decisions.group_state import GroupState
from piranha.decisions.observing import View
from piranha.terms import Role

ASK_SECONDS = 0.1
"""How long the segment is given to answer for a VIP before the deadtime ends."""
ASK_AGAIN_SECONDS = 0.25
NOT_ASKED = "the segment was not asked yet"


def absence(view: View, state: GroupState, _event: Event) -> Found:
    """The partner is not there, or was never heard."""
    link, rules, now = view.link, view.rules, view.now
    if state.role is Role.LISTENING:
        is_heard = partner_link.is_partner_heard(link, rules, now)
        waited = now - state.since
        if waited >= rules.startup_wait_seconds or (is_heard and _may_stand_by(state)):
            yield Notice(Fact.STARTUP_OVER, f"listened for {waited:.2f} s")
    if not state.role.is_inactive:
        return
    partner = state.partner
    if partner_link.has_partner_left(link):
        if partner is None or partner.role.is_inactive:
            blocked = _blocked(view, state)
            fact = Fact.TAKEOVER_BLOCKED if blocked else Fact.PARTNER_LEFT
            yield Notice(fact, blocked or f"{rules.partner_name} said goodbye")
        return
    silent = silent_seconds(view)
    is_off = fencing.is_off(view.fencing)
    if silent >= view.deadtime or is_off:
        yield from _judge_silence(view, state, silent)
    is_near = silent >= view.deadtime - ASK_SECONDS or is_off
    since = view.fencing.ended_at if view.fencing and is_off else None
    if is_near and is_due_to_ask(view, state, link.silent_since if since is None else since):
        yield Notice(Fact.SILENCE_NEARS_END, f"silent for {silent:.2f} s")


def _judge_silence(view: View, state: GroupState, silent: float) -> Found:
    """The partner is silent for long enough, or known to be off."""
    text = f"{_what_is_silent(view)} for {silent:.3f} s (deadtime {view.deadtime:g} s)"
    evidence: dict[str, object] = {"silent": silent, "deadtime": view.deadtime}
    blocked = _blocked(view, state) or _vips_block(view, state)
    if blocked:
        yield Notice(Fact.TAKEOVER_BLOCKED, f"{text}, but {blocked}", {"blocked": blocked})
    elif view.fencing and view.fencing.is_off:
        text = view.fencing.reason if silent < view.deadtime else text
        fenced = f"{text}; fenced: {view.fencing.text}"
        yield Notice(Fact.PARTNER_SILENT, fenced, {**evidence, "fenced": view.fencing.text})
    elif view.rules.has_fence:
        yield from _fence_first(view, silent, text)
    else:
        yield Notice(Fact.PARTNER_SILENT, text, evidence)


def _fence_first(view: View, silent: float, text: str) -> Found:
    """Nothing is taken from a silent partner before it is known to be off."""
    before = view.fencing
    if before is None:
        delay = fencing.delay_seconds(view.rules, view.link, view.roles)
        if silent >= view.deadtime + delay:
            waited = f", and {delay:g} s for the other one to go first" if delay else ""
            yield Notice(Fact.FENCE_DUE, text + waited)
    elif before.has_failed and view.rules.fence_failed_takes:
        failed = f"{text}; fencing failed ({before.text}), and fence_failed is take"
        yield Notice(Fact.PARTNER_SILENT, failed, {"silent": silent, "fence_failed": before.text})
    elif before.has_failed:
        if view.now >= before.retry_at:
            yield Notice(Fact.FENCE_DUE, text)
        blocked = f"fencing failed: {before.text}"
        yield Notice(Fact.TAKEOVER_BLOCKED, f"{text}, but {blocked}", {"blocked": blocked})


def _what_is_silent(view: View) -> str:
    link, name = view.link, view.rules.partner_name
    if link.last_heard_at is not None and link.last_heard_at > link.silent_since:
        return f"{name} hears neither us nor a witness, and has been cut off"
    return f"no heartbeat from {name} on any path"


def _may_stand_by(state: GroupState) -> bool:
    """While the partner serves there is nothing to wait for; else fos should be armed first."""
    partner = state.partner
    return (partner is not None and not partner.role.is_inactive) or not state.is_arming


def _blocked(view: View, state: GroupState) -> str:
    """What forbids a takeover from a dead partner; being unfit does not."""
    if state.is_held:
        return "this node is held"
    if unable := fitness.unable_reason(state):
        return unable
    if view.sees_witness is False:
        return "no witness answers"
    if partner_link.is_unproven_heard(view.link, view.now, view.deadtime):
        return "its sealed heartbeats come in and it answers no challenge: it does not hear us"
    return ""


def _asks(view: View) -> bool:
    """Where a kernel lease was in force, the segment is asked before a takeover."""
    return has_kernel_lease(
        view.rules.keepalive_seconds, partner_link.partner_deadtime(view.link, view.rules)
    )


def is_due_to_ask(view: View, state: GroupState, since: float) -> bool:
    """Whether the segment is to be asked now, for an answer that counts from `since` on."""
    asking = state.asking
    if not _asks(view):
        return False
    if asking is None or asking.asked_at < since:
        return True
    waited = view.now - asking.asked_at
    return waited >= (ASK_AGAIN_SECONDS if asking.is_over else 10 * ASK_SECONDS)


def is_segment_quiet(view: View, state: GroupState, since: float) -> bool:
    if not _asks(view):
        return True
    asking = state.asking
    return (
        asking is not None
        and asking.is_over
        and asking.asked_at >= since + view.deadtime - 1.5 * ASK_SECONDS
        and not asking.partner_answer
    )


def _vips_block(view: View, state: GroupState) -> str:
    """Who still answers for the VIPs; empty when nobody who matters does."""
    if not _asks(view):
        return ""
    asking, fence = state.asking, view.fencing
    earliest = view.link.silent_since + view.deadtime - 1.5 * ASK_SECONDS
    if fence is not None and fence.is_off and fence.ended_at is not None:
        earliest = fence.ended_at
    if asking is None or not asking.is_over or asking.asked_at < earliest:
        return NOT_ASKED
    if asking.partner_answer and view.rules.vip_answers_wait:
        if fencing.is_off(fence):
            return f"the partner was fenced and still answers: {asking.partner_answer}"
        return f"the partner still answers: {asking.partner_answer}; only the heartbeat is cut"
    if asking.foreign_answer and asking.foreign_since is not None:
        waited = view.now - asking.foreign_since
        if view.rules.vip_foreign_wait or waited < view.deadtime:
            return f"address conflict: {asking.foreign_answer}"
    return ""


def silent_seconds(view: View) -> float:
    """How long the silence clock has run, in seconds."""
    return view.now - view.link.silent_since
