"""The status of a node as a person reads it, and the record of a move."""

from collections.abc import Iterator

from piranha.programs.command_line import show_duration
from piranha.system import clock
from piranha.wire.control_line import (
    FosShown,
    GroupShown,
    MoveShown,
    PathShown,
    ServiceShown,
    StatusShown,
    WitnessShown,
)

STALE_FACTOR = 1.5
"""A value older than so many of its periods is called stale."""
LATENESS_WORTH_SAYING = 0.05
"""Seconds; or a tenth of the deadtime, where that is less."""

LONGEST_EVIDENCE = 80
"""Characters; the log has all of it."""


def status_lines(status: StatusShown) -> list[str]:
    """The page, without line ends."""
    return list(_lines(status))


def move_line(move: MoveShown) -> str:
    """One move on one line: when, where, what, why."""
    when = clock.wall_text(move.wall)
    what = f"{move.group}: {move.old} -> {move.new} (epoch {move.epoch})"
    return f"{when}  {move.node}: {what}: {move.reason}"


def move_lines(move: MoveShown) -> list[str]:
    """The line with the fact and the evidence under it."""
    evidence = ", ".join(f"{name} {_short(value)}" for name, value in move.evidence.items())
    return [move_line(move), f"    fact: {move.fact}" + (f"; {evidence}" if evidence else "")]


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return ", ".join(_short(item) for item in value)
    return str(value)


def _lines(status: StatusShown) -> Iterator[str]:
    yield f"cluster {status.cluster}, {status.side} {status.address}, pulse {status.pid}"
    yield _field("partner", _partner(status))
    for path in status.paths:
        yield _field(f"path {path.path}", _path(path, status.keepalive_seconds))
    yield _field("timing", _timing(status))
    devices = ", ".join(f"{d} {'up' if c else 'NO CARRIER'}" for d, c in status.devices.items())
    yield _field("links", devices)
    for witness in status.witnesses:
        yield _field("witness", _witness(witness))
    if status.is_held:
        yield _field("held", "takes nothing over, " + _until(status.held_left_seconds))
    for difference in status.mismatches:
        yield _field("files", f"MISMATCH: {difference}")
    if status.wrong_datagrams:
        yield _field("ignored", f"{status.wrong_datagrams} wrong datagrams since the start")
    up = show_duration(status.up_seconds)
    yield _field("running", f"for {up}, {status.configuration}, serial_no {status.serial_no}")
    for group in status.groups:
        yield ""
        yield from _group(status, group)


def _field(name: str, text: str, indent: int = 2) -> str:
    return f"{' ' * indent}{name:<10}{text}"


def _partner(status: StatusShown) -> str:
    age = status.partner_age_seconds
    if age is None:
        return f"{status.partner_address}, never heard"
    ago = f"{show_duration(age)} ago"
    if status.partner_has_left:
        return f"{status.partner_address}, said goodbye {ago}"
    if status.is_partner_heard:
        return f"{status.partner_address}, heard {ago}{_stale(age, status.keepalive_seconds)}"
    return f"{status.partner_address}, SILENT, last heard {ago}"


def _path(path: PathShown, period: float) -> str:
    heard = "not heard"
    if path.heard_age_seconds is not None:
        heard = f"heard {show_duration(path.heard_age_seconds)} ago"
        heard += _stale(path.heard_age_seconds, period)
    back = "it does not hear us"
    if path.heard_back_age_seconds is not None:
        back = f"heard us {show_duration(path.heard_back_age_seconds)} ago"
    trouble = f"; {path.trouble}" if path.trouble else ""
    return f"{path.local} - {path.partner}: {heard}, {back}{trouble}"


def _stale(age: float, period: float) -> str:
    """Says of a value that is older than it should be that it is."""
    return f" (STALE, period {show_duration(period)})" if age > STALE_FACTOR * period else ""


