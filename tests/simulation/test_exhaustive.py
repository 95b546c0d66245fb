"""Every interleaving of the small world to a depth, and the stories that the search has found.

The search is tested as well: violations are planted in the rules, and it must find each.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from piranha.decisions import absence, acting, claims, failover, node, partner_link
from piranha.decisions.effects import Moved
from piranha.decisions.facts import Fact, Notice
from piranha.decisions.failover import Move
from piranha.decisions.group_state import GroupState
from piranha.decisions.observing import View
from piranha.terms import Role
from tests.simulation.explore import SCOPES, Found, Scope, explore, replay, roots, tell
from tests.simulation.small_world import SmallWorld

FOUND = {
    "probes through our own dead cable prove nothing": (
        "A serves, unplug B, pass, plug in B, pass, pass",
        "B serves, unplug A, pass, plug in A, pass, pass",
        "A serves, unplug B, pass, pass, pass, plug in B, pass, pass",
    ),
    "a node that wakes claims on old news, and is not obeyed": (
        "A serves, freeze pulse of A, pass, pass, pass, thaw A, pass, pass",
        "A serves, freeze pulse of A, pass, pass, next, pass, thaw A, pass, pass",
    ),
    "a claim is not answered while a fos found astray lets go": (
        "A serves, pass, kill pulse of A, pass, pass, next, start A, pass, pass",
        "both start, pass, kill pulse of A, pass, pass, next, start A, pass, pass",
    ),
    "a standby that says one thing more before it dies takes no VIP with it": (
        "A serves, kill fos of B, crash B, pass, pass, pass, pass, start B, pass",
        "A serves, pass, kill fos of B, crash B, pass, pass, start B, pass",
    ),
}


@pytest.mark.parametrize("story", [story for stories in FOUND.values() for story in stories])
def test_what_the_search_found_is_mended(story: str) -> None:
    world = replay(story)
    assert world.takeovers == (1 if "pulse" in story else 0) + ("both start" in story)
    assert sorted(filter(None, (world.role(0), world.role(1)))) == [Role.ACTIVE, Role.STANDBY]


def test_a_search_begins_with_settled_pairs() -> None:
    worlds = roots()
    assert worlds["A serves"].role(0) is Role.ACTIVE
    assert worlds["B serves"].role(1) is Role.ACTIVE
    assert worlds["both start"].role(0) is Role.LISTENING


@pytest.mark.alone
@pytest.mark.timeout(1800)
def test_no_interleaving_breaks_a_claim() -> None:
    seen: set[int] = set()
    for name, scope in SCOPES.items():
        began = time.perf_counter()
        found = explore(scope)
        print(tell(name, scope, found, time.perf_counter() - began))
        assert found.broken == []
        seen |= found.seen
    print(f"{len(seen):,} distinct states")
    assert len(seen) >= 200_000
    assert max(scope.depth for scope in SCOPES.values()) >= 10


# Violations planted in the rules, and in what pulse does for them


def _plant_sent_counts(patch: pytest.MonkeyPatch) -> None:
    """The lease counts from heartbeats that were sent, not from those that were answered."""
    patch.setattr(partner_link, "is_alone", lambda *_: True)


def _plant_released_unseen(patch: pytest.MonkeyPatch) -> None:
    """pulse begins anew, and says released, without a look at what the kernel still holds."""
    patch.setattr(SmallWorld, "remove_leftovers", lambda _world, _side: None)


def _plant_answer_while_stopping(patch: pytest.MonkeyPatch) -> None:
    """A claim is answered when the release is ordered, not when it is done."""
    row = Move(Role.STANDBY, (acting.mark_unfit_if_fault, acting.release_asked, acting.end_period))
    patch.setitem(failover.MOVES, (Role.ACTIVE, Fact.PARTNER_CLAIMS), row)  # type: ignore[arg-type]


def _plant_same_epoch(patch: pytest.MonkeyPatch) -> None:
    """A takeover does not grow the epoch."""

    def take(view: View, state: GroupState, notice: Notice) -> acting.Acted:
        return acting.take(view, replace(state, epoch=max(0, state.epoch - 1)), notice)

    for row, move in failover.MOVES.items():
        if acting.take in move.actions:
            patch.setitem(failover.MOVES, row, replace(move, actions=(take,)))  # type: ignore[arg-type]


def _plant_old_silence(patch: pytest.MonkeyPatch) -> None:
    """The silence clock does not start anew when our own cable comes back."""

    class Never:
        """No event is one."""

    patch.setattr(node, "CarrierChanged", Never)


def _plant_stray_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A claim is answered while a fos that was found astray still lets go."""

    def release_stray(view: View, state: GroupState, notice: Notice) -> acting.Acted:
        state, effects = acting.release_stray(view, state, notice)
        return replace(state, astray=0), effects

    for role in Role:
        row = (role, Fact.FOUND_ASTRAY)
        patch.setitem(failover.MOVES, row, Move(None, (release_stray,)))  # type: ignore[arg-type]


def _plant_obeys_old_news(patch: pytest.MonkeyPatch) -> None:
    """A claim made before the claimant heard that we serve is obeyed."""
    patch.setattr(claims, "_is_serving_known", lambda *_: True)


def _plant_never_alone(patch: pytest.MonkeyPatch) -> None:
    """An active node drops its VIPs although its partner is dead."""
    patch.setattr(partner_link, "is_alone", lambda *_: False)


def _plant_impatience(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(absence, "silent_seconds", lambda view: 1.6 * (view.now - view.link.silent_since))
    patch.setattr(absence, "_vips_block", lambda _view, _state: "")


def _plant_no_reason(patch: pytest.MonkeyPatch) -> None:
    """A move is recorded without saying why."""
    told = failover._moved

    def moved(*arguments: object) -> Moved:
        return replace(told(*arguments), reason="")  # type: ignore[arg-type]

    patch.setattr(failover, "_moved", moved)


PLANTED = {
    _plant_sent_counts: "single",
    _plant_released_unseen: "order",
    _plant_answer_while_stopping: "order",
    _plant_same_epoch: "alive",
    _plant_old_silence: "single",
    _plant_stray_forgotten: "order",
    _plant_obeys_old_news: "calm",
    _plant_never_alone: "blink",
    _plant_impatience: "single",
    _plant_no_reason: "reason",
}


def _search() -> Found:
    """Until the claim is broken; deeper step by step, as most are broken early."""
    for depth in (4, 6, 8):
        found = explore(Scope(depth, 1, is_fine=depth == 8, asks_recovery=1 + 19 * (depth == 8)))
        if found.broken:
            break
    return found


@pytest.mark.parametrize(
    "plant", list(PLANTED), ids=lambda plant: plant.__name__.removeprefix("_plant_")
)
def test_a_violation_in_the_rules_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    found = _search()
    print("; ".join(found.broken))
    assert any(f"{PLANTED[plant]}: " in line for line in found.broken)
