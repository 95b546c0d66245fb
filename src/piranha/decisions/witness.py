"""Does this node see a witness, since when, and what follows where it does not?

A witness is an address that both nodes ask now and then. Only the instant at which an *answered*
question was asked proves anything: a node that stood still knows by its own clock that what it saw
is old.
"""

from dataclasses import dataclass, replace

from piranha.decisions.rules import NodeRules

SHORTEST_SIGHT = 0.025
"""Seconds; a question and its answer need some time, however short the deadtime is."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What this node knows of its witnesses; any of them counts. Instants of CLOCK_BOOTTIME."""

    answered_at: float | None = None
    """When the newest question that was answered was asked."""
    seen_since: float | None = None
    """When the present sight began."""


def sight_limit(rules: NodeRules) -> float:
    """Seconds after an answered question for which the witness counts as seen."""
    return max(rules.deadtime_seconds / 4, SHORTEST_SIGHT)


def lost_limit(rules: NodeRules) -> float:
    """Seconds without an answer after which an active whose partner sees a witness is unfit."""
    return 2 * sight_limit(rules)


def hear(witness: Witness, rules: NodeRules, asked_at: float, now: float) -> Witness:
    """A witness has answered a question that was asked at that instant."""
    before = witness.answered_at
    if before is not None and asked_at <= before:
        return witness
    since = witness.seen_since if sees(rules, witness, now) else now
    return replace(witness, answered_at=asked_at, seen_since=since)


def sees(rules: NodeRules, witness: Witness, now: float) -> bool | None:
    """Whether a witness answers; None where none is configured."""
    if not rules.has_witness:
        return None
    at = witness.answered_at
    return at is not None and now - at < sight_limit(rules)


def has_seen_for(rules: NodeRules, witness: Witness, seconds: float, now: float) -> bool:
    """Whether a witness was seen without a break for so long, and is seen now."""
    since = witness.seen_since
    return bool(sees(rules, witness, now)) and since is not None and now - since >= seconds


def is_lost(rules: NodeRules, witness: Witness, sees_there_since: float, now: float) -> bool:
    """No answer for so long, while the partner saw a witness all the time, that the partner should
    serve. (A witness that is switched on again is not seen by both at the same moment.)"""
    at = max(sees_there_since, witness.answered_at or 0.0)
    return rules.has_witness and now - at >= lost_limit(rules)


def stands_alone_from(rules: NodeRules, witness: Witness) -> float | None:
    """What was sent until this instant went out to a segment that was there, so that it may count
    without an acknowledgement; None: nothing does."""
    if not (rules.has_witness and rules.isolation_drops):
        return float("inf")
    return witness.answered_at


def wake_at(
    rules: NodeRules, witness: Witness, sees_there_since: float | None, now: float
) -> float:
    """When time alone changes what is known, later than now."""
    if not rules.has_witness:
        return float("inf")
    at = witness.answered_at or 0.0
    instants = [at + sight_limit(rules)]
    if sees_there_since is not None:
        instants.append(max(at, sees_there_since) + lost_limit(rules))
    if witness.seen_since is not None:
        instants.append(witness.seen_since + rules.deadtime_seconds)
    return min((instant for instant in instants if instant > now), default=float("inf"))
