"""What is broken has a name in the reason of a move: three probes of real services tell it."""

from collections.abc import Callable

import pytest

from tests.lab.faults import Fault, Rule
from tests.lab.lvs_cf import VIP, WEB, hot_web
from tests.lab.pair import Pair, wait_until
from tests.lab.segment import (
    CLIENT,
    NODE_A,
    NODE_B,
    SWITCH,
    address_of,
    hardware_address_of,
    port_of,
)

pytestmark = pytest.mark.lab

REAL_A, REAL_B = address_of(NODE_A), address_of(NODE_B)


@pytest.fixture
def pair(making: Callable[..., Pair]) -> Pair:
    """Node A serves. Both have a witness, and a private pair besides."""
    extra = {"startup_wait": "0.3", "witness": address_of(SWITCH)}
    pair = making([hot_web()], has_private_network=True, extra=extra)
    pair.start_web()
    pair.start_pulse_in_turn()
    return pair


def reason(pair: Pair) -> str:
    """Why node B claims, when it does."""

    def found() -> list[str]:
        return [m.reason for m in pair.moves(pair.node_b) if m.fact == "service failed there"]

    wait_until(lambda: bool(found()), 8.0, "node B claims")
    return found()[0]


def filtered() -> Fault:
    """Nobody reaches port 80 of node A's real address."""
    rule = Rule("prerouting", f"ip daddr {REAL_A} tcp dport 80 drop")
    return Fault("port 80 of the real address filtered", (rule,))


def cut_between_real_addresses() -> Fault:
    one, other = f"ip saddr {REAL_A} ip daddr {REAL_B}", f"ip saddr {REAL_B} ip daddr {REAL_A}"
    rules = tuple(Rule("prerouting", f"{way} drop") for way in (one, other))
    return Fault("nothing between the real addresses", rules)


def test_a_dead_service(pair: Pair) -> None:
    pair.node_a.run([*WEB.split(), "stop", "80"])
    said = reason(pair)
    assert "service dead (there " in said
    assert "from here refused" in said
    assert "through the VIP refused)" in said


def test_a_cut_between_the_real_addresses(pair: Pair) -> None:
    with pair.segment.under(cut_between_real_addresses()):
        said = reason(pair)
    assert "failed 2 of our probes: path cut (there " in said
    assert "no heartbeat comes or goes that way, through the VIP answered)" in said


def test_a_filter_in_front_of_the_real_address(pair: Pair) -> None:
    with pair.segment.under(filtered()):
        said = reason(pair)
    assert "failed 2 of our probes: filter (there " in said
    assert "through the VIP answered)" in said


def test_a_vip_at_another_machine(pair: Pair) -> None:
    """The client has taken the VIP, and what node A says of it does not arrive."""
    pair.segment.client.run(["ip", "address", "add", f"{VIP}/32", "dev", "eth0"])
    silenced = Rule("prerouting", f'iifname "{port_of(NODE_A)}" arp saddr ip {VIP} drop')
    with pair.segment.under(filtered(), Fault("node A says nothing of the VIP", (silenced,))):
        said = reason(pair)
    assert "failed 2 of our probes: wrong MAC (there " in said
    other = hardware_address_of(CLIENT)
    assert f"through the VIP refused at {other}, which is not the partner's)" in said


def test_where_nothing_moves_the_status_names_the_fault(pair: Pair) -> None:
    pair.node_b.run(["piranhactl", "hold"])

    def is_named() -> bool:
        return "; filter (there " in pair.node_b.run(["piranhactl", "status"])

    with pair.segment.under(filtered()):
        wait_until(is_named, 8.0, "the status of the standby names the fault")
    wait_until(lambda: not is_named(), 8.0, "the fault is over")
    assert VIP in pair.node_a.addresses()
