"""What the stories of the simulation are told with: a settled pair, and how it is looked at."""

from dataclasses import replace

from piranha.decisions import composing
from piranha.decisions.events import (
    HeartbeatHeard,
    StrangerHeard,
    SwitchAsked,
)
from piranha.decisions.node_state import NodeState
from piranha.terms import Role, Side
from tests.simulation.world import GROUP, Timing, World

A, B = Side.PRIMARY, Side.BACKUP
SLOW, FAST = Timing(2.0, 5.0), Timing(0.1, 0.5)


def a_pair(timing: Timing = SLOW, seed: int = 1, *, isolation: str = "") -> World:
    """Two nodes, up and settled: the primary serves. With a witness if `isolation` is given."""
    world = World(seed, timing)
    if isolation:
        world.set_up_witness(isolation_drops=isolation == "drop")
    for side in Side:
        world.boot(side)
        world.probe_remotely(side)
    world.run_until(world.now + 2 * timing.deadtime + 2)
    comes_to(world, A, Role.ACTIVE)
    assert world.roles() == {A: Role.ACTIVE, B: Role.STANDBY}
    world.moves.clear()
    world.said.clear()
    world.orders.clear()
    return world


def with_fence(world: World, **changes: object) -> World:
    """The same world, where both nodes have a fence."""
    for machine in world.machines.values():
        machine.rules = replace(machine.rules, has_fence=True, **changes)  # type: ignore[arg-type]
    return world


def facts(world: World, side: Side) -> list[str]:
    return [move.fact for _, where, move in world.moves if where is side]


def passes(world: World, seconds: float) -> None:
    world.run_until(world.now + seconds)


def comes_to(world: World, side: Side, role: Role) -> None:
    """Time passes in small steps until the node has that role."""
    for _ in range(20_000):
        if world.roles()[side] is role:
            return
        passes(world, 0.002)
    raise AssertionError(f"{side} never became {role}: {world.log}")


def serves(world: World, side: Side) -> bool:
    other = world.roles()[side.other]
    return world.roles()[side] is Role.ACTIVE and other in (Role.STANDBY, None)


def orders(world: World, side: Side, kind: type) -> list[object]:
    return [order for _, where, order in world.orders if where is side and isinstance(order, kind)]


def said(world: World, side: Side) -> str:
    return "\n".join(f"{say.severity}: {say.text}" for _, where, say in world.said if where is side)


def unheld(state: NodeState) -> NodeState:
    return replace(state, groups=tuple(replace(g, is_held=False) for g in state.groups))


def until_role(world: World, role: Role) -> None:
    if role is Role.STARTING:
        world.deliver(B, SwitchAsked(GROUP, "root"))
        comes_to(world, B, Role.STARTING)


def a_node_in(world: World, role: Role) -> Side:
    """A node in that role, in the middle of something."""
    match role:
        case Role.LISTENING:
            world.power_off(B)
            world.boot(B)
            world.set_cut(A, True)
            return B
        case Role.STANDBY:
            return B
        case Role.CLAIMING:
            world.set_cut(B, True)
            world.deliver(B, SwitchAsked(GROUP, "root"))
            return B
        case Role.STARTING:
            until_role(world, role)
            return B
        case Role.ACTIVE:
            return A
        case Role.RELEASING:
            world.deliver(B, SwitchAsked(GROUP, "root"))
            comes_to(world, A, Role.RELEASING)
            return A


def a_claiming_beat(
    world: World, *, is_fault: bool = False, is_unfit: bool = False
) -> HeartbeatHeard:
    state = world.machines[B].state
    assert state is not None
    _, beat = composing.compose(world.machines[B].rules, state, world.now)
    group = replace(
        beat.groups[0],
        claim=77,
        claim_reason="for the story",
        claim_is_fault=is_fault,
        claim_is_unfit=is_unfit,
    )
    return HeartbeatHeard(0, replace(beat, sequence=9000, groups=(group,)), world.now)


def hear_strangers(world: World, side: Side, seconds: float) -> None:
    """A client speaks on this node's segment, several times a second."""
    end = world.now + seconds
    while world.now < end:
        passes(world, 0.25)
        world.deliver(side, StrangerHeard())
