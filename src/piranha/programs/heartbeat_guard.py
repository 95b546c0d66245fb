"""Which heartbeats are believed: none that was heard before, none that was recorded.

Without a key the first is all that can be known. A recorded heartbeat is sealed as well as a fresh
one. So with a key a run (an incarnation) that is not known is challenged with a number that was
never sent before; it is believed when the answer comes, from the heartbeat on that the answer
names. That takes one trip there and back, on every path, repeated while it is missing.

What is not proven still says something: sealed heartbeats of a run that is not older than any
known one come from a partner that does not hear us, or are the newest that it sent before it died.
So they count for one thing only: this node takes nothing and does not hold itself to be alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from piranha.wire.aside import Challenge, ChallengeAnswered
from piranha.wire.heartbeat import Heartbeat

INCARNATIONS_KEPT = 64
MOST_WAITING = 8
CHALLENGE_SECONDS = 0.05
"""Between two challenges while the answer is missing."""
MOST_CHALLENGES = 20
"""In a row, after the newest heartbeat that waits for proof."""
OVER = "of an earlier run of the partner"
REPEATED = "repeated or overtaken"
NEVER = float("inf")


class Belief(Enum):
    TAKEN = "taken"
    UNPROVEN = "unproven"
    """It waits for the answer to a challenge; the run could be the newest one."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A heartbeat that is believed as soon as its run is proven."""

    path: int
    beat: Heartbeat
    at: float


@dataclass(slots=True)
class _Open:
    """A challenge without an answer yet."""

    nonce: int
    due_at: float
    left: int = MOST_CHALLENGES
    waiting: dict[tuple[int, int], Waiting] = field(default_factory=dict)
    """By incarnation and path, the newest of each."""


class HeartbeatGuard:
    """Knows the partner's run, what of it was heard, and the runs that are over."""

    def __init__(self, draw_nonce: Callable[[], int], newest_known: int = 0) -> None:
        """`newest_known`: the newest run of the partner that an earlier pulse had believed."""
        self.is_challenging = False
        """With a key: only a proven run is believed."""
        self.newest_known = newest_known
        self.reason = ""
        """Why the last heartbeat was not taken."""
        self._draw_nonce = draw_nonce
        self._incarnation: int | None = None
        self._over: list[int] = []
        self._newest: dict[int, int] = {}
        self._floor = -1
        self._open: _Open | None = None

    def hear(self, path: int, beat: Heartbeat, at: float) -> Belief:
        """Judge one heartbeat of the partner's side, whose seal was looked at. What is taken
        counts as heard."""
        if beat.incarnation in self._over:
            return self._refuse(OVER)
        if beat.incarnation != self._incarnation:
            if self.is_challenging:
                return self._wait(Waiting(path, beat, at))
            self._begin(beat.incarnation, -1)
        if beat.sequence <= self._newest.get(path, self._floor):
            return self._refuse(REPEATED)
        self._newest[path] = beat.sequence
        return Belief.TAKEN

    def answered(self, answer: ChallengeAnswered) -> list[Waiting]:
        """The run that answers our open challenge lives: what waited of it is to be heard now, in
        the order of its sequence numbers. Nothing comes of any other answer."""
        opened = self._open
        if opened is None or answer.nonce != opened.nonce:
            return []
        self._open = None
        if answer.incarnation == self._incarnation:
            return []
        if answer.incarnation in self._over:
            return []
        self._begin(answer.incarnation, answer.sequence - 1)
        mine = (w for w in opened.waiting.values() if w.beat.incarnation == answer.incarnation)
        return sorted(mine, key=lambda waiting: waiting.beat.sequence)

    def newest(self, path: int) -> tuple[int, int]:
        """The run that is heard, and its newest sequence number on that path; 0, 0 before any."""
        return self._incarnation or 0, max(0, self._newest.get(path, self._floor))

    def wake_at(self) -> float:
        """When a challenge is due."""
        return NEVER if self._open is None else self._open.due_at

    def challenge(self, now: float) -> Challenge | None:
        """The challenge to send on every path now; None: none is due."""
        opened = self._open
        if opened is None or now < opened.due_at:
            return None
        opened.left -= 1
        opened.due_at = now + CHALLENGE_SECONDS if opened.left > 0 else NEVER
        return Challenge(opened.nonce)

    def _begin(self, incarnation: int, floor: int) -> None:
        if self._incarnation is not None:
            self._over = [*self._over, self._incarnation][-INCARNATIONS_KEPT:]
        self._incarnation = incarnation
        self._newest = {}
        self._floor = floor
        self.newest_known = max(self.newest_known, incarnation)

    def _wait(self, waiting: Waiting) -> Belief:
        if self._open is None:
            self._open = _Open(self._draw_nonce(), waiting.at)
        opened = self._open
        if opened.due_at == NEVER:
            opened.due_at = waiting.at
        opened.left = MOST_CHALLENGES
        key = (waiting.beat.incarnation, waiting.path)
        before = opened.waiting.pop(key, None)
        if before is not None and before.beat.sequence > waiting.beat.sequence:
            waiting = before
        opened.waiting[key] = waiting
        if len(opened.waiting) > MOST_WAITING:
            del opened.waiting[next(iter(opened.waiting))]
        if waiting.beat.incarnation < self.newest_known:
            return self._refuse("of a run of the partner that is older than the newest known one")
        self.reason = "it waits for the proof that this run of the partner lives"
        return Belief.UNPROVEN

    def _refuse(self, reason: str) -> Belief:
        self.reason = reason
        return Belief.REFUSED
