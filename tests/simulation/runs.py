"""A run: a seed makes a world and a story of faults; then everything heals, and it must stand."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from piranha.terms import Role, Side
from tests.simulation.world import ClaimBroken, Timing, World

TIMINGS = (
    Timing(2.0, 5.0),
    Timing(1.0, 5.0),
    Timing(0.5, 3.0),
    Timing(0.1, 0.5),
    Timing(0.2, 1.0),
)
KERNEL_TIMINGS = TIMINGS[:3]


@dataclass(frozen=True)
class Result:
    seed: int
    steps: int
    moves: int
    faults: tuple[str, ...]
    longest_overlap: float


def run(seed: int, most_steps: int = 500, show: Callable[[str], None] | None = None) -> Result:
    """One run. Raises ClaimBroken with the seed and the story in its text."""
    world = World(seed, TIMINGS[seed % len(TIMINGS)])
    if seed // len(TIMINGS) % 3 == 2:
        world.set_up_witness()
    faults: list[str] = []
    try:
        _play(world, seed, faults, most_steps)
    except (ClaimBroken, AssertionError, KeyError) as broken:
        story = "\n".join(world.log)
        raise ClaimBroken(
            f"seed {seed} ({world.timing}): {type(broken).__name__}: {broken}\n{story}"
        ) from broken
    finally:
        if show:
            for line in world.log:
                show(line)
    return Result(seed, world.steps, len(world.moves), tuple(faults), world.longest_overlap)


def give_fence(world: World, luck: random.Random) -> None:
    """Every third world has a fence: quick or slow, and one in four of them fails."""
    if luck.random() < 2 / 3:
        return
    for machine in world.machines.values():
        machine.rules = replace(machine.rules, has_fence=True)
    world.fence_seconds = luck.choice((0.05, 0.5, 2.0))
    world.fence_works = luck.random() < 0.75
    world.note(f"a fence that {'works' if world.fence_works else 'fails'}")


def _play(world: World, seed: int, faults: list[str], most_steps: int) -> None:
    start(world)
    settle = 2 * world.timing.deadtime + 3.0
    world.run_until(world.now + settle)
    assert_stands(world)
    give_fence(world, random.Random(seed))
    limit = world.steps + most_steps
    for _ in range(world.random.randint(1, 4)):
        faults.append(random_fault(world))
        pause = world.random.choice((0.05, 0.5, 1.0, 2.0)) * world.timing.deadtime
        world.run_until(world.now + pause * world.random.random(), limit)
    world.run_until(world.now + 2 * world.timing.deadtime, limit)
    heal(world)
    assert_alive(world)
    assert_quiet(world)


def start(world: World) -> None:
    order = list(Side)
    world.random.shuffle(order)
    for side in order:
        world.after(world.random.uniform(0.0, 1.0), lambda side=side: world.boot(side))
        world.probe_remotely(side)
    world.run_until(world.now + 1.1)


def assert_stands(world: World) -> None:
    roles = sorted(str(role) for role in world.roles().values())
    if roles != ["active", "standby"]:
        raise ClaimBroken(f"alive: after the start the roles are {roles}")


def random_fault(world: World) -> str:
    """One of the faults of the fault model."""
    side = world.random.choice(list(Side))
    deadtime = world.timing.deadtime
    length = world.random.choice((0.1, 0.3, 0.8, 1.5, 3.0)) * deadtime
    restart = world.random.choice((0.1, 0.5, 1.0, 2.0 * deadtime))
    faults: dict[str, Callable[[], None]] = {
        "one way cut": lambda: one_way_cut(world, side, length),
        "both ways cut": lambda: both_ways_cut(world, length),
        "carrier lost": lambda: carrier_lost(world, side, length),
        "loss": lambda: lose_packets(world, length),
        "power off": lambda: power_off(world, side, restart),
        "pulse killed": lambda: pulse_killed(world, side, restart),
        "fos killed": lambda: world.kill_fos(side),
        "all killed": lambda: all_killed(world, side, restart),
        "pulse frozen": lambda: world.freeze(side, pulse=True, fos=False, seconds=length),
        "fos frozen": lambda: world.freeze(side, pulse=False, fos=True, seconds=length),
        "all frozen": lambda: world.freeze(side, pulse=True, fos=True, seconds=length),
        "service broken": lambda: service_broken(world, side, length),
        "service broken on both": lambda: both_broken(world, length),
        "switch asked": lambda: switch(world, side),
    }
    if world.has_witness:
        faults |= {
            "witness gone": lambda: witness_cut(world, list(Side), length),
            "cut off from witness": lambda: witness_cut(world, [side], length),
            "cut off from everything": lambda: cut_off(world, side, length),
            "deaf": lambda: deaf(world, side, length),
            "mute": lambda: mute(world, side, length),
        }
    name = world.random.choice(list(faults))
    world.note(f"FAULT {name} {side} {length:.2f}")
    faults[name]()
    return f"{name} {side}"


def one_way_cut(world: World, side: Side, length: float) -> None:
    world.set_cut(side, True)
    world.after(length, lambda: world.set_cut(side, False))


def both_ways_cut(world: World, length: float) -> None:
    for side in Side:
        one_way_cut(world, side, length)


def carrier_lost(world: World, side: Side, length: float) -> None:
    world.set_carrier(side, False)
    world.after(length, lambda: world.set_carrier(side, True))


def lose_packets(world: World, length: float) -> None:
    world.loss = 0.3
    world.after(length, lambda: setattr(world, "loss", 0.0))


def witness_cut(world: World, sides: list[Side], length: float) -> None:
    for side in sides:
        world.set_witness_cut(side, True)
        world.after(length, lambda side=side: world.set_witness_cut(side, False))


def cut_off(world: World, side: Side, length: float) -> None:
    both_ways_cut(world, length)
    witness_cut(world, [side], length)


def deaf(world: World, side: Side, length: float) -> None:
    """Nothing reaches the node; what it sends arrives."""
    one_way_cut(world, side.other, length)
    witness_cut(world, [side], length)


def mute(world: World, side: Side, length: float) -> None:
    """Nothing that the node sends arrives anywhere."""
    one_way_cut(world, side, length)
    witness_cut(world, [side], length)


def power_off(world: World, side: Side, restart: float) -> None:
    world.power_off(side)
    world.after(restart, lambda: boot_if_off(world, side))


def pulse_killed(world: World, side: Side, restart: float) -> None:
    world.kill_pulse(side)
    world.after(restart, lambda: boot_if_off(world, side))


def all_killed(world: World, side: Side, restart: float) -> None:
    world.kill_fos(side, is_quiet=True)
    world.kill_pulse(side)
    world.after(restart, lambda: boot_if_off(world, side))


def boot_if_off(world: World, side: Side) -> None:
    if world.machines[side].state is None:
        world.boot(side)


def service_broken(world: World, side: Side, length: float) -> None:
    machine = world.machines[side]
    machine.service_is_broken = True
    world.after(length, lambda: setattr(machine, "service_is_broken", False))


def both_broken(world: World, length: float) -> None:
    for side in Side:
        service_broken(world, side, length)


def switch(world: World, side: Side) -> None:
    from piranha.decisions.events import SwitchAsked

    world.deliver(side, SwitchAsked("default", "an operator"))


def heal(world: World) -> None:
    """Let what is scheduled end, then make sure that nothing is broken."""
    longest = 3.2 * world.timing.deadtime + 1.0
    world.run_until(world.now + longest)
    world.loss = 0.0
    for side, machine in world.machines.items():
        if world.cut[side]:
            world.set_cut(side, False)
        if not world.carrier[side]:
            world.set_carrier(side, True)
        if world.witness_cut[side]:
            world.set_witness_cut(side, False)
        machine.service_is_broken = False
    _boot_all(world)
    while world.fences_under_way:  # nobody can call back a fence that has begun
        world.run_until(world.now + 0.05)
        _boot_all(world)
    world.note("HEALED")


def _boot_all(world: World) -> None:
    for side, machine in world.machines.items():
        if machine.state is None:
            world.boot(side)


def assert_alive(world: World) -> None:
    """Exactly one node is active within deadtime + start timeouts + 2 keepalives."""
    timing = world.timing
    bound = timing.deadtime + 2.0 + 2 * timing.keepalive
    end = world.now + bound + 1.0
    while world.now < end:
        world.run_until(world.now + 0.05)
        roles = sorted(str(role) for role in world.roles().values())
        if roles == ["active", "standby"] and len(world.owners()) == 1:
            return
    raise ClaimBroken(f"alive: {world.roles()}, owners {world.owners()} after {bound:.1f} s")


def assert_quiet(world: World) -> None:
    """No fault, no move: for as long as ten deadtimes nothing happens."""
    before = len(world.moves)
    world.run_until(world.now + 10 * world.timing.deadtime)
    later = [move for _, _, move in world.moves[before:]]
    if later:
        raise ClaimBroken(f"calm: moved without a fault: {later[0].fact}: {later[0].reason}")
    assert sorted(str(r) for r in world.roles().values()) == [Role.ACTIVE, Role.STANDBY]
