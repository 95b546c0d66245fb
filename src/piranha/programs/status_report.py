"""How the node is, gathered from everything that pulse knows, for piranhactl status."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from piranha import __version__
from piranha.config.settings import Group, Settings
from piranha.config.timing import has_kernel_lease, lease_seconds
from piranha.decisions import composing, partner_link
from piranha.decisions.fault_naming import points_of
from piranha.decisions.node_state import NodeState, view_of
from piranha.decisions.partner_link import Link
from piranha.decisions.rules import NodeRules
from piranha.decisions.three_points import named
from piranha.programs.fos_keeper import FosKeeper
from piranha.programs.fos_said import Said
from piranha.programs.fos_seat import FosSeat, Phase
from piranha.programs.heartbeat_paths import HeartbeatPath, HeartbeatPaths
from piranha.programs.lateness import Lateness
from piranha.programs.node_memory import Remembered
from piranha.programs.witness_watch import WitnessWatch
from piranha.terms import Role
from piranha.wire.control_line import (
    FosShown,
    GroupShown,
    MoveShown,
    PathShown,
    ServiceShown,
    StatusShown,
    VipShown,
)
from piranha.wire.heartbeat import GroupBeat
from piranha.wire.report_line import FosMode

REPORTS_IN_A_LEASE = 8
"""A fos that holds VIPs says so at least that often."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where everything about a node stands. Instants of clock.now."""

    settings: Settings
    config: Path
    rules: NodeRules
    state: NodeState
    keeper: FosKeeper
    paths: HeartbeatPaths
    remembered: Remembered
    last_moves: Mapping[str, MoveShown]
    carriers: Mapping[str, bool]
    witnesses: WitnessWatch
    mismatches: tuple[str, ...]
    lateness: Lateness
    started_at: float


def status_of(sources: Sources, now: float, wall: float) -> StatusShown:
    """The whole node at this instant, `wall` in seconds since 1970."""
    settings, rules, link = sources.settings, sources.rules, sources.state.link
    ours = settings.addresses[rules.side]
    theirs = settings.addresses[rules.side.other]
    remembered = sources.remembered
    _, beat = composing.compose(rules, sources.state, now)
    beats = {group.name: group for group in beat.groups}
    return StatusShown(
        wall=wall,
        program_version=__version__,
        cluster=settings.cluster,
        side=str(rules.side),
        address=str(ours[0]),
        partner_address=str(theirs[0]),
        pid=os.getpid(),
        up_seconds=now - sources.started_at,
        configuration=str(sources.config),
        serial_no=settings.serial_no,
        keepalive_seconds=settings.keepalive_seconds,
        deadtime_seconds=settings.deadtime_seconds,
        lease_seconds=lease_seconds(settings.keepalive_seconds, settings.deadtime_seconds),
        has_kernel_lease=has_kernel_lease(settings.keepalive_seconds, settings.deadtime_seconds),
        is_held=remembered.is_held,
        held_left_seconds=_left(remembered.held_until, wall),
        is_partner_heard=partner_link.is_partner_heard(link, rules, now),
        partner_age_seconds=_age(link.last_heard_at, now),
        partner_has_left=partner_link.has_partner_left(link),
        worst_lateness_seconds=sources.lateness.worst_seconds,
        recent_lateness_seconds=sources.lateness.recent_seconds,
        paths=tuple(_path(path, link, now) for path in sources.paths.paths),
        groups=tuple(
            _group(sources, group, beats[group.name], now, wall) for group in settings.groups
        ),
        witnesses=sources.witnesses.shown(now),
        devices=dict(sources.carriers),
        mismatches=sources.mismatches,
        wrong_datagrams=sources.paths.wrong.total,
    )


def _left(until: float | None, wall: float) -> float | None:
    return None if until is None else max(0.0, until - wall)


def _age(instant: float | None, now: float) -> float | None:
    return None if instant is None else max(0.0, now - instant)


def _path(path: HeartbeatPath, link: Link, now: float) -> PathShown:
    return PathShown(
        path=path.number,
        local=str(path.local),
        partner=str(path.partner),
        heard_age_seconds=_age(path.heard_at, now),
        heard_back_age_seconds=_heard_back(path.number, link, now),
        sent=path.sent,
        received=path.received,
        trouble=path.trouble,
    )


