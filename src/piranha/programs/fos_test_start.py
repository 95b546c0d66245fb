"""`fos --test-start`: what would be done, in words, without doing any of it."""

import shlex
from collections.abc import Iterator

from piranha.config.settings import Group, Monitor, Service, Settings, Standby
from piranha.config.timing import has_kernel_lease, lease_seconds
from piranha.probes.question import Question, Transport
from piranha.programs.service_question import question_of, watch_of
from piranha.terms import Side
from piranha.wire.report_line import FosMode


def plan(settings: Settings, group: Group, side: Side, mode: FosMode) -> Iterator[str]:
    """One line for each thing that fos would do on this side, in its order."""
    if mode is FosMode.MONITOR:
        yield f"{group.name}: watch the services on {settings.addresses[side.other][0]}"
        for service in group.services:
            yield _asked_there(settings, service, side.other)
        return
    yield f"{group.name}: when permitted, on {settings.addresses[side][0]} ({side}):"
    lifetime = _lifetime(settings)
    for vip in group.vips:
        size = vip.address.max_prefixlen
        yield f"take {vip.address}/{size} on {vip.label} {lifetime}, announce it"
    for service in group.services:
        yield from _start(service)
        yield from _asked_here(settings, service, side)
    yield "when asked to release:"
    for service in reversed(group.services):
        if service.standby is Standby.WARM:
            yield _command(service, "stop", service.stop_cmd, service.stop_timeout_seconds)
    for vip in group.vips:
        yield f"remove {vip.address} from {vip.device}"


def _lifetime(settings: Settings) -> str:
    keepalive, deadtime = settings.keepalive_seconds, settings.deadtime_seconds
    seconds = lease_seconds(keepalive, deadtime)
    where = "in the kernel" if has_kernel_lease(keepalive, deadtime) else "in user space"
    return f"with a lease of {seconds:g} s {where}"


def _start(service: Service) -> Iterator[str]:
    if service.standby is Standby.HOT:
        yield f"{service.name}: hot standby, it is neither started nor stopped"
        return
    if service.stop_first:
        yield _command(service, "stop", service.stop_cmd, service.stop_timeout_seconds)
    yield _command(service, "start", service.start_cmd, service.start_timeout_seconds)


def _command(service: Service, what: str, argv: tuple[str, ...], limit: float) -> str:
    if not argv:
        return f"{service.name}: {what}: nothing, the file has no {what}_cmd"
    return f"{service.name}: {what}: {shlex.join(argv)} (at most {limit:g} s)"


def _asked_there(settings: Settings, service: Service, side: Side) -> str:
    if not service.is_asked_there:
        return f"{service.name}: not asked from here"
    return _probe(service, question_of(service, settings.addresses[side][0]))


def _asked_here(settings: Settings, service: Service, side: Side) -> Iterator[str]:
    host = settings.addresses[side][0]
    if not service.is_asked_here:
        yield f"{service.name}: nobody asks it here; it counts as well once it is started"
    elif service.probe.monitor is not Monitor.DHCP:
        yield _probe(service, question_of(service, host))
    if watch := watch_of(service, host):
        yield _probe(service, watch)


def _probe(service: Service, question: Question) -> str:
    if question.transport is Transport.PROCESS:
        what = f"watch the process of {question.target}"
    elif question.transport is Transport.PROGRAM:
        what = f"run {shlex.join(question.argv)}"
    else:
        what = f"ask {question.target} by {question.transport}"
    limits = f"every {service.interval_seconds:g} s (at most {service.timeout_seconds:g} s each)"
    count = f"{service.fall} bad in a row: failed; {service.rise} good in a row: well"
    return f"{service.name}: probe: {what}, {limits}; {count}"
