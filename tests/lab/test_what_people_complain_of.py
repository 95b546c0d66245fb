"""What users of every failover tool complain of, in this order, and what happens here instead."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from piranha.config.timing import healed_overlap, lease_seconds
from piranha.terms import Role
from piranha.wire.control_line import MoveShown
from tests.lab import faults
from tests.lab.attempts import Attempt, failures
from tests.lab.host import Host
from tests.lab.instruments import Observer, Prober, now
from tests.lab.lvs_cf import VIP, ServiceBlock, compose, hot_web, warm_web
from tests.lab.pair import Pair, wait_until
from tests.lab.segment import port_of
from tests.lab.sightings import both_answering, holding, total

pytestmark = [pytest.mark.lab, pytest.mark.alone]

KEEPALIVE, DEADTIME = 0.2, 2.6
"""A kernel lease is in force."""
WARNING = 4
VIP_IPV6 = "fd77::10"
QUICK = replace(hot_web(), interval="0.3", timeout="0.3")
PATIENT = replace(hot_web(), interval="0.5", timeout="4")
"""TCP says a lost word again after a second, and after three: a probe must leave it the time."""


@dataclass(slots=True)
class Scene:
    """A pair that has settled, with everybody who looks at it."""

    pair: Pair
    prober: Prober
    observer: Observer
    active: Host
    standby: Host
    began: float

    def failed(self) -> list[Attempt]:
        return [a for a in failures(self.prober.attempts()) if a.started >= self.began]

    def new_moves(self, node: Host) -> list[MoveShown]:
        """Records since the beginning."""
        date = time.time() - (now() - self.began)
        return [move for move in self.pair.moves(node) if move.wall > date]

    def is_held_by(self, node: Host) -> bool:
        """Without a break since the beginning."""
        periods = holding(self.observer.sightings(), VIP, node.name, self.observer.until)
        return len(periods) == 1 and periods[0].ends == self.observer.until

    def two_owners(self) -> float:
        return total(both_answering(self.observer.sightings(), VIP, self.observer.until))

    def says(self, node: Host, text: str, severity: int = 7) -> bool:
        """Whether the node's log has it since the beginning, so urgently or more."""
        return any(
            text in line.text and (line.priority or 0) <= severity and line.at >= self.began
            for line in self.pair.log(node)
        )


@pytest.fixture
def setting(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    observing: Callable[..., Observer],
) -> Callable[..., Scene]:
    def begin(
        services: Sequence[ServiceBlock] = (QUICK,),
        keepalive: float = KEEPALIVE,
        deadtime: float = DEADTIME,
    ) -> Scene:
        pair = making(services, str(keepalive), str(deadtime))
        if services[0].start_cmd == hot_web().start_cmd:
            pair.start_web()
        pair.start_pulse()
        active = pair.wait_until_settled()
        prober, observer = probing(pair.segment, VIP, 80), observing(pair.segment, VIP)
        pair.wait_until_answered(prober, active, now())
        return Scene(pair, prober, observer, active, pair.segment.other(active), now())

    return begin


def test_a_second_master_that_nobody_noticed(setting: Callable[..., Scene]) -> None:
    """Two nodes that cannot hear each other both serve. Both say so as soon as they can know it."""
    scene = setting()
    with scene.pair.segment.under(faults.silence(port_of(scene.active.name))):
        scene.pair.wait_until_answered(scene.prober, scene.standby, now())
        assert VIP in scene.active.addresses()
    healed = now()
    loser_is_known = lambda: scene.says(scene.active, "both nodes serve", WARNING)  # noqa: E731
    noticed = wait_until(loser_is_known, DEADTIME, "the one that lets go says why")
    assert (
        noticed
        <= healed_overlap(
            KEEPALIVE,
        )
        + 0.1
    )
    scene.pair.wait_until_settled()
    wait_until(
        lambda: (
            [a.node for a in scene.observer.announcements() if a.at >= healed][-1:]
            == [scene.standby.name]
        ),
        DEADTIME,
        "the segment is told who goes on",
    )
    assert scene.two_owners() <= healed_overlap(KEEPALIVE)


def test_two_masters(setting: Callable[..., Scene]) -> None:
    """A node that was frozen, and does not know it, is the usual second one."""
    scene = setting()
    frozen = scene.active.processes()
    scene.pair.signal_suite(scene.active, signal.SIGSTOP)
    scene.pair.wait_until_answered(scene.prober, scene.standby, now())
    scene.pair.signal_suite(scene.active, signal.SIGCONT)
    time.sleep(DEADTIME)
    assert frozen
    assert scene.two_owners() == 0.0
    assert scene.pair.wait_until_settled() is scene.standby


def test_failovers_without_a_fault(setting: Callable[..., Scene]) -> None:
    """Three of ten frames are lost in each direction, at a deadtime of a second: nothing moves."""
    scene = setting([PATIENT], keepalive=0.1, deadtime=1.0)
    lossy = [faults.loss(port_of(node.name), 30) for node in scene.pair.segment.nodes]
    with scene.pair.segment.under(*lossy):
        time.sleep(8.0)
    assert scene.is_held_by(scene.active)
    assert [scene.new_moves(node) for node in scene.pair.segment.nodes] == [[], []]


