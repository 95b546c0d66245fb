"""SIGKILL and SIGSTOP of any daemon on the active node: never two owners of the VIP (S5)."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from piranha.config.timing import lease_seconds, overlap
from tests.lab import side_by_side
from tests.lab.attempts import failures, longest_gap
from tests.lab.host import Host
from tests.lab.instruments import Observer, Prober, now
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import Pair
from tests.lab.results import Result
from tests.lab.sightings import both_answering, total

pytestmark = [pytest.mark.lab, pytest.mark.alone]

KILL, STOP = signal.SIGKILL, signal.SIGSTOP
EVERYTHING = "everything"
WATCHED_SECONDS = 9.0
"""Longer than the deadtime, the lease and a takeover together."""
PERIOD_MS = 20.0
"""The observer's own: what it cannot see apart."""
RESTART_PAUSE_SECONDS = 0.5
HANG_SECONDS = 20.0
START_SECONDS = 1.0
"""For starting fos again and looking whether the service answers."""


def hit(pair: Pair, node: Host, program: str, number: signal.Signals) -> float:
    """Signal a program, or all of them at once; returns the instant."""
    at = now()
    if program == EVERYTHING:
        pair.signal_suite(node, number)
    else:
        node.signal(program, number)
    return at


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was seen in the seconds after a signal."""

    two_owners: float
    """Seconds in which both nodes answered for the VIP."""
    failed: int
    """Requests."""
    is_served_by_partner: bool
    is_served_by_active: bool


@pytest.mark.parametrize("number", [KILL, STOP], ids=["SIGKILL", "SIGSTOP"])
def test_never_do_two_nodes_answer(
    number: signal.Signals,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    def aftermath(program: str) -> Aftermath:
        pair = making([hot_web()], "2", "5", extra={"startup_wait": "0.3"})
        pair.start_web()
        pair.start_pulse()
        active = pair.wait_until_settled()
        prober, observer = probing(pair.segment, VIP, 80), observing(pair.segment, VIP)
        since = hit(pair, active, program, number)
        time.sleep(WATCHED_SECONDS)
        lately = now() - 1.0
        return Aftermath(
            two_owners=total(both_answering(observer.sightings(), VIP, observer.until)),
            failed=sum(1 for a in failures(prober.attempts()) if a.started >= since),
            is_served_by_partner=prober.is_answered_by(pair.segment.other(active).name, lately),
            is_served_by_active=prober.is_answered_by(active.name, lately),
        )

    seen = side_by_side.each(["pulse", "fos --active", "nanny", EVERYTHING], aftermath)
    for program, after in seen:
        title = f"S5 {number.name} of {program}"
        measured(Result(f"{title}: two owners", (after.two_owners * 1000,), 0.0))
        if program in ("pulse", EVERYTHING):
            assert (after.is_served_by_partner, after.is_served_by_active) == (True, False)
        else:
            measured(Result(title, (float(after.failed),), 0.0, "lost"))
            assert (after.is_served_by_partner, after.is_served_by_active) == (False, True)


def test_a_pulse_that_is_back_within_the_lease_costs_nothing(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    pair = making([hot_web()], "2", "5", extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    active = pair.wait_until_settled()
    prober = probing(pair.segment, VIP, 80)
    moves = {node.name: len(pair.moves(node)) for node in pair.segment.nodes}
    partner = pair.segment.other(active)
    active.signal("pulse", KILL)
    time.sleep(RESTART_PAUSE_SECONDS)
    pair.start_pulse(active)
    time.sleep(WATCHED_SECONDS)
    failed = float(len(failures(prober.attempts())))
    measured(Result("S5 pulse killed and started again in 0.5 s", (failed,), 0.0, "lost"))
    assert len(pair.moves(partner)) == moves[partner.name]
    assert pair.wait_until_settled() is active


def test_a_stopped_fos_is_replaced_within_the_lease(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    pair = making([hot_web()], "2", "5", extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    active = pair.wait_until_settled()
    prober, observer = probing(pair.segment, VIP, 80), observing(pair.segment, VIP)
    since = hit(pair, active, "fos --active", STOP)
    time.sleep(HANG_SECONDS)
    gap = longest_gap(prober.attempts(), after=since)
    limit = (lease_seconds(2.0, 5.0) + START_SECONDS) * 1000
    measured(Result("S5 fos stopped for 20 s", (gap.milliseconds,), limit))
    assert both_answering(observer.sightings(), VIP, observer.until) == []


@pytest.mark.parametrize("number", [KILL, STOP], ids=["SIGKILL", "SIGSTOP"])
@pytest.mark.parametrize("program", ["pulse", "fos --active", EVERYTHING])
def test_a_short_deadtime_overlaps_no_longer_than_said(
    program: str,
    number: signal.Signals,
    making: Callable[..., Pair],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    keepalive, deadtime = 0.1, 0.5
    pair = making([hot_web()], str(keepalive), str(deadtime), extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    active = pair.wait_until_settled()
    observer = observing(pair.segment, VIP)
    hit(pair, active, program, number)
    time.sleep(WATCHED_SECONDS / 2)
    both = total(both_answering(observer.sightings(), VIP, observer.until)) * 1000
    said = overlap(keepalive, deadtime)
    limit = (said.everything if program == EVERYTHING else said.one_process) * 1000 + PERIOD_MS
    name = f"S5 {number.name} of {program}, deadtime 0.5 s: two owners"
    measured(Result(name, (both,), limit))
