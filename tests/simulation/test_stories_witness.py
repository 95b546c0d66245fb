"""Stories of a witness: who is cut off, who only lost the witness, and who must do nothing."""

import pytest

from piranha.decisions.events import FosReported, StrangerHeard, SwitchAsked
from piranha.terms import Role, Side
from piranha.wire.order_line import Announce
from piranha.wire.report_line import FosMode, ServiceVerdict
from tests.simulation.stories import A, B, a_pair, facts, orders, passes, said, serves
from tests.simulation.world import GROUP, SERVICE, Timing, World

SLOW = Timing(1.0, 5.0)
QUICK = Timing(0.5, 3.0)
DEAF_MUTE = ("deaf", "mute")


def cut_paths(world: World, is_cut: bool = True) -> None:
    for side in Side:
        world.set_cut(side, is_cut)


def cut_off(world: World, side: Side, is_cut: bool = True) -> None:
    """Everything that leads to this node and from it."""
    cut_paths(world, is_cut)
    world.set_witness_cut(side, is_cut)


def holds_without_a_break(world: World, side: Side, seconds: float) -> None:
    end = world.now + seconds
    while world.now < end:
        passes(world, 0.05)
        assert world.owners() == [side], world.log


# A node that hears neither partner nor witness


def test_a_cut_off_active_is_rid_of_its_vip_before_the_partner_takes_it() -> None:
    world = a_pair(SLOW, isolation="drop")
    cut_off(world, A)
    cut_at = world.now
    passes(world, 8)
    dropped = next(t for t, side, move in world.moves if side is A and move.old is Role.ACTIVE)
    took = next(t for t, side, move in world.moves if side is B and move.new is Role.STARTING)
    assert dropped < took <= cut_at + SLOW.deadtime + 0.1
    assert "no witness answers" in next(m.reason for _, side, m in world.moves if side is A)
    assert world.owners() == [B]
    before = len(world.moves)
    cut_off(world, A, False)
    passes(world, 30)
    assert world.moves[before:] == []
    assert serves(world, B)


def test_a_cut_off_active_keeps_its_vip_where_the_file_says_so() -> None:
    world = a_pair(SLOW, isolation="keep")
    cut_off(world, A)
    world.set_witness_cut(B, True)
    holds_without_a_break(world, A, 30)
    assert world.moves == []


def test_a_cut_off_standby_takes_nothing_and_the_active_goes_on() -> None:
    world = a_pair(SLOW, isolation="drop")
    cut_off(world, B)
    holds_without_a_break(world, A, 30)
    assert world.moves == []
    assert said(world, B).count("critical: no takeover: ") == 1
    assert "but no witness answers" in said(world, B)
    cut_off(world, B, False)
    holds_without_a_break(world, A, 30)
    assert world.moves == []


def test_nobody_serves_where_nobody_sees_a_witness_or_the_other() -> None:
    world = a_pair(SLOW, isolation="drop")
    cut_off(world, A)
    world.set_witness_cut(B, True)
    passes(world, 8)
    assert world.owners() == []
    cut_paths(world, False)
    passes(world, 3)
    assert len(world.owners()) == 1


def test_silence_counts_from_the_moment_the_witness_is_back() -> None:
    world = a_pair(SLOW, isolation="drop")
    world.power_off(A)
    world.set_witness_cut(B, True)
    passes(world, 20)
    assert world.moves == []
    world.set_witness_cut(B, False)
    back_at = world.now
    passes(world, 8)
    assert facts(world, B) == ["partner silent", "all started"]
    assert world.moves[0][0] >= back_at + SLOW.deadtime


# A node that only lost the witness


def test_an_active_without_witness_hands_over_to_one_that_sees_it() -> None:
    world = a_pair(SLOW, isolation="drop")
    world.set_witness_cut(A, True)
    lost_at = world.now
    passes(world, 8)
    assert facts(world, B) == ["partner unfit", "claim answered", "all started"]
    assert "no witness answers" in world.moves[0][2].reason
    assert lost_at + SLOW.deadtime / 2 - 1.0 <= world.moves[0][0] <= lost_at + SLOW.deadtime / 2 + 1
    world.set_witness_cut(A, False)
    before = len(world.moves)
    passes(world, 60)
    assert world.moves[before:] == []


