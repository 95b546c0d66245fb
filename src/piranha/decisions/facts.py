"""The facts that can make a role change, in the order of their importance."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fact(StrEnum):
    """What can be true of a group now; the order is the order of importance."""

    LET_GO = "let go"
    PERMISSION_ENDED = "permission ended"
    FOS_FAILED = "fos failed"
    STOPPING = "stopping"
    CONFLICT_LOST = "conflict lost"
    CONFLICT_ENDED = "conflict ended"
    FOUND_SERVING = "found serving"
    FOUND_ASTRAY = "found astray"
    FOS_RETURNED = "fos returned"
    ALL_STARTED = "all started"
    CLAIM_LOST = "claim lost"
    CLAIM_ANSWERED = "claim answered"
    CLAIM_REFUSED = "claim refused"
    CLAIM_MOOT = "claim moot"
    CLAIM_UNRELEASED = "claim unreleased"
    CLAIM_OVERDUE = "claim overdue"
    CLAIM_HOPELESS = "claim hopeless"
    PARTNER_CLAIMS = "partner claims"
    CLAIM_BASELESS = "claim baseless"
    STARTUP_OVER = "startup over"
    PARTNER_LEFT = "partner left"
    PARTNER_SILENT = "partner silent"
    FENCE_DUE = "fence due"
    TAKEOVER_BLOCKED = "takeover blocked"
    SILENCE_NEARS_END = "silence nears its end"
    PARTNER_LACKS_GROUP = "partner lacks the group"
    FORCED = "forced"
    SWITCH_ASKED = "switch asked"
    SWITCH_REFUSED = "switch refused"
    PARTNER_OFFERS = "partner offers"
    FAULT_UNNAMED = "fault unnamed"
    SERVICE_FAILED_THERE = "service failed there"
    PARTNER_UNFIT = "partner unfit"
    NOBODY_SERVES = "nobody serves"
    START_OVERDUE = "start overdue"
    FAILBACK_DUE = "failback due"
    VIPS_UNCHECKED = "vips unchecked"
    SERVICES_UNPROBED = "services unprobed"
    TAKEOVER_DOUBTED = "takeover doubted"
    VERDICT_DIFFERS = "verdict differs"
    REPAIR_DUE = "repair due"
    BROKEN_ON_BOTH = "broken on both"
    WHOLE_AGAIN = "whole again"


@dataclass(frozen=True, slots=True)
class Notice:
    """A fact with what shows it; `text` is a sentence with measured value and limit."""

    fact: Fact
    text: str
    evidence: dict[str, Any] = field(default_factory=dict)


Found = Iterator[Notice]
