"""A silent partner is switched off, by a real fence agent's protocol, before anything is taken."""

import time
from collections.abc import Callable

import pytest

from tests.lab.faults import Fault, Rule
from tests.lab.host import Host
from tests.lab.instruments import Observer, Prober, now
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import CRITICAL, Pair, wait_until
from tests.lab.power import FENCING, PowerSwitch
from tests.lab.segment import NODE_A, NODE_B, port_of
from tests.lab.sightings import both_answering

pytestmark = pytest.mark.lab

KEEPALIVE, DEADTIME = "0.5", "3"


def between(one: str, other: str) -> Fault:
    """Nothing passes between two hosts; both still reach everybody else."""
    a, b = port_of(one), port_of(other)
    rules = [Rule("forward", f'iifname "{x}" oifname "{y}" drop') for x, y in ((a, b), (b, a))]
    return Fault(f"nothing between {one} and {other}", tuple(rules))


def a_pair(making: Callable[..., Pair]) -> Pair:
    pair = making([hot_web()], KEEPALIVE, DEADTIME, extra=FENCING)
    pair.start_web()
    return pair


def settled(pair: Pair) -> tuple[Host, Host, dict[str, str]]:
    """Who serves, who stands by, and what the agent is given to fence the one that serves."""
    pair.start_pulse()
    active = pair.wait_until_settled()
    plug = "1" if active.name == NODE_A else "2"
    return active, pair.segment.other(active), {"username": "lab", "plug": plug}


def side_of(node: Host) -> str:
    return "primary" if node.name == NODE_A else "backup"


def says(pair: Pair, node: Host, text: str) -> bool:
    return any(text in line.text for line in pair.log(node))


def test_two_nodes_that_cannot_hear_each_other_never_both_answer(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    observing: Callable[..., Observer],
) -> None:
    """The client and the switch reach both: without a fence both would serve."""
    pair = a_pair(making)
    with PowerSwitch(pair) as power:
        active, standby, values = settled(pair)
        prober, observer = probing(pair.segment, VIP, 80), observing(pair.segment, VIP)
        pair.wait_until_answered(prober, active, now())
        with pair.segment.under(between(NODE_A, NODE_B)):
            pair.wait_until_answered(prober, standby, now())
            time.sleep(1.0)
        assert both_answering(observer.sightings(), VIP, observer.until) == []
    assert power.asked == [
        (standby.name, {"action": "off", **values}),
    ]
    took = [move for move in pair.moves(standby) if move.fact == "partner silent"]
    assert "fenced: " in took[-1].reason
    assert "no heartbeat" in took[-1].reason
    assert says(pair, standby, "the switch is asked for off of ")


def test_where_the_fence_fails_nothing_is_taken_before_a_person_has_looked(
    making: Callable[..., Pair],
) -> None:
    pair = a_pair(making)
    with PowerSwitch(pair) as power:
        active, standby, values = settled(pair)
        tested = standby.run(["piranhactl", "fence", "--test"])
        assert "the fence can be reached" in tested
        assert power.asked == [
            (standby.name, {"action": "status", **values}),
        ]
        power.works = False
        power.off(active)
        wait_until(lambda: says(pair, standby, "but fencing failed"), 10.0, "it is said")
        time.sleep(1.0)
        assert VIP not in standby.addresses()
        refused = [line for line in pair.log(standby) if "no takeover" in line.text]
        assert [line.priority for line in refused if "fencing failed" in line.text] == [CRITICAL]
        standby.run(["piranhactl", "fence", "--confirm", side_of(active)])
        pair.wait_until_active(standby, 3.0)


DUMMY = "/usr/sbin/fence_dummy"
"""Of ClusterLabs, from Debian: everything is real but the machine that it switches off, which is a
word in a file."""
STATUS_FILE = "/run/fence.status"


def with_dummy(making: Callable[..., Pair], words: str) -> tuple[Pair, Host, Host]:
    """A pair that is fenced by it; who serves, who stands by."""
    fencing = {**FENCING, "fence_cmd": f"{DUMMY} {words}"}
    pair = making([hot_web()], KEEPALIVE, DEADTIME, extra=fencing)
    for node in pair.segment.nodes:
        node.path(STATUS_FILE).write_text("on")
    pair.start_web()
    pair.start_pulse()
    active = pair.wait_until_settled()
    return pair, active, pair.segment.other(active)


def test_an_agent_of_clusterlabs_switches_a_dead_partner_off(making: Callable[..., Pair]) -> None:
    pair, active, standby = with_dummy(making, f"status_file={STATUS_FILE}")
    assert "the fence can be reached" in standby.run(["piranhactl", "fence", "--test"])
    assert standby.path(STATUS_FILE).read_text() == "on"
    PowerSwitch(pair).off(active)
    pair.wait_until_active(standby)
    assert standby.path(STATUS_FILE).read_text() == "off"
    took = [move for move in pair.moves(standby) if move.fact == "partner silent"]
    assert "fenced: " in took[-1].reason


def test_what_an_agent_of_clusterlabs_says_of_its_failure_is_told(
    making: Callable[..., Pair],
) -> None:
    pair, active, standby = with_dummy(making, "type=fail power_timeout=1")
    PowerSwitch(pair).off(active)
    wait_until(lambda: says(pair, standby, "but fencing failed"), 20.0, "it is said")
    assert VIP not in standby.addresses()