def test_a_short_loss_of_the_witness_moves_nothing() -> None:
    world = a_pair(SLOW, isolation="drop")
    world.set_witness_cut(A, True)
    passes(world, SLOW.deadtime / 2 - 1.3)
    world.set_witness_cut(A, False)
    passes(world, 30)
    assert world.moves == []


def test_without_witness_on_both_nodes_nothing_moves() -> None:
    for isolation in ("drop", "keep"):
        world = a_pair(SLOW, isolation=isolation)
        for side in Side:
            world.set_witness_cut(side, True)
        holds_without_a_break(world, A, 60)
        for side in Side:
            world.set_witness_cut(side, False)
        holds_without_a_break(world, A, 60)
        assert world.moves == []


@pytest.mark.parametrize("first", [A, B])
def test_a_witness_that_is_back_for_one_node_first_moves_nothing(first: Side) -> None:
    world = a_pair(SLOW, isolation="drop")
    for side in Side:
        world.set_witness_cut(side, True)
    passes(world, 20)
    world.set_witness_cut(first, False)
    passes(world, 1.5)
    world.set_witness_cut(first.other, False)
    holds_without_a_break(world, A, 30)
    assert world.moves == []


def test_a_standby_without_witness_is_unfit_and_says_why() -> None:
    world = a_pair(SLOW, isolation="drop")
    world.set_witness_cut(B, True)
    passes(world, 4)
    world.deliver(A, SwitchAsked(GROUP, "root"))
    passes(world, 1)
    assert world.moves == []
    assert "no witness answers" in said(world, A)


def test_a_flickering_witness_does_not_move_the_group_to_and_fro() -> None:
    world = a_pair(SLOW, isolation="drop")
    for _ in range(20):
        world.set_witness_cut(A, True)
        passes(world, 4)
        world.set_witness_cut(A, False)
        world.set_witness_cut(B, True)
        passes(world, 4)
        world.set_witness_cut(B, False)
    takeovers = [move for _, _, move in world.moves if move.new is Role.STARTING]
    assert len(takeovers) <= 1


def test_a_node_starts_and_serves_although_the_witness_is_dead() -> None:
    world = World(3, SLOW)
    world.set_up_witness()
    for side in Side:
        world.set_witness_cut(side, True)
        world.boot(side)
        world.probe_remotely(side)
    passes(world, 12)
    assert serves(world, A)


# One direction is cut: deaf nodes and mute ones


@pytest.mark.parametrize("timing", [SLOW, QUICK], ids=["5 s", "3 s"])
def test_a_deaf_active_is_replaced_although_it_is_heard(timing: Timing) -> None:
    world = a_pair(timing, isolation="drop")
    world.set_cut(B, True)
    world.set_witness_cut(A, True)
    cut_at = world.now
    passes(world, 2 * timing.deadtime)
    took = next(t for t, side, move in world.moves if side is B and move.new is Role.STARTING)
    assert took <= cut_at + 1.25 * timing.deadtime + 0.1
    assert "hears neither us nor a witness" in facts_text(world, B)
    holds_without_a_break(world, B, 60)
    world.set_cut(B, False)
    world.set_witness_cut(A, False)
    holds_without_a_break(world, B, 30)


def facts_text(world: World, side: Side) -> str:
    return "\n".join(move.reason for _, where, move in world.moves if where is side)


@pytest.mark.parametrize("deaf_after", [1.0, 1.5, 2.0, 2.5])
def test_a_mute_active_that_goes_deaf_as_well_is_rid_of_its_vip_first(deaf_after: float) -> None:
    """What it sent before the partner last spoke had not arrived."""
    world = a_pair(SLOW, isolation="drop")
    world.set_cut(A, True)
    passes(world, deaf_after)
    world.set_cut(B, True)
    world.set_witness_cut(A, True)
    passes(world, 8)
    assert world.owners() == [B]
    assert world.longest_overlap == 0.0


