"""Witnesses are asked on a real cable: by echo, by ARP where that is not answered. Needs root."""

import os
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from piranha.decisions.events import WitnessAnswered
from piranha.programs.witness_watch import EARLY, WitnessWatch
from piranha.system import clock
from piranha.system.addresses import Addresses
from piranha.system.loop import Loop
from tests.system import network

DEADTIME = 0.8
LIMIT = DEADTIME / 4
WITNESS, WITNESS6, FREE = (ip_address(t) for t in ("10.0.0.254", "2001:db8::fe", "10.0.0.9"))


class Watching:
    """A loop that turns, with what was told in it."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.addresses = Addresses(hears_addresses=False)
        self.told: list[tuple[float, WitnessAnswered]] = []
        self.watch = WitnessWatch(
            self.loop, self.addresses, lambda event: self.told.append((clock.now(), event))
        )

    def run(self, seconds: float, *, until_told: int = 10_000) -> None:
        end = clock.now() + seconds
        while clock.now() < end and len(self.told) < until_told:
            self.watch.tend()
            self.loop.turn(min(end, self.watch.wake_at()))

    def is_seen(self) -> bool:
        return self.watch.shown(clock.now())[0].is_seen

    def close(self) -> None:
        self.watch.close()
        self.addresses.close()
        self.loop.close()


@pytest.fixture
def cable() -> Iterator[network.Cable]:
    if os.geteuid() != 0:
        pytest.skip("needs root: makes network namespaces")
    with network.cable() as made:
        made.here.run("ip address add 10.0.0.1/24 dev eth0")
        made.here.run("ip address add 2001:db8::1/64 dev eth0 nodad")
        made.there.run(f"ip address add {WITNESS}/24 dev eth0")
        made.there.run(f"ip address add {WITNESS6}/64 dev eth0 nodad")
        yield made


@pytest.fixture
def watching(cable: network.Cable) -> Iterator[Watching]:
    assert cable
    made = Watching()
    yield made
    made.close()


@pytest.mark.parametrize("address", [WITNESS, WITNESS6], ids=str)
def test_an_answer_is_told_with_the_instant_of_its_question(
    watching: Watching, address: object
) -> None:
    began = clock.now()
    watching.watch.watch([address], DEADTIME, LIMIT)  # type: ignore[list-item]
    watching.run(5, until_told=1)
    told_at, event = watching.told[0]
    assert began <= event.asked_at <= told_at
    assert watching.is_seen()
    assert watching.watch.shown(clock.now())[0].way in ("ICMP echo", "ARP")


def test_it_is_asked_six_times_in_a_deadtime_and_hardly_more(watching: Watching) -> None:
    watching.watch.watch([WITNESS], DEADTIME, LIMIT)
    watching.run(5, until_told=1)
    watching.told.clear()
    began = clock.now()
    watching.run(5, until_told=9)
    asked = sorted({event.asked_at for _, event in watching.told})
    assert asked[-1] - asked[0] >= (len(asked) - 1) * EARLY * DEADTIME / 6 - 0.001
    assert clock.now() - began < 5


def test_a_witness_that_answers_no_echo_is_asked_by_arp(
    cable: network.Cable, watching: Watching
) -> None:
    cable.there.run("sysctl -qw net.ipv4.icmp_echo_ignore_all=1")
    watching.watch.watch([WITNESS], DEADTIME, LIMIT)
    watching.run(5, until_told=3)
    assert watching.is_seen()
    assert watching.watch.shown(clock.now())[0].way == "ARP"


def test_a_broadcast_of_the_witness_is_no_answer(cable: network.Cable, watching: Watching) -> None:
    """Nothing of ours gets out, but what the others send comes in."""
    cable.there.run("sysctl -qw net.ipv4.icmp_echo_ignore_all=1")
    cable.there.run("sysctl -qw net.ipv4.conf.all.arp_ignore=8")
    watching.watch.watch([WITNESS], DEADTIME, LIMIT)
    watching.run(0.1)
    cable.there.run(f"{os.sys.prefix}/bin/send_arp -i eth0 {WITNESS}")  # type: ignore[attr-defined]
    watching.run(0.2)
    assert watching.told == []


def test_a_witness_that_goes_is_told_once_and_again_when_it_is_back(
    cable: network.Cable, watching: Watching, lines: list[str]
) -> None:
    watching.watch.watch([WITNESS], DEADTIME, LIMIT)
    watching.run(5, until_told=1)
    cable.there.run("ip link set eth0 down")
    watching.run(LIMIT + 0.15)
    assert not watching.is_seen()
    watching.run(0.1)
    cable.there.run("ip link set eth0 up")
    watching.told.clear()
    watching.run(5, until_told=1)
    assert watching.is_seen()
    assert sum("no witness answers" in line for line in lines) == 1
    assert sum("answers (" in line for line in lines) == 2


def test_one_of_two_witnesses_is_enough(watching: Watching, lines: list[str]) -> None:
    watching.watch.watch([FREE, WITNESS], DEADTIME, LIMIT)
    watching.run(2 * LIMIT)
    assert watching.told
    assert [w.is_seen for w in watching.watch.shown(clock.now())] == [False, True]
    assert any("10.0.0.9 has not answered" in line for line in lines)
    assert any("another witness does" in line for line in lines)


def test_without_witnesses_nothing_is_due(watching: Watching) -> None:
    watching.watch.watch([WITNESS], DEADTIME, LIMIT)
    watching.run(5, until_told=1)
    watching.watch.watch([], DEADTIME, LIMIT)
    assert watching.watch.wake_at() == float("inf")
    assert watching.watch.shown(clock.now()) == ()
