"""A witness tells a node that is cut off from one whose partner died; and cuts in one direction."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.lab import faults, side_by_side
from tests.lab.attempts import failures
from tests.lab.host import Host
from tests.lab.instruments import Observer, Prober, now
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import Pair, wait_until
from tests.lab.results import Result
from tests.lab.segment import NODE_A, NODE_B, SWITCH, address_of, hardware_address_of, port_of
from tests.lab.sightings import both_answering, both_holding, holding, total, unheld

pytestmark = pytest.mark.lab

KEEPALIVE, DEADTIME = 0.5, 3.0
WITNESS = {"witness": address_of(SWITCH)}
OWNED_AFTER = DEADTIME + 1.0
WATCHED_SECONDS = OWNED_AFTER + 1.5
START_LIMIT_SECONDS = 10.0
PERIOD_MS = 20.0
"""The observer's own: what it cannot see apart."""


def a_pair(making: Callable[..., Pair], extra: dict[str, str]) -> Pair:
    pair = making([hot_web()], f"{KEEPALIVE:g}", f"{DEADTIME:g}", extra=extra)
    pair.start_web()
    return pair


def from_witness(*nodes: Host) -> list[faults.Fault]:
    return [faults.unreachable(port_of(node.name), address_of(SWITCH)) for node in nodes]


