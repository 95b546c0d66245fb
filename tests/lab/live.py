"""A running cluster for a person to watch: a line for each change, a story for each fault."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from piranha.wire.control_line import MoveShown
from tests.lab.attempts import Attempt, longest_gap
from tests.lab.host import Host, LabError
from tests.lab.instruments import Prober, now
from tests.lab.pair import Pair

LOOK_SECONDS = 0.05
RECENT_SECONDS = 0.06
COLUMNS = "{:>8}  {:<22}{:<22}{:<12}{}"


@dataclass(frozen=True, slots=True)
class Look:
    """What is so at one moment."""

    roles: tuple[str, str]
    holders: tuple[str, ...]
    answer: str
    """The node that answers the client; empty: nobody does."""


class LiveView:
    """Prints what changes, with the seconds since its construction."""

    def __init__(self, pair: Pair, prober: Prober) -> None:
        self.pair = pair
        self.prober = prober
        self.began = now()
        self._last: Look | None = None
        a, b = (node.name for node in pair.segment.nodes)
        print(COLUMNS.format("", f"{a} is", f"{b} is", "VIP is on", "the client is answered by"))

    def look(self) -> Look:
        """Look once; print a line if anything has changed."""
        pair = self.pair
        holders = pair.segment.holders(pair.vips[0])
        seen = Look(
            (self._role(pair.node_a), self._role(pair.node_b)),
            holders,
            recent_answer(self.prober.attempts()),
        )
        if seen != self._last:
            self._last = seen
            at = f"{now() - self.began:.1f} s"
            where = " and ".join(holders) or "-"
            print(COLUMNS.format(at, *seen.roles, where, seen.answer or "nobody"), flush=True)
        return seen

    def _role(self, node: Host) -> str:
        status = self.pair.status(node)
        if status is None:
            return "-"
        (group,) = status.groups
        return str(group.role) + ("" if group.is_fit else ", unfit")

    def until(self, is_so: Callable[[Look], bool], limit_seconds: float, what: str) -> None:
        """Look until it is so. LabError: it did not become so in time."""
        end = now() + limit_seconds
        while not is_so(self.look()):
            if now() > end:
                raise LabError(f"waited {limit_seconds:g} s in vain: {what}\n{self.pair.logs()}")
            time.sleep(LOOK_SECONDS)

    def rest(self, seconds: float) -> None:
        """Look for a while."""
        end = now() + seconds
        while now() < end:
            self.look()
            time.sleep(LOOK_SECONDS)


def recent_answer(attempts: list[Attempt]) -> str:
    """Who answered last, if that was just now."""
    limit = now() - RECENT_SECONDS
    for attempt in reversed(attempts):
        if attempt.ended < limit:
            break
        if attempt.node:
            return attempt.node
    return ""


def moves_since(pair: Pair, wall: float) -> list[tuple[str, MoveShown]]:
    """Node and record of each change of role since a date, in their order."""
    found = [(n.name, m) for n in pair.segment.nodes for m in pair.moves(n) if m.wall >= wall]
    return sorted(found, key=lambda entry: entry[1].wall)


def outage_text(attempts: list[Attempt], since: float) -> str:
    """What the client says of the time since a fault."""
    gap = longest_gap(attempts, after=since)
    later = [attempt for attempt in attempts if attempt.started >= since]
    failed = sum(1 for attempt in later if not attempt.node)
    if not failed:
        return f"none: {len(later)} requests, 0 failed (longest wait {gap.milliseconds:.0f} ms)"
    return f"{gap.milliseconds:.0f} ms without an answer ({failed} of {len(later)} requests failed)"
