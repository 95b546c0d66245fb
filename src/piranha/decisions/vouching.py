"""May the watchdog of the machine be fed? What must not go on ends with a reset of the node.

A watchdog is fed while this node may hold its VIPs, or is known to hold none. It is not fed once a
permission has ended and nobody has looked in the kernel and found the VIPs gone: then the partner
may take them at any moment.
"""

from piranha.decisions.group_state import GroupState
from piranha.decisions.node_state import NodeState


def objection(state: NodeState, now: float) -> str:
    """Why the watchdog may not be fed; empty when it may."""
    for group in state.groups:
        if not _may_go_on(group, now):
            late = now - group.permitted_until
            return (
                f"{group.name}: the permission ended {late:.2f} s ago, the VIPs may be here still"
            )
    return ""


def _may_go_on(group: GroupState, now: float) -> bool:
    """No serving period, one that is permitted, or one whose VIPs fos has found gone."""
    are_vips_gone = group.active_to is not None
    return not group.period or now < group.permitted_until or are_vips_gone