def test_both_nodes_lose_the_witness_and_nothing_moves(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    pair = a_pair(making, WITNESS)
    pair.start_pulse()
    active = pair.wait_until_settled()
    moves = [len(pair.moves(node)) for node in pair.segment.nodes]
    prober = probing(pair.segment, VIP, 80)
    with pair.segment.under(*from_witness(*pair.segment.nodes)):
        time.sleep(2 * DEADTIME)
        said = [
            status.witnesses[0].is_seen for n in pair.segment.nodes if (status := pair.status(n))
        ]
    time.sleep(DEADTIME)
    assert said == [False, False]
    lost = float(len(failures(prober.attempts())))
    measured(Result("no witness on both nodes: requests", (lost,), 0.0, "lost"))
    assert [len(pair.moves(node)) for node in pair.segment.nodes] == moves
    assert pair.wait_until_settled() is active


def test_an_active_that_loses_the_witness_alone_hands_over_once(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    pair = a_pair(making, WITNESS)
    pair.start_pulse()
    active = pair.wait_until_settled()
    partner = pair.segment.other(active)
    prober, since = probing(pair.segment, VIP, 80), now()
    with pair.segment.under(*from_witness(active)):
        pair.wait_until_active(partner, limit_seconds=DEADTIME / 2 + 2.0)
        took = now() - since
        time.sleep(DEADTIME)
    measured(
        Result("witness lost by the active: moved after", (took * 1000,), DEADTIME * 500 + 1000)
    )
    assert took >= DEADTIME / 2 - DEADTIME / 6
    time.sleep(DEADTIME)
    assert pair.active() is partner
    assert prober.is_answered_by(partner.name, now() - 1.0)
    assert any("no witness answers" in move.reason for move in pair.moves(partner))


def test_an_active_cut_off_from_everything_is_rid_of_its_vip_first(
    making: Callable[..., Pair],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    pair = a_pair(making, WITNESS)
    pair.start_pulse()
    active = pair.wait_until_settled()
    partner = pair.segment.other(active)
    observer, since = observing(pair.segment, VIP), now()
    pair.segment.apply(faults.silence(port_of(active.name)))
    time.sleep(WATCHED_SECONDS)
    sightings = observer.sightings()
    both = total(both_holding(sightings, VIP, observer.until)) * 1000
    measured(Result("cut off from everything: two owners", (both,), 0.0))
    gone = [p.ends for p in holding(sightings, VIP, active.name, observer.until)][-1] - since
    took = [p.begins for p in holding(sightings, VIP, partner.name, observer.until)][-1] - since
    measured(
        Result("cut off from everything: VIP gone", (gone * 1000,), (DEADTIME - 1.5) * 1000 + 100)
    )
    measured(Result("cut off from everything: taken", (took * 1000,), DEADTIME * 1000 + 200))
    moves = len(pair.moves(partner))
    pair.segment.heal()
    assert pair.wait_until_settled() is partner
    time.sleep(2.0)
    assert both_holding(observer.sightings(), VIP, observer.until) == []
    assert len(pair.moves(partner)) == moves


@dataclass(frozen=True, slots=True)
class OneWay:
    """One direction of one node's cable is cut."""

    node: str
    is_deaf: bool
    """Nothing reaches it; else nothing that it sends arrives."""
    has_witness: bool

    def __str__(self) -> str:
        with_it = "with" if self.has_witness else "without"
        return f"{self.node} {'deaf' if self.is_deaf else 'mute'}, {with_it} a witness"

    @property
    def fault(self) -> faults.Fault:
        port = port_of(self.node)
        return faults.nothing_to(port) if self.is_deaf else faults.nothing_from(port)


@dataclass(frozen=True, slots=True)
class Seen:
    two_owners: float
    """Seconds in which both kernels had the VIP, or both answered for it."""
    two_answer: float
    without_owner: float
    """Seconds after the first OWNED_AFTER in which not exactly one node had it."""
    owners: tuple[str, ...]
    """At the end of the cut."""


CASES = [OneWay(n, d, w) for n in (NODE_A, NODE_B) for d in (True, False) for w in (True, False)]


def know_each_other(pair: Pair) -> None:
    """Without it a start under such a cut is a separation: who hears no ARP reply sends nothing,
    and only a witness helps."""
    for node in pair.segment.nodes:
        other = pair.segment.other(node).name
        entry = f"{address_of(other)} lladdr {hardware_address_of(other)} nud permanent dev eth0"
        node.run(["ip", "neighbour", "replace", *entry.split()])


def watch_cut(pair: Pair, observer: Observer) -> Seen:
    """One cut has just begun."""
    since = now()
    time.sleep(WATCHED_SECONDS)
    sightings, end = observer.sightings(), observer.until
    late = [
        min(p.seconds, p.ends - since - OWNED_AFTER)
        for p in (*unheld(sightings, VIP, end), *both_holding(sightings, VIP, end))
        if p.ends > since + OWNED_AFTER
    ]
    return Seen(
        total(both_holding(sightings, VIP, end)),
        total(both_answering(sightings, VIP, end)),
        sum(late),
        pair.segment.holders(VIP),
    )


def assert_one_owner(
    case: OneWay, seen: Seen, when: str, measured: Callable[[Result], None]
) -> None:
    measured(Result(f"{when}, {case}: both answer", (seen.two_answer * 1000,), 0.0))
    measured(Result(f"{when}, {case}: no owner late", (seen.without_owner * 1000,), PERIOD_MS))
    if case.has_witness:
        assert seen.two_owners == 0.0, case
        well = NODE_B if case.node == NODE_A else NODE_A
        assert seen.owners == (well,), case


@pytest.mark.parametrize("node", [NODE_A, NODE_B], ids=["active", "standby"])
def test_a_cut_in_one_direction_leaves_one_owner(
    node: str,
    making: Callable[..., Pair],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    """node-a is the primary, so it serves."""

    def see(case: OneWay) -> Seen:
        pair = a_pair(making, WITNESS if case.has_witness else {})
        pair.start_pulse_in_turn()
        observer = observing(pair.segment, VIP)
        pair.segment.apply(case.fault)
        return watch_cut(pair, observer)

    for case, seen in side_by_side.each([c for c in CASES if c.node == node], see):
        assert_one_owner(case, seen, "one-way cut", measured)


@pytest.mark.parametrize("node", [NODE_A, NODE_B], ids=["primary", "backup"])
def test_a_start_under_a_cut_in_one_direction_has_one_owner(
    node: str,
    making: Callable[..., Pair],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    def see(case: OneWay) -> Seen:
        pair = a_pair(making, WITNESS if case.has_witness else {})
        observer = observing(pair.segment, VIP)
        pair.segment.apply(case.fault)
        if not case.has_witness:
            know_each_other(pair)
        pair.start_pulse()
        nodes = pair.segment.nodes
        wait_until(lambda: all(map(pair.status, nodes)), START_LIMIT_SECONDS, "both run")
        return watch_cut(pair, observer)

    for case, seen in side_by_side.each([c for c in CASES if c.node == node], see):
        assert_one_owner(case, seen, "cold start", measured)
