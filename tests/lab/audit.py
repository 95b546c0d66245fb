"""Pure: do the claims hold in what was seen of an episode? Each function gives its complaints.

The claims are those of ARCHITECTURE.md. What was seen comes from four eyes that know nothing of
each other: the observer on the segment, the client, the nodes' records of moves, their logs.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from piranha.decisions.facts import Fact
from piranha.terms import Role
from tests.lab.attempts import Attempt, answered, failures
from tests.lab.chaos_plan import EVERYTHING, STANDBY, Kind, Plan, Trouble
from tests.lab.sightings import (
    Announcement,
    Period,
    Sighting,
    both_answering,
    both_holding,
    holding,
)

OBSERVER_SECONDS = 0.020
"""The observer's period: what it cannot see apart."""
LAST_LOOK_SECONDS = 1.0
"""At the end of an episode: so long everything must have been well."""
LONGEST_WAIT_SECONDS = 0.25
"""What a client on a busy machine may wait for an answer."""
HALVES = (Kind.SILENCE, Kind.MUTE, Kind.DEAF, Kind.BLOCK, Kind.PULL)
"""Two of them at one time may be a separation."""
SLOW_START_SECONDS = 2.0
"""On a busy machine a pulse that was killed may take as long to be back and to have adopted."""
ORDER_SECONDS = 0.1
"""From an order of pulse to the kernel's address, on a busy machine."""
RECORD_SECONDS = 0.5
"""A node that is killed so soon after a move may not have written it down."""
MOVE_LINE = re.compile(r"^pulse: [^:]+: (\w+) -> (\w+): (.+)$")


@dataclass(frozen=True, slots=True)
class Said:
    """The bounds that `piranhactl check` prints for the file at hand, in seconds."""

    one_process: float
    """Two owners, when one process hangs or dies."""
    everything: float
    """Two owners, when all of them do."""
    healed: float
    """Two owners, from the moment in which two separated nodes hear each other again."""


