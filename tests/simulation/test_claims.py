"""What must always hold, held against thousands of seeded runs: single, alive, calm, order, reason.

A failing seed is named in the message; `make simulate SEED=n` shows its story.
"""

import os
from concurrent.futures import ProcessPoolExecutor

import pytest

from piranha.config.timing import has_kernel_lease
from piranha.decisions.effects import Moved
from piranha.terms import Role, Side
from tests.simulation.runs import KERNEL_TIMINGS, TIMINGS, assert_stands, start
from tests.simulation.runs import run as run_seed
from tests.simulation.world import ClaimBroken, Timing, World

RUNS = 2000
STEPS = 500
BATCH = 50


def _broken_seeds(first: int) -> list[str]:
    broken = []
    for seed in range(first, first + BATCH):
        try:
            run_seed(seed, STEPS)
        except ClaimBroken as claim:
            broken.append(str(claim).splitlines()[0])
    return broken


@pytest.mark.alone
@pytest.mark.timeout(900)
def test_no_seed_breaks_a_claim() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        broken = [
            line for lines in pool.map(_broken_seeds, range(0, RUNS, BATCH)) for line in lines
        ]
    assert broken == []


@pytest.mark.parametrize("timing", TIMINGS, ids=lambda t: f"{t.keepalive}-{t.deadtime}")
def test_without_a_fault_nothing_moves(timing: Timing) -> None:
    world = _settled(timing, seed=11)
    world.run_until(world.now + 100 * timing.deadtime)
    assert world.moves == []


def _one_fault(name: str, world: World, side: Side) -> None:
    from tests.simulation import runs

    deadtime = world.timing.deadtime
    faults = {
        "pulse killed": lambda: runs.pulse_killed(world, side, 0.1),
        "fos killed": lambda: world.kill_fos(side),
        "all killed": lambda: runs.all_killed(world, side, 1.0),
        "power off": lambda: runs.power_off(world, side, 3 * deadtime),
        "pulse frozen": lambda: world.freeze(side, pulse=True, fos=False, seconds=2 * deadtime),
        "all frozen": lambda: world.freeze(side, pulse=True, fos=True, seconds=2 * deadtime),
        "one way cut": lambda: runs.one_way_cut(world, side, 2 * deadtime),
        "carrier lost": lambda: runs.carrier_lost(world, side, 2 * deadtime),
        "loss": lambda: runs.lose_packets(world, 10 * deadtime),
        "service broken": lambda: runs.service_broken(world, side, 2 * deadtime),
    }
    faults[name]()


ONE_FAULT = (
    "pulse killed",
    "fos killed",
    "all killed",
    "power off",
    "pulse frozen",
    "all frozen",
    "one way cut",
    "carrier lost",
    "loss",
    "service broken",
)


@pytest.mark.parametrize("name", ONE_FAULT)
@pytest.mark.parametrize("timing", KERNEL_TIMINGS, ids=lambda t: f"{t.keepalive}-{t.deadtime}")
def test_one_fault_moves_the_group_at_most_once(name: str, timing: Timing) -> None:
    for seed in range(10):
        world = _settled(timing, seed)
        _one_fault(name, world, _serving(world))
        world.run_until(world.now + 12 * timing.deadtime)
        takeovers = _takeovers(world)
        assert len(takeovers) <= 1, (seed, [m.reason for m in takeovers], world.log)
        assert len(world.owners()) == 1, (seed, world.log)


@pytest.mark.parametrize("name", [n for n in ONE_FAULT if n != "carrier lost"])
@pytest.mark.parametrize("timing", KERNEL_TIMINGS, ids=lambda t: f"{t.keepalive}-{t.deadtime}")
def test_a_fault_of_the_standby_moves_nothing(name: str, timing: Timing) -> None:
    for seed in range(10):
        world = _settled(timing, seed)
        serving = _serving(world)
        _one_fault(name, world, serving.other)
        end = world.now + 12 * timing.deadtime
        while world.now < end:
            world.run_until(world.now + 0.1)
            is_cut = name == "one way cut"  # the active cannot be sure of a standby it still hears
            assert serving in world.owners() or is_cut, (seed, world.log)
        assert len(_takeovers(world)) <= is_cut, (seed, world.log)


@pytest.mark.parametrize("timing", TIMINGS, ids=lambda t: f"{t.keepalive}-{t.deadtime}")
def test_a_lone_active_keeps_its_addresses(timing: Timing) -> None:
    world = _settled(timing, seed=3)
    serving = _serving(world)
    world.power_off(serving.other)
    end = world.now + 60 * timing.deadtime
    while world.now < end:
        world.run_until(world.now + 0.05)
        assert world.owners() == [serving], world.log


def test_the_timings_cover_both_kinds_of_lease() -> None:
    kinds = {has_kernel_lease(timing.keepalive, timing.deadtime) for timing in TIMINGS}
    assert kinds == {True, False}


def _settled(timing: Timing, seed: int) -> World:
    world = World(seed, timing)
    start(world)
    world.run_until(world.now + 2 * timing.deadtime + 3.0)
    assert_stands(world)
    world.moves.clear()
    return world


def _serving(world: World) -> Side:
    return next(side for side, role in world.roles().items() if role is Role.ACTIVE)


def _takeovers(world: World) -> list[Moved]:
    return [move for _, _, move in world.moves if move.new is Role.STARTING]