@pytest.mark.parametrize("isolation", ["", "drop"], ids=["alone", "witness"])
def test_a_mute_active_is_replaced_after_one_deadtime(isolation: str) -> None:
    world = a_pair(SLOW, isolation=isolation)
    world.set_cut(A, True)
    world.set_witness_cut(A, True)
    cut_at = world.now
    passes(world, 10)
    took = next(t for t, side, move in world.moves if side is B and move.new is Role.STARTING)
    assert took <= cut_at + SLOW.deadtime + 0.1
    holds_without_a_break(world, B, 60)


@pytest.mark.parametrize("fault", DEAF_MUTE)
def test_a_deaf_or_mute_standby_moves_nothing_where_there_is_a_witness(fault: str) -> None:
    world = a_pair(SLOW, isolation="drop")
    world.set_cut(A if fault == "deaf" else B, True)
    world.set_witness_cut(B, True)
    holds_without_a_break(world, A, 60)
    assert world.moves == []


@pytest.mark.parametrize("case", [(f, s, i) for f in DEAF_MUTE for s in Side for i in ("", "drop")])
def test_a_cold_start_under_a_cut_in_one_direction_has_one_owner(
    case: tuple[str, Side, str],
) -> None:
    fault, side, isolation = case
    world = World(3, QUICK)
    if isolation:
        world.set_up_witness()
    world.set_cut(side.other if fault == "deaf" else side, True)
    world.set_witness_cut(side, True)
    for node in Side:
        world.boot(node)
        world.probe_remotely(node)
    passes(world, QUICK.deadtime + 1)
    owner = side.other if isolation else world.owners()[0]
    holds_without_a_break(world, owner, 60)


# Conflicts and verdicts


def test_in_a_conflict_the_node_that_saw_the_witness_keeps() -> None:
    world = a_pair(SLOW, isolation="keep")
    cut_paths(world)
    passes(world, 12)
    assert world.roles() == {A: Role.ACTIVE, B: Role.ACTIVE}
    world.set_witness_cut(B, True)
    passes(world, 3)
    world.set_witness_cut(B, False)
    passes(world, 0.7)
    cut_paths(world, False)
    passes(world, 3)
    assert "conflict lost" in facts(world, B)
    assert serves(world, A)
    assert orders(world, A, Announce)


def test_in_a_conflict_a_node_without_witness_lets_go() -> None:
    world = a_pair(SLOW, isolation="keep")
    cut_paths(world)
    passes(world, 12)
    world.set_witness_cut(B, True)
    passes(world, 3)
    cut_paths(world, False)
    passes(world, 1)
    assert "conflict lost" in facts(world, B)
    assert "no witness answers here" in facts_text(world, B)


def _remote_failure(world: World) -> None:
    verdict = ServiceVerdict(SERVICE, False, "timed out", "", 1)
    world.deliver(B, FosReported(GROUP, FosMode.MONITOR, verdict))


def _fails_there(world: World, probes: int, *, stranger: bool = False) -> None:
    for _ in range(probes):
        passes(world, 0.4)
        if stranger:
            world.deliver(B, StrangerHeard())
        _remote_failure(world)


def test_a_verdict_of_ours_alone_counts_when_our_segment_was_seen() -> None:
    unseen = a_pair(SLOW)
    unseen.third_stations_speak = False
    _fails_there(unseen, 6)
    assert facts(unseen, B) == []
    for world, stranger in ((a_pair(SLOW), True), (a_pair(SLOW, isolation="drop"), False)):
        world.third_stations_speak = False
        _fails_there(world, 4, stranger=stranger)
        passes(world, 1.1)
        assert facts(world, B)[:1] == ["service failed there"], (stranger, world.log)
