"""Stories of fencing: nothing is taken from a silent partner before it is known to be off."""

from dataclasses import replace

import pytest

from piranha.config.settings import Unreleased
from piranha.decisions.events import (
    Fenced,
    HoldChanged,
    SwitchAsked,
)
from piranha.terms import Role, Side
from tests.simulation.machines import FENCE_DELAY
from tests.simulation.stories import (
    FAST,
    SLOW,
    A,
    B,
    a_pair,
    comes_to,
    facts,
    passes,
    said,
    serves,
    with_fence,
)
from tests.simulation.world import GROUP, Timing, World


def cut(world: World, *, is_cut: bool = True) -> None:
    for side in Side:
        world.set_cut(side, is_cut)


@pytest.mark.parametrize("timing", [SLOW, FAST])
def test_a_dead_active_is_fenced_and_then_replaced(timing: Timing) -> None:
    world = with_fence(a_pair(timing))
    world.power_off(A)
    died = world.now
    comes_to(world, B, Role.STARTING)
    took = world.now - died
    assert timing.deadtime - timing.keepalive + 1.0 <= took <= timing.deadtime + 1.3
    assert [side for _, side in world.fenced] == [A]
    assert "fenced: off" in world.moves[0][2].reason
    assert "critical: fencing primary: no heartbeat from primary" in said(world, B)
    assert "warning: the partner is off after 1.0 s: off" in said(world, B)


def test_in_a_separation_the_active_is_switched_off_before_its_addresses_are_taken() -> None:
    world = with_fence(a_pair())
    cut(world)
    while world.now < 1040.0:
        passes(world, 0.01)
        assert len(world.owners()) <= 1, world.log
    assert [side for _, side in world.fenced] == [A]
    assert serves(world, B)


def test_a_fence_that_fails_is_tried_again_and_nothing_is_taken() -> None:
    world = with_fence(a_pair())
    world.fence_works = False
    world.power_off(A)
    passes(world, 60)
    assert world.roles()[B] is Role.STANDBY
    assert said(world, B).count("error: failed after 1.0 s") >= 3
    assert said(world, B).count("no takeover") == 1
    assert "but fencing failed: no answer" in said(world, B)
    world.fence_works = True
    passes(world, 60)
    assert serves(world, B)


def test_where_the_file_says_take_a_failed_fence_hinders_nothing() -> None:
    world = with_fence(a_pair(), fence_failed_takes=True)
    world.fence_works = False
    world.power_off(A)
    passes(world, 10)
    assert serves(world, B)
    assert "fencing failed (no answer), and fence_failed is take" in world.moves[0][2].reason


def test_an_operator_who_has_looked_replaces_the_fence() -> None:
    world = with_fence(a_pair())
    world.fence_works = False
    world.power_off(A)
    passes(world, 20)
    world.deliver(B, Fenced("root says that it is off"))
    passes(world, 1)
    assert serves(world, B)


def test_a_fence_of_long_ago_proves_nothing() -> None:
    world = with_fence(a_pair())
    world.deliver(B, HoldChanged(True, "root"))
    world.power_off(A)
    passes(world, 20)
    world.deliver(B, Fenced("root says that it is off"))
    passes(world, 30)
    world.deliver(B, HoldChanged(False, "root"))
    passes(world, 3)
    assert [side for _, side in world.fenced] == [A]
    assert serves(world, B)


def test_a_partner_heard_again_before_the_silence_is_over_is_not_fenced() -> None:
    world = with_fence(a_pair(Timing(2.0, 5.0, probe=60.0)))
    cut(world)
    passes(world, 2.5)
    cut(world, is_cut=False)
    passes(world, 30)
    assert not world.fenced
    assert serves(world, A)


def test_a_standby_that_dies_is_not_fenced() -> None:
    world = with_fence(a_pair())
    world.power_off(B)
    passes(world, 60)
    assert not world.fenced
    assert world.moves == []


def test_a_partner_that_said_goodbye_is_not_fenced() -> None:
    world = with_fence(a_pair())
    world.deliver(A, HoldChanged(True, "root"))
    world.deliver(B, SwitchAsked(GROUP, "root"))
    passes(world, 30)
    assert not world.fenced
    assert serves(world, B)