@dataclass(frozen=True, slots=True)
class Injected:
    """A trouble as it was: where, from when, until when (seconds of CLOCK_BOOTTIME)."""

    trouble: Trouble
    nodes: tuple[str, ...]
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a move, with its date as an instant."""

    at: float
    old: str
    new: str
    fact: str
    reason: str


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """What one node itself told."""

    records: tuple[Record, ...]
    lines: tuple[tuple[float, str], ...]
    """Instant and text of each line of its log."""
    started: tuple[float, ...]
    """When pulse was started."""
    harmed: tuple[float, ...]
    """When a process of it was killed or stopped."""


@dataclass(frozen=True, slots=True)
class Evidence:
    plan: Plan
    vip: str
    said: Said
    start_seconds: float
    """The start timeouts together."""
    injected: tuple[Injected, ...]
    nodes: Mapping[str, NodeSeen]
    sightings: Sequence[Sighting]
    announcements: Sequence[Announcement]
    attempts: Sequence[Attempt]
    began: float
    until: float

    @property
    def mended(self) -> float:
        """From this instant nothing is wrong."""
        return max(i.ended for i in self.injected)

    @property
    def alive_by(self) -> float:
        """When one node must serve at the latest: the claim `alive`."""
        timing = self.plan.timing
        return self.mended + timing.deadtime + self.start_seconds + 2 * timing.keepalive


def single(seen: Evidence) -> Iterator[str]:
    """Two nodes answer for the VIP no longer than was said."""
    for period in both_answering(seen.sightings, seen.vip, seen.until):
        if (limit := _overlap_limit(seen, period)) < period.seconds:
            yield (
                f"two owners for {period.seconds * 1000:.0f} ms from {period.begins:.3f} "
                f"(limit {limit * 1000:.0f} ms)"
            )


def overlaps(seen: Evidence) -> tuple[float, float]:
    """The longest time in which two nodes answered: without a separation, and in or after one."""
    plain, separated = 0.0, 0.0
    for period in both_answering(seen.sightings, seen.vip, seen.until):
        if any(True for _ in _separations(seen, _before(seen, period))):
            separated = max(separated, period.seconds)
        else:
            plain = max(plain, period.seconds)
    return plain, separated


def _before(seen: Evidence, period: Period) -> list[Injected]:
    return [i for i in seen.injected if i.began <= period.ends]


def _overlap_limit(seen: Evidence, period: Period) -> float:
    """What was said for the worst trouble that can have led to this overlap."""
    before = _before(seen, period)
    limit = seen.said.one_process
    if any(i.trouble.program == EVERYTHING for i in before):
        limit = seen.said.everything
    if separations := list(_separations(seen, before)):
        limit = max(limit, max(separations) + seen.said.healed)
    return limit + OBSERVER_SECONDS if limit else 0.0


def _separations(seen: Evidence, injected: Sequence[Injected]) -> Iterator[float]:
    """Where both directions of the path were cut at one time, with both cables looking whole: the
    seconds in which both nodes could be asked all the same.

    Blocked heartbeats alone are one where no kernel lease makes a standby ask the segment. A node
    whose cable was out has forgotten its neighbours, and cannot learn them again while it is deaf.
    """
    halves = [i for i in injected if i.trouble.kind in HALVES]
    for one in injected:
        if one.trouble.kind is Kind.SILENCE:
            yield 0.0
        if one.trouble.kind is Kind.BLOCK and seen.said.everything:
            yield one.ended - one.began
    for one, other in itertools.combinations(halves, 2):
        if one.began < other.ended and other.began < one.ended:
            yield max(one.ended, other.ended) - min(one.began, other.began)


def alive(seen: Evidence) -> Iterator[str]:
    """Once nothing is wrong any longer one node serves, and goes on."""
    last = [s for s in seen.sightings if s.vip == seen.vip][-1]
    late = f"{seen.alive_by - seen.mended:.2f} s after everything was mended"
    if len(last.holders) != 1:
        yield f"at the end {' and '.join(sorted(last.holders)) or 'nobody'} has {seen.vip}"
        return
    (owner,) = last.holders
    if last.at > seen.alive_by:
        yield f"{owner} has {seen.vip} alone only since {last.at:.3f}, not {late}"
    served = answered(seen.attempts)
    if not served or served[-1].node != owner:
        yield f"{owner} has {seen.vip}, but the client is answered by {served[-1:]}"
        return
    since = min(seen.alive_by, seen.until - LAST_LOOK_SECONDS)
    answers = [a.ended for a in served if a.ended > since]
    waits = [b - a for a, b in itertools.pairwise([since, *answers, seen.until])]
    if max(waits) > LONGEST_WAIT_SECONDS:
        yield f"the client waits for {max(waits):.2f} s, {late}"


def calm(seen: Evidence) -> Iterator[str]:
    """No fault, no move; one fault, one move; and what happens to the standby costs nothing."""
    takeovers = [
        f"{name}: {record.old} -> {record.new}: {record.reason}"
        for name, node in seen.nodes.items()
        for record in node.records
        if record.new == Role.STARTING and record.at >= seen.began
    ]
    allowed = sum(i.trouble.moves for i in seen.injected)
    is_more = seen.said.everything or any(i.trouble.program for i in seen.injected)
    if is_more:
        # Blocked heartbeats alone move nothing, unless a standby does not ask the segment, or the
        # active loses what it knew of its partner meanwhile.
        allowed += sum(i.trouble.kind is Kind.BLOCK for i in seen.injected)
    if seen.plan.timing.deadtime < SLOW_START_SECONDS:
        allowed += sum(i.trouble.program == "pulse" and not i.trouble.moves for i in seen.injected)
    if len(takeovers) > allowed:
        yield f"{len(takeovers)} takeovers, and reason for {allowed}: {'; '.join(takeovers)}"
    troubles = [i.trouble for i in seen.injected]
    if all(t.where == STANDBY and not t.is_two_edged for t in troubles):
        failed = [a for a in failures(seen.attempts) if a.started >= seen.began]
        if failed:
            yield f"only the standby was in trouble, and {len(failed)} requests failed"


def heard(seen: Evidence) -> Iterator[str]:
    """The segment was told last who has the VIP; after two had it, it was told again."""
    told = [a for a in seen.announcements if a.vip == seen.vip]
    last = [s for s in seen.sightings if s.vip == seen.vip][-1]
    if len(last.holders) != 1:
        return
    (owner,) = last.holders
    if not told or told[-1].node != owner:
        by = told[-1].node if told else "nobody"
        yield f"{owner} has {seen.vip}, but the last announcement is by {by}"
    for period in both_holding(seen.sightings, seen.vip, seen.until):
        later = [a for a in told if a.node == owner and a.at >= period.ends - OBSERVER_SECONDS]
        if not later:
            yield f"after both had {seen.vip} until {period.ends:.3f} nobody announced it"


def reason(seen: Evidence) -> Iterator[str]:
    """Each change of role has its record and its line; no VIP comes to a node without one."""
    for name, node in seen.nodes.items():
        for complaint in itertools.chain(
            _incomplete(node), _broken_chain(node), _unlike_log(node), _unexplained(seen, name)
        ):
            yield f"{name}: {complaint}"


def _incomplete(node: NodeSeen) -> Iterator[str]:
    for record in node.records:
        if record.fact not in list(Fact) or not record.reason.strip():
            yield f"{record.old} -> {record.new} without a reason"


def _broken_chain(node: NodeSeen) -> Iterator[str]:
    role, since = Role.LISTENING.value, 0.0
    for record in node.records:
        is_new = any(since < at <= record.at for at in node.started)
        follows = record.old == role or (is_new and record.old == Role.LISTENING)
        if not follows and not _is_excused(node, record.at):
            yield f"{role}, and then {record.old} -> {record.new}: a record is missing"
        role, since = record.new, record.at


def _unlike_log(node: NodeSeen) -> Iterator[str]:
    kept = [(r.old, r.new, r.reason) for r in node.records]
    for at, text in node.lines:
        found = MOVE_LINE.match(text)
        if found is None:
            continue
        if found.groups() in kept:
            kept.remove(found.groups())  # type: ignore[arg-type]
        elif not _is_excused(node, at):
            yield f"the log tells {text!r}, and no record does"
    for old, new, text in kept:
        yield f"a record tells {old} -> {new}: {text}, and no line of the log does"


def _is_excused(node: NodeSeen, at: float) -> bool:
    """Killed between the line and the record, or before it could write at all."""
    return any(0 <= harmed - at <= RECORD_SECONDS for harmed in node.harmed)


def _unexplained(seen: Evidence, name: str) -> Iterator[str]:
    node = seen.nodes[name]
    for period in holding(seen.sightings, seen.vip, name, seen.until):
        roles = _roles_around(node, period.begins)
        if period.begins > seen.began and not roles & {Role.STARTING, Role.ACTIVE}:
            yield f"{seen.vip} came at {period.begins:.3f}, and it is {' or '.join(sorted(roles))}"


def _roles_around(node: NodeSeen, at: float) -> set[str]:
    """Which roles it can have had when an order was given whose outcome was seen at an instant."""
    begins, ends = at - ORDER_SECONDS, at + OBSERVER_SECONDS
    return {_role_at(node, begins)} | {r.new for r in node.records if begins < r.at <= ends}


def _role_at(node: NodeSeen, at: float) -> str:
    """As the records say."""
    roles = [record.new for record in node.records if record.at <= at]
    return roles[-1] if roles else Role.LISTENING.value


CLAIMS: Mapping[str, Callable[[Evidence], Iterator[str]]] = {
    claim.__name__: claim for claim in (single, alive, calm, heard, reason)
}


def audit(seen: Evidence) -> list[str]:
    """Every complaint, with the name of its claim; empty: all claims hold."""
    return [f"{name}: {text}" for name, claim in CLAIMS.items() for text in claim(seen)]
