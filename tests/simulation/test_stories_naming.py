"""Stories of faults that get a name: what three probes say together stands in the reason."""

from piranha.terms import Role, Side
from piranha.wire.order_line import ProbeVip
from tests.simulation.stories import A, B, a_pair, comes_to, facts, orders, passes
from tests.simulation.world import SERVICE, TAG, Timing, World

QUICK = Timing(0.5, 3.0)


def reason_of(world: World, fact: str) -> str:
    return next(move.reason for _, _, move in world.moves if move.fact == fact)


def test_a_dead_service_is_named() -> None:
    world = a_pair()
    world.machines[A].service_is_broken = True
    passes(world, 3)
    reason = reason_of(world, "service failed there")
    assert reason.startswith("service web failed on primary: service dead (there ")
    assert "through the VIP refused)" in reason
    assert orders(world, B, ProbeVip)[0] == ProbeVip(SERVICE)


def test_a_filter_in_front_of_the_real_address_is_named() -> None:
    world = a_pair(QUICK)
    world.is_filtered = True
    passes(world, 3)
    reason = reason_of(world, "service failed there")
    assert "failed 2 of our probes: filter (there answered, from here refused" in reason
    assert "through the VIP answered)" in reason


def test_a_vip_at_the_wrong_mac_is_named() -> None:
    world = a_pair(QUICK)
    world.is_filtered, world.foreign_mac = True, "02:99:00:00:00:99"
    passes(world, 3)
    reason = reason_of(world, "service failed there")
    assert "wrong MAC (there answered" in reason
    assert "through the VIP refused at 02:99:00:00:00:99, which is not the partner's)" in reason


def test_a_claim_waits_for_the_name_no_longer_than_a_moment() -> None:
    def seconds_to_claim(is_told: bool) -> float:
        world = a_pair(QUICK, seed=4)
        if not is_told:
            world.probe_through_vip = lambda _side: None  # type: ignore[method-assign]
        world.machines[A].service_is_broken = True
        began = world.now
        comes_to(world, B, Role.CLAIMING)
        return world.now - began

    assert seconds_to_claim(False) <= seconds_to_claim(True) + 0.02 * QUICK.deadtime + 0.05


def test_a_monitor_that_is_gone_keeps_no_claim_waiting() -> None:
    world = a_pair(QUICK)
    world.machines[A].service_is_broken = True
    world.machines[B].monitors = False  # it hangs: nothing that it is asked comes back
    passes(world, 3)
    assert facts(world, B)[:2] == ["service failed there", "claim answered"]
    assert "through the VIP not answered yet)" in reason_of(world, "service failed there")


def test_a_fault_that_is_over_is_forgotten() -> None:
    world = a_pair(QUICK)
    world.is_filtered = True
    for _ in range(200):
        passes(world, 0.01)
        if naming(world, B):
            break
    assert naming(world, B) == {TAG}
    world.is_filtered = False
    passes(world, 2)
    assert naming(world, B) == set()


def naming(world: World, side: Side) -> set[int]:
    state = world.machines[side].state
    assert state is not None
    return set(state.groups[0].naming)