def test_a_partner_whose_addresses_answer_is_not_fenced() -> None:
    world = with_fence(a_pair())
    world.cuts_heartbeats_only = True
    cut(world)
    passes(world, 30)
    assert not world.fenced
    assert world.roles() == {A: Role.ACTIVE, B: Role.STANDBY}


def test_two_nodes_that_start_without_hearing_each_other_do_not_both_die() -> None:
    world = with_fence(World(1, SLOW))
    cut(world)
    for side in Side:
        world.boot(side)
    passes(world, 40)
    assert [side for _, side in world.fenced] == [B]
    assert world.roles() == {A: Role.ACTIVE, B: None}


def test_the_node_that_does_not_go_first_waits_and_says_so() -> None:
    world = with_fence(World(1, SLOW))
    cut(world)
    world.boot(B)
    began = world.now
    comes_to(world, B, Role.STARTING)
    assert world.now - began >= SLOW.deadtime + FENCE_DELAY + world.fence_seconds
    assert "3 s for the other one to go first" in said(world, B)


def test_a_claim_on_a_partner_that_falls_silent_fences_as_well() -> None:
    world = with_fence(a_pair())
    rules = world.machines[B].rules
    groups = (replace(rules.groups[0], release_timeout_seconds=60.0),)
    world.machines[B].rules = replace(rules, groups=groups)
    world.set_cut(B, True)
    world.deliver(B, SwitchAsked(GROUP, "root"))
    world.power_off(A)
    passes(world, 12)
    assert facts(world, B)[:2] == ["switch asked", "partner silent"]
    assert len(world.fenced) == 1


def test_a_partner_that_does_not_release_is_fenced_where_the_file_says_so() -> None:
    world = with_fence(a_pair(), unreleased=Unreleased.FENCE)
    world.machines[A].fos.is_frozen = True  # type: ignore[union-attr]
    world.deliver(B, SwitchAsked(GROUP, "root"))
    passes(world, 10)
    assert facts(world, B)[:2] == ["switch asked", "partner silent"]
    assert "not released after 6.0" in world.moves[-2][2].reason
    assert "fenced: off" in world.moves[-2][2].reason
    assert [side for _, side in world.fenced] == [A]
    assert serves(world, B)


@pytest.mark.parametrize("takes", [True, False])
def test_such_a_fence_may_fail(takes: bool) -> None:
    world = with_fence(a_pair(), unreleased=Unreleased.FENCE, fence_failed_takes=takes)
    world.fence_works = False
    world.machines[A].fos.is_frozen = True  # type: ignore[union-attr]
    world.deliver(B, SwitchAsked(GROUP, "root"))
    passes(world, 20)
    assert facts(world, B)[:2] == [
        "switch asked",
        "claim unreleased" if takes else "claim hopeless",
    ]


def test_a_node_that_learns_late_of_its_fence_takes_nothing_from_a_partner_that_is_back() -> None:
    world = with_fence(a_pair(Timing(1.0, 5.0)))
    world.power_off(A)
    while not world.fences_under_way:
        passes(world, 0.1)
    world.freeze(B, pulse=True, fos=True, seconds=15.0)
    passes(world, 11)
    world.boot(A)
    passes(world, 20)
    assert "partner silent" not in facts(world, B)
    assert serves(world, A)


def test_a_fence_that_switched_off_the_wrong_machine_is_told() -> None:
    world = with_fence(a_pair())
    world.fence_hits = False
    cut(world)
    passes(world, 7.5)
    cut(world, is_cut=False)
    passes(world, 3.0)
    assert "the same run of its pulse is heard" in said(world, B)


def test_a_fenced_partner_that_still_answers_for_the_addresses_keeps_them() -> None:
    world = with_fence(a_pair())
    world.fence_hits = False
    cut(world)
    while not said(world, B):
        passes(world, 0.1)
    world.cuts_heartbeats_only = True
    passes(world, 3.0)
    assert "the partner was fenced and still answers" in said(world, B)
    assert world.owners() == [A]
