"""How long things can take with the file at hand: detection, takeover, outage, overlap.

All figures are upper limits that follow from the file; commands that return at once, and services
that answer at once, make a takeover much shorter.
"""

import math
from collections.abc import Iterator

from piranha.config.settings import Group, Service, Settings, Unreleased
from piranha.config.timing import (
    KERNEL_MARGIN,
    alive_within,
    has_kernel_lease,
    healed_overlap,
    lease_seconds,
    overlap,
    pause_limit,
    quiet_limit,
    shortest_kernel_deadtime,
)
from piranha.config.values import show_duration


def refusal_detected(service: Service) -> float:
    """Seconds until a service that refuses connections from now on counts as failed, at most."""
    return service.fall * service.interval_seconds


def hanging_detected(service: Service) -> float:
    """Seconds until a service that accepts and then says nothing counts as failed, at most."""
    further = max(service.interval_seconds, service.timeout_seconds)
    return service.interval_seconds + (service.fall - 1) * further + service.timeout_seconds


def timing_report(settings: Settings) -> tuple[str, ...]:
    """Lines for a person: what the file promises, one fact a line."""
    return tuple(_report(settings))


def _report(settings: Settings) -> Iterator[str]:
    deadtime = settings.deadtime_seconds
    yield (
        f"a dead node is noticed within {show_duration(deadtime)} (deadtime), "
        f"by {_paths(settings)} of heartbeats every {show_duration(settings.keepalive_seconds)}"
    )
    yield from _lease(settings)
    for group in settings.groups:
        yield from _group(settings, group)


def _paths(settings: Settings) -> str:
    count = max(len(addresses) for addresses in settings.addresses.values())
    return "1 path" if count == 1 else f"{count} paths"


def _lease(settings: Settings) -> Iterator[str]:
    keepalive, deadtime = settings.keepalive_seconds, settings.deadtime_seconds
    held = show_duration(lease_seconds(keepalive, deadtime))
    if has_kernel_lease(keepalive, deadtime):
        yield f"a kernel lease is in force: an address ends {held} after its holder was last heard"
        yield "both nodes answer for an address for 0 s at most"
    else:
        longest = overlap(keepalive, deadtime)
        yield "no kernel lease is in force, only one that pulse and fos keep themselves"
        yield (
            "both nodes answer for an address for at most "
            f"{show_duration(longest.one_process)} when one process hangs or dies, "
            f"{show_duration(longest.everything)} when all of them do at once"
        )
        shortest = shortest_kernel_deadtime(keepalive)
        yield (
            f"advice: a kernel lease needs deadtime - {KERNEL_MARGIN:g} s >= keepalive + "
            f"deadtime / 4 + 0.2 s: a deadtime of {show_duration(shortest)} with this keepalive"
        )
    both_see = " and see a witness" if settings.witness and settings.isolation_drops else ""
    is_fenced = settings.fence_cmd and not settings.fence_failed_takes
    then = "one is fenced before the other takes" if is_fenced else "nothing here bounds that time"
    yield (
        "where every path is cut in both directions for longer than "
        f"{show_duration(deadtime / 4)} while both nodes live{both_see}, {then}"
    )
    yield from _fence(settings)
    yield from _witness(settings)
    yield from _watchdog(settings)
    yield (
        "once two such nodes hear each other again both answer for at most "
        f"{show_duration(healed_overlap(keepalive))}"
    )
    yield (
        "a node holds its addresses alone after "
        f"{show_duration(quiet_limit(keepalive, deadtime))} without a word of its partner, and "
        f"knows of a pause of its own longer than {show_duration(pause_limit(keepalive, deadtime))}"
    )


def _fence(settings: Settings) -> Iterator[str]:
    if not settings.fence_cmd:
        return
    delay, limit = settings.fence_delay_seconds, settings.fence_timeout_seconds
    longest = show_duration(settings.deadtime_seconds + delay + limit)
    takes = settings.fence_failed_takes
    yield (
        f"a silent partner is fenced before anything is taken: within {longest}, or "
        f"{'it is taken all the same' if takes else 'it is waited and tried again'} "
        f"(fence_failed = {'take' if takes else 'wait'})"
    )


def _witness(settings: Settings) -> Iterator[str]:
    if not settings.witness:
        return
    deadtime = settings.deadtime_seconds
    names = " or ".join(str(address) for address in settings.witness)
    held = show_duration(lease_seconds(settings.keepalive_seconds, deadtime))
    then = (
        f"drops what it holds after {held}" if settings.isolation_drops else "keeps what it holds"
    )
    yield (
        f"a node that hears neither the other one nor {names} takes nothing, and {then} "
        f"(isolation = {'drop' if settings.isolation_drops else 'keep'})"
    )
    yield (
        f"an active node without a witness for {show_duration(deadtime / 2)} hands over to one "
        "that sees it"
    )


def _watchdog(settings: Settings) -> Iterator[str]:
    if settings.watchdog is None:
        return
    lease = lease_seconds(settings.keepalive_seconds, settings.deadtime_seconds)
    yield (
        "a node whose pulse hangs, or whose addresses are not known to be gone when they should "
        f"be, is reset by {settings.watchdog} within {show_duration(max(1, math.ceil(lease)))}"
    )


def _group(settings: Settings, group: Group) -> Iterator[str]:
    for service in group.services:
        refused, hanging = refusal_detected(service), hanging_detected(service)
        yield (
            f"service {service.name}: noticed within {show_duration(refused)} when it refuses, "
            f"{show_duration(hanging)} when it hangs; worst outage "
            f"{show_duration(settings.deadtime_seconds + group.start_seconds)} when its node dies, "
            f"{show_duration(hanging + group.stop_seconds + group.start_seconds)} when it fails"
        )
    if not group.services:
        return
    yield (
        f"group {group.name}: stopped within {show_duration(group.stop_seconds)}, started within "
        f"{show_duration(group.start_seconds)} ({_count(group.services)}, commands and first "
        "answers at their limits)"
    )
    keepalive, deadtime = settings.keepalive_seconds, settings.deadtime_seconds
    longest = show_duration(alive_within(keepalive, deadtime, group.start_seconds))
    yield f"group {group.name}: after the last fault one node serves within {longest}"
    yield f"group {group.name}: {_unreleased(settings, group)}"


def _count(services: tuple[Service, ...]) -> str:
    return "1 service" if len(services) == 1 else f"{len(services)} services"


def _unreleased(settings: Settings, group: Group) -> str:
    timeout = settings.release_timeout_seconds
    if timeout is None:
        timeout = group.stop_seconds + settings.deadtime_seconds
    then = {
        Unreleased.TAKE: "the group is taken from it",
        Unreleased.WAIT: "it is waited for on and on",
        Unreleased.FENCE: "it is fenced",
    }
    return (
        f"after {show_duration(timeout)} without a release by a living partner "
        f"{then[settings.unreleased]} (unreleased = {settings.unreleased})"
    )
