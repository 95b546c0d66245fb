"""A service that fails is started again on its own node, or left alone, as its block asks for."""

import signal
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.lab.attempts import servers
from tests.lab.host import Host
from tests.lab.instruments import Prober, now
from tests.lab.lvs_cf import VIP, WEB, warm_web
from tests.lab.pair import Pair, wait_until
from tests.lab.segment import address_of

pytestmark = pytest.mark.lab

QUIET_SECONDS = 2.0
"""Several probes of both nodes, and more than a claim and a release take."""
LIMIT_SECONDS = 10.0
WARNING = 4
SLOW_START = "/run/start-slowly"
SLOW_START_TEXT = f"#!/bin/sh\n[ ! -e /run/is-slow ] || sleep 1.5\nexec {WEB} start 80\n"


def a_pair(making: Callable[..., Pair], **keywords: str) -> Pair:
    """Its one service is asked every 0.3 s by both nodes."""
    start_cmd = keywords.pop("start_cmd", warm_web().start_cmd)
    service = replace(warm_web(), interval="0.3", timeout="0.3", start_cmd=start_cmd)
    service = replace(service, extra=keywords)
    return making([service], extra={"startup_wait": "0.3"})


def settled(pair: Pair) -> Host:
    pair.start_pulse()
    active = pair.wait_until_settled()
    pair.wait_until_judged(active)
    return active


def webs(node: Host) -> list[int]:
    return [process.pid for process in node.processes("web.py")]


def kill_web(node: Host) -> None:
    node.signal("web.py", signal.SIGKILL)
    wait_until(lambda: not webs(node), LIMIT_SECONDS, "the service is dead")


def said(pair: Pair, node: Host, text: str) -> list[int | None]:
    """With which priorities the daemons of a node said it."""
    return [line.priority for line in pair.log(node) if text in line.text]


def kill_and_see_it_back(pair: Pair, node: Host, prober: Prober) -> None:
    kill_web(node)
    killed = now()
    wait_until(lambda: bool(webs(node)), LIMIT_SECONDS, "the service is started again here")
    pair.wait_until_answered(prober, node, killed)


def test_a_service_is_restarted_as_often_as_its_block_says_and_then_moves(
    making: Callable[..., Pair], probing: Callable[..., Prober]
) -> None:
    pair = a_pair(making, local_restarts="1")
    active = settled(pair)
    partner = pair.segment.other(active)
    moves = {node.name: len(pair.moves(node)) for node in pair.segment.nodes}
    prober = probing(pair.segment, VIP, 80)
    kill_and_see_it_back(pair, active, prober)
    time.sleep(QUIET_SECONDS)
    assert {node.name: len(pair.moves(node)) for node in pair.segment.nodes} == moves
    assert servers(prober.attempts()) == [active.name]
    assert said(pair, active, "local restart 1 of 1: connection refused")
    assert pair.wait_until_settled() is active, "one restart makes no node unfit"
    pair.wait_until_judged(active)
    kill_web(active)
    pair.wait_until_answered(prober, partner, now())
    pair.wait_until_active(partner)
    new = [move.reason for move in pair.moves(partner)[moves[partner.name] :]]
    told = partner.run(["piranhactl", "why"])
    for why in (f"service web failed on {address_of(active.name)}: ", "connection refused"):
        assert why in new[0], "the record of the claim names the failure"
        assert why in new[1], "and so does that of the takeover"
        assert why in told
    assert not said(pair, active, "local restart 2")
    assert webs(active) == []


def test_a_restart_that_takes_its_time_is_waited_for(
    making: Callable[..., Pair], probing: Callable[..., Prober]
) -> None:
    """The partner's probes fail five times meanwhile; it was told that the service is starting."""
    pair = a_pair(making, local_restarts="1", start_cmd=SLOW_START)
    for node in pair.segment.nodes:
        node.path(SLOW_START).write_text(SLOW_START_TEXT)
        node.path(SLOW_START).chmod(0o755)
    active = settled(pair)
    moves = {node.name: len(pair.moves(node)) for node in pair.segment.nodes}
    prober = probing(pair.segment, VIP, 80)
    active.path("/run/is-slow").touch()
    kill_and_see_it_back(pair, active, prober)
    time.sleep(QUIET_SECONDS)
    assert {node.name: len(pair.moves(node)) for node in pair.segment.nodes} == moves
    assert servers(prober.attempts()) == [active.name]


def test_on_failure_restart_never_moves_the_group(
    making: Callable[..., Pair], probing: Callable[..., Prober]
) -> None:
    """More failures than `local_restarts` is told; the pauses between restarts grow."""
    pair = a_pair(making, on_failure="restart")
    active = settled(pair)
    moves = {node.name: len(pair.moves(node)) for node in pair.segment.nodes}
    prober = probing(pair.segment, VIP, 80)
    for _ in range(3):
        kill_and_see_it_back(pair, active, prober)
        pair.wait_until_judged(active)
    time.sleep(QUIET_SECONDS)
    assert {node.name: len(pair.moves(node)) for node in pair.segment.nodes} == moves
    assert servers(prober.attempts()) == [active.name]
    assert said(pair, active, "local restart 1: connection refused")
    assert said(pair, active, "local restart 2, in 1 s: connection refused")
    assert said(pair, active, "local restart 3, in 2 s: connection refused")


def test_on_failure_ignore_says_so_and_does_nothing(
    making: Callable[..., Pair], probing: Callable[..., Prober]
) -> None:
    """Not restarted, not moved; an operator starts it, and that is seen too."""
    pair = a_pair(making, on_failure="ignore")
    active = settled(pair)
    moves = {node.name: len(pair.moves(node)) for node in pair.segment.nodes}
    prober = probing(pair.segment, VIP, 80)
    kill_web(active)
    wait_until(lambda: bool(said(pair, active, "web: fails: ")), LIMIT_SECONDS, "it is said")
    time.sleep(QUIET_SECONDS)
    assert said(pair, active, "web: fails: connection refused") == [WARNING]
    assert webs(active) == []
    assert VIP in active.addresses()
    active.run([*WEB.split(), "start", "80"])
    pair.wait_until_answered(prober, active, now())
    wait_until(lambda: bool(said(pair, active, "web: is well again")), LIMIT_SECONDS, "it is said")
    assert {node.name: len(pair.moves(node)) for node in pair.segment.nodes} == moves