def _heard_back(number: int, link: Link, now: float) -> float | None:
    """The age told by the partner, and how old that is by now."""
    if link.partner is None or link.last_heard_at is None:
        return None
    for heard in link.partner.heard:
        if heard.path == number and heard.incarnation == link.incarnation:
            return heard.age_seconds + max(0.0, now - link.last_heard_at)
    return None


def _group(sources: Sources, group: Group, beat: GroupBeat, now: float, wall: float) -> GroupShown:
    state = sources.state.group(group.name)
    partner = state.partner
    active = sources.keeper.seat(group.name, FosMode.ACTIVE)
    monitor = sources.keeper.seat(group.name, FosMode.MONITOR)
    said = active.said if active else Said()
    lease = lease_seconds(sources.settings.keepalive_seconds, sources.settings.deadtime_seconds)
    is_here = bool(said.held_epoch)
    return GroupShown(
        name=group.name,
        role=str(beat.role),
        epoch=beat.epoch,
        is_fit=beat.is_fit,
        unfit_reason=beat.unfit_reason,
        partner_role=str(partner.role) if partner else "",
        partner_is_fit=partner.is_fit if partner else False,
        partner_unfit_reason=partner.unfit_reason if partner else "",
        lease_left_seconds=max(0.0, said.held_until - now) if is_here else None,
        lease_age_seconds=max(0.0, now - said.held_at) if is_here else None,
        lease_period_seconds=lease / REPORTS_IN_A_LEASE,
        vips=tuple(VipShown(str(v.address), v.device, v.label, is_here) for v in group.vips),
        services=_services(sources, group, beat.role, (active, monitor), (now, wall)),
        processes=tuple(
            _fos(seat, now) for seat in (active, monitor) if seat and seat.phase is not Phase.AWAY
        ),
        last_move=sources.last_moves.get(group.name),
        is_believed=state.is_believed if is_here else None,
        belief_evidence=state.belief_evidence if is_here else "",
    )


def _services(
    sources: Sources,
    group: Group,
    role: Role,
    seats: tuple[FosSeat | None, FosSeat | None],
    times: tuple[float, float],
) -> tuple[ServiceShown, ...]:
    """As the serving fos sees them here, or else the monitor on the partner."""
    active, monitor = seats
    now, wall = times
    is_here = not role.is_inactive or monitor is None or monitor.phase is Phase.AWAY
    seat = active if is_here else monitor
    services = []
    for service in group.services:
        said = seat.said.services.get(service.name) if seat else None
        until = sources.remembered.ignored.get(service.name)
        services.append(
            ServiceShown(
                name=service.name,
                watched="here" if is_here else "partner",
                state=said.state if said and is_here else "",
                is_healthy=said.is_healthy if said else None,
                verdict=said.verdict if said else "",
                evidence=said.evidence if said else "",
                since_seconds=max(0.0, now - said.since) if said else None,
                is_ignored=service.name in sources.remembered.ignored,
                ignored_left_seconds=_left(until, wall),
                fault="" if is_here else _fault(sources, group, service.tag, now),
            )
        )
    return tuple(services)


def _fault(sources: Sources, group: Group, tag: int, now: float) -> str:
    """What three probes say together of a service that fails on the partner."""
    state = sources.state.group(group.name)
    if tag not in state.naming:
        return ""
    view = view_of(sources.rules, sources.state, group.name, now)
    return named(points_of(view, state, tag))


def _fos(seat: FosSeat, now: float) -> FosShown:
    return FosShown(str(seat.mode), seat.pid, _fos_state(seat), _age(seat.said.last_at, now))


def _fos_state(seat: FosSeat) -> str:
    said = seat.said
    match seat.phase:
        case Phase.PAUSING:
            return f"ended ({said.trouble}), pausing" if said.trouble else "starting"
        case Phase.REFUSED:
            return f"ended ({said.trouble}), waiting for a reload"
        case Phase.HEARD if said.held_epoch:
            return "serving"
        case Phase.HEARD if said.trouble:
            return f"cannot serve: {said.trouble}"
        case Phase.HEARD if said.is_armed:
            return "armed" if seat.mode is FosMode.ACTIVE else "watching"
        case _:
            return "starting"
