"""What the decision core needs to know of the configuration."""

from dataclasses import dataclass

from piranha.config.settings import Unreleased
from piranha.terms import Side


@dataclass(frozen=True, slots=True)
class GroupRules:
    """One group, as this node sees it."""

    name: str
    is_preferred: bool
    """This node wins ties for the group (the primary, unless `group` turned it round)."""
    service_tags: dict[int, str]
    """Tag -> name of every service that may move the group (`on_failure = failover`)."""
    start_seconds: float
    release_timeout_seconds: float


@dataclass(frozen=True, slots=True)
class NodeRules:
    side: Side
    cluster: str
    serial_no: int
    digests: dict[str, bytes]
    keepalive_seconds: float
    deadtime_seconds: float
    startup_wait_seconds: float
    reentry_seconds: float
    paths: int
    """How many heartbeat paths there are: 1 or 2."""
    partner_name: str
    """The partner's address, for reasons that a person reads."""
    unreleased: Unreleased
    vip_answers_wait: bool
    vip_foreign_wait: bool
    isolation_drops: bool
    has_witness: bool
    failback: bool
    groups: tuple[GroupRules, ...]
    has_fence: bool = False
    """A silent partner is made sure to be off before anything is taken from it."""
    fence_failed_takes: bool = False
    fence_delay_seconds: float = 0.0
    """How long the node that does not go first waits; see fencing.py."""

    def group(self, name: str) -> GroupRules:
        for group in self.groups:
            if group.name == name:
                return group
        raise KeyError(name)