def test_preemption_surprises(setting: Callable[..., Scene]) -> None:
    """The preferred node dies and comes back: the clients are left where they are."""
    scene = setting()
    assert scene.active is scene.pair.node_a, "the primary is preferred"
    scene.pair.signal_suite(scene.active, signal.SIGKILL)
    scene.pair.wait_until_answered(scene.prober, scene.standby, now())
    scene.pair.wait_until_active(scene.standby)
    back = now()
    scene.pair.start_pulse(scene.active)
    assert scene.pair.wait_until_settled() is scene.standby
    time.sleep(DEADTIME)
    assert [a for a in scene.failed() if a.started >= back] == []
    assert scene.pair.wait_until_settled() is scene.standby


def test_addresses_left_after_a_crash(setting: Callable[..., Scene]) -> None:
    """Every process is killed at once and nothing comes back: the kernel ends the addresses."""
    second = replace(hot_web("web6", vip=VIP_IPV6, port=81), label="eth0:2")
    scene = setting([QUICK, second])
    vips = {VIP, VIP_IPV6}
    assert vips <= scene.active.addresses()
    scene.pair.signal_suite(scene.active, signal.SIGKILL)
    gone = wait_until(lambda: not vips & scene.active.addresses(), 5.0, "the addresses are gone")
    assert gone <= lease_seconds(KEEPALIVE, DEADTIME) + 1.5
    assert scene.active.processes("fos") == []
    wait_until(lambda: vips <= scene.standby.addresses(), 5.0, "the partner has them")
    assert scene.two_owners() == 0.0


def test_logs_that_do_not_say_why(setting: Callable[..., Scene]) -> None:
    """Three moves for three causes: each record and each line has the cause, measured and limit."""
    scene = setting([replace(warm_web(), interval="0.3", timeout="0.3")])
    first, second = scene.active, scene.standby
    causes = [
        ("switch", lambda: first.run(["piranhactl", "switch"]), second, ["operator asks"]),
        (
            "service",
            lambda: second.signal("web.py", signal.SIGKILL),
            first,
            ["service web failed on 10.77.0.2", "connection refused", "answered after"],
        ),
        (
            "node",
            lambda: scene.pair.signal_suite(first, signal.SIGKILL),
            second,
            ["no heartbeat from 10.77.0.1 on any path for 2.6", "deadtime 2.6 s"],
        ),
    ]
    for name, harm, taker, words in causes:
        before = len(scene.pair.moves(taker))
        harm()
        scene.pair.wait_until_active(taker)
        scene.pair.wait_until_answered(scene.prober, taker, now())
        taker.run(["piranhactl", "clear"])
        second.run(["piranhactl", "clear"])
        (taken,) = [m for m in scene.pair.moves(taker)[before:] if m.new == Role.STARTING]
        assert all(word in taken.reason for word in words), (name, taken.reason)
        assert scene.says(taker, f"{taken.old} -> {taken.new}: {taken.reason}"), name
        assert taken.reason in taker.run(["piranhactl", "why"]), name
    for node in (first, second):
        records = scene.new_moves(node)
        assert all(b.old == a.new for a, b in pairwise(records)), "none is missing"
        assert all(record.reason and record.fact for record in records)


def test_reloads_that_fail_over(setting: Callable[..., Scene]) -> None:
    """Other probes, a new service, a file that is no good: the client sees nothing of it."""
    scene = setting()
    times = {"keepalive": str(KEEPALIVE), "deadtime": str(DEADTIME)}
    slower = replace(QUICK, interval="0.4", timeout="0.5")
    more = replace(hot_web("more", port=81), interval="1")
    files = [
        compose([slower], **times, extra={"serial_no": "2"}),
        compose([slower, more], **times, extra={"serial_no": "3"}),
        "deadtime = soon\n",
        compose([slower], **times, extra={"serial_no": "4"}),
    ]
    for node in scene.pair.segment.nodes:
        node.run([*warm_web(port=81).start_cmd.split()])
    for number, text in enumerate(files):
        scene.pair.configure(text)
        for node in scene.pair.segment.nodes:
            node.run(["piranhactl", "reload"], is_checked=number != 2)
        time.sleep(0.8)
    assert scene.failed() == []
    assert scene.is_held_by(scene.active)
    assert [scene.new_moves(node) for node in scene.pair.segment.nodes] == [[], []]
    assert all(s and s.serial_no == 4 for s in map(scene.pair.status, scene.pair.segment.nodes))


def test_files_that_differ(setting: Callable[..., Scene]) -> None:
    """The section is named on both nodes within a deadtime, and the roles stay."""
    scene = setting()
    other = compose([replace(QUICK, interval="0.4")], str(KEEPALIVE), str(DEADTIME))
    scene.pair.configure(other, scene.standby)
    scene.standby.run(["piranhactl", "reload"])

    def is_named(node: Host) -> bool:
        status = scene.pair.status(node)
        is_shown = status is not None and any("failover web" in m for m in status.mismatches)
        return is_shown and scene.says(node, "failover web differs", WARNING)

    for node in scene.pair.segment.nodes:
        wait_until(lambda node=node: is_named(node), DEADTIME, f"{node.name} names the section")
    time.sleep(1.0)
    assert scene.failed() == []
    assert [scene.new_moves(node) for node in scene.pair.segment.nodes] == [[], []]
    scene.pair.configure(other)
    scene.active.run(["piranhactl", "reload"])
    for node in scene.pair.segment.nodes:
        is_told = lambda node=node: scene.says(node, "the partner's file agrees again")  # noqa: E731
        wait_until(is_told, DEADTIME, f"{node.name} says that the files agree")
