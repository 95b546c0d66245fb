"""From the values of lvs.cf to the rules of the decision core, as one node sees them."""

import dataclasses
from collections.abc import Collection
from typing import Any

from piranha.config.settings import Group, IPAddress, OnFailure, Settings
from piranha.decisions.rules import GroupRules, NodeRules
from piranha.errors import UsageError
from piranha.terms import Side

HEARTBEAT_KEYWORDS = {
    "cluster": ("cluster",),
    "addresses": ("primary", "backup", "primary_private", "backup_private"),
    "heartbeat_port": ("heartbeat_port",),
    "heartbeat_key": ("heartbeat_key",),
    "keepalive_seconds": ("keepalive",),
    "deadtime_seconds": ("deadtime",),
}
"""Fields of Settings that a reload leaves as they are, with their keywords in lvs.cf(5): both
nodes must agree on them at every moment."""


def side_of(settings: Settings, local: Collection[IPAddress]) -> Side:
    """Which side this node is, by its addresses. Raises UsageError when it is neither or both."""
    found = [side for side in Side if any(address in local for address in settings.addresses[side])]
    if len(found) == 1:
        return found[0]
    wanted = "; ".join(
        f"{side} = {', '.join(str(address) for address in settings.addresses[side])}"
        for side in Side
    )
    if found:
        raise UsageError(f"addresses of both nodes are on this one ({wanted}): which one is it?")
    raise UsageError(f"no address of either node is on this one ({wanted})")


def rules_from(settings: Settings, side: Side) -> NodeRules:
    """What the decision core needs to know, seen from `side`. Times in seconds."""
    return NodeRules(
        side=side,
        cluster=settings.cluster,
        serial_no=settings.serial_no,
        digests=dict(settings.digests),
        keepalive_seconds=settings.keepalive_seconds,
        deadtime_seconds=settings.deadtime_seconds,
        startup_wait_seconds=settings.startup_wait_seconds,
        reentry_seconds=settings.reentry_seconds,
        paths=len(settings.addresses[side]),
        partner_name=str(settings.addresses[side.other][0]),
        unreleased=settings.unreleased,
        vip_answers_wait=settings.vip_answers_wait,
        vip_foreign_wait=settings.vip_foreign_wait,
        isolation_drops=settings.isolation_drops,
        has_witness=bool(settings.witness),
        failback=settings.failback,
        groups=tuple(_group_rules(settings, group, side) for group in settings.groups),
        has_fence=bool(settings.fence_cmd),
        fence_failed_takes=settings.fence_failed_takes,
        fence_delay_seconds=settings.fence_delay_seconds,
    )


def _group_rules(settings: Settings, group: Group, side: Side) -> GroupRules:
    release_timeout = settings.release_timeout_seconds
    if release_timeout is None:
        release_timeout = group.stop_seconds + settings.deadtime_seconds
    return GroupRules(
        name=group.name,
        is_preferred=group.nodes[0] is side,
        service_tags={
            service.tag: service.name
            for service in group.services
            if service.on_failure is OnFailure.FAILOVER
        },
        start_seconds=group.start_seconds,
        release_timeout_seconds=release_timeout,
    )


def keep_heartbeat(running: Settings, fresh: Settings) -> tuple[Settings, tuple[str, ...]]:
    """The fresh settings with the heartbeat keywords of the running ones, and the keywords that
    would have changed: nodes that disagree on them lose each other, so a restart applies them."""
    kept: dict[str, Any] = {}
    names: list[str] = []
    for field, keywords in HEARTBEAT_KEYWORDS.items():
        value = getattr(running, field)
        if getattr(fresh, field) != value:
            kept[field] = value
            names += keywords
    return dataclasses.replace(fresh, **kept), tuple(names)