def _witness(witness: WitnessShown) -> str:
    age, took = witness.answer_age_seconds, witness.answer_seconds
    trouble = f"; {witness.trouble}" if witness.trouble else ""
    if age is None or took is None:
        return f"{witness.address}: HAS NOT ANSWERED{trouble}"
    if not witness.is_seen:
        return f"{witness.address}: ANSWERS NO MORE, last {show_duration(age)} ago{trouble}"
    asked = f"asked by {witness.way} {show_duration(age)} ago"
    return f"{witness.address}: {asked}, answered in {took * 1000:.3g} ms"


def _timing(status: StatusShown) -> str:
    where = "in the kernel" if status.has_kernel_lease else "in user space only"
    worst = status.worst_lateness_seconds
    recent = show_duration(status.recent_lateness_seconds)
    is_late = worst > min(LATENESS_WORTH_SAYING, status.deadtime_seconds / 10)
    note = " (LATE)" if is_late else ""
    return (
        f"keepalive {status.keepalive_seconds:g} s, deadtime {status.deadtime_seconds:g} s, "
        f"lease {status.lease_seconds:g} s {where}; woken at most {show_duration(worst)} late"
        f"{note}, lately {recent}"
    )


def _until(left: float | None) -> str:
    return "until resumed" if left is None else f"for another {show_duration(left)}"


def _group(status: StatusShown, group: GroupShown) -> Iterator[str]:
    fit = "fit" if group.is_fit else f"UNFIT: {group.unfit_reason}"
    yield f"group {group.name}: {group.role.upper()} here (epoch {group.epoch}), {fit}"
    yield _field("partner", _partner_says(status, group))
    for vip in group.vips:
        place = f"{vip.address} on {vip.label}"
        yield _field("vip", f"{place}: {_lease(group) if vip.is_here else 'not here'}")
    for service in group.services:
        yield _field("service", _service(service))
    for process in group.processes:
        yield _field("fos", _fos(process))
    if group.last_move is not None:
        ago = show_duration(max(0.0, status.wall - group.last_move.wall))
        move = group.last_move
        yield _field("last move", f"{ago} ago: {move.old} -> {move.new}: {move.reason}")


def _partner_says(status: StatusShown, group: GroupShown) -> str:
    if status.partner_age_seconds is None:
        return "unknown, never heard"
    if not group.partner_role:
        return "does not name this group"
    fit = "fit" if group.partner_is_fit else f"unfit: {group.partner_unfit_reason}"
    age = status.partner_age_seconds
    stale = ""
    if age > STALE_FACTOR * status.keepalive_seconds:
        stale = f" (STALE, as of {show_duration(age)} ago)"
    return f"{group.partner_role}, {fit}{stale}"


def _lease(group: GroupShown) -> str:
    left, age = group.lease_left_seconds, group.lease_age_seconds
    if left is None or age is None:
        return "here"
    stale = _stale(age, group.lease_period_seconds)
    return f"here, {show_duration(left)} of its lease left{stale}{_belief(group)}"


def _belief(group: GroupShown) -> str:
    """What the partner finds when it asks the segment for the VIPs."""
    if group.is_believed is None:
        return ", not verified"
    if group.is_believed:
        return ", verified by the partner"
    return f", NOT BELIEVED by the segment: {group.belief_evidence}"


def _service(service: ServiceShown) -> str:
    where = "" if service.watched == "here" else " on the partner"
    if service.is_healthy is None:
        health = service.state or "not judged yet"
    else:
        health = "answers" if service.is_healthy else "FAILED"
    if service.since_seconds is not None:
        health += f" for {show_duration(service.since_seconds)}"
    evidence = ": ".join(filter(None, (service.verdict, service.evidence)))
    if evidence:
        health += f" ({_cut(evidence)})"
    if service.fault:
        health += f"; {service.fault}"
    ignored = ""
    if service.is_ignored:
        ignored = f", IGNORED {_until(service.ignored_left_seconds)}"
    return f"{service.name}{where}: {health}{ignored}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_EVIDENCE else text[: LONGEST_EVIDENCE - 3] + "..."


def _fos(process: FosShown) -> str:
    age = process.report_age_seconds
    said = "" if age is None else f", said something {show_duration(age)} ago"
    pid = f" {process.pid}" if process.pid else ""
    return f"--{process.mode}{pid}: {process.state}{said}"
