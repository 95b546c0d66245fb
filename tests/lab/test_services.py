"""Several services, and files that differ: what belongs together moves together (S9, S10, S11)."""

import signal
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.lab import limits, outages
from tests.lab.attempts import failures
from tests.lab.instruments import Prober, now
from tests.lab.lvs_cf import MANY_PORTS, VIP, compose, hot_web, many_services, warm_web
from tests.lab.pair import Pair, wait_until
from tests.lab.results import Result, milliseconds

pytestmark = [pytest.mark.lab, pytest.mark.alone]

SECOND_VIP = "10.77.0.11"
QUIET_SECONDS = 5.0
MANY_DEADTIME = 1.0
MANY_ROUNDS = 3
SELDOM_SECONDS = 0.05
"""Between two attempts, where the client only confirms what the daemons have recorded."""
MANY_LIMIT_SECONDS = 30.0


@pytest.mark.parametrize("knower", ["active", "standby"])
def test_a_service_that_one_file_does_not_name_moves_nothing(
    knower: str,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    only_here = replace(hot_web("stranger", port=81), interval="0.5")
    pair = making([hot_web()], extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    active = pair.wait_until_settled()
    node = active if knower == "active" else pair.segment.other(active)
    prober = probing(pair.segment, VIP, 80)
    moves = {n.name: len(pair.moves(n)) for n in pair.segment.nodes}
    text = compose([hot_web(), only_here], extra={"startup_wait": "0.3"})
    if knower == "active":
        node.run([*warm_web(port=81).start_cmd.split()])
    pair.configure(text, node)
    node.run(["piranhactl", "reload"])
    time.sleep(QUIET_SECONDS)
    failed = float(len(failures(prober.attempts())))
    measured(Result(f"S9 a service in the {knower}'s file only", (failed,), 0.0, "lost"))
    assert {n.name: len(pair.moves(n)) for n in pair.segment.nodes} == moves
    assert any("stranger" in line.text for n in pair.segment.nodes for line in pair.log(n))


@pytest.mark.parametrize("second_vip", [VIP, SECOND_VIP], ids=["one VIP", "two VIPs"])
def test_two_services_move_together(
    second_vip: str, making: Callable[..., Pair], probing: Callable[..., Prober]
) -> None:
    label = "eth0:1" if second_vip == VIP else "eth0:2"
    second = replace(warm_web("second", vip=second_vip, port=81), label=label)
    pair = making([warm_web(), second], extra={"startup_wait": "0.3"})
    pair.start_pulse()
    active = pair.wait_until_settled()
    partner = pair.segment.other(active)
    probers = [probing(pair.segment, VIP, 80), probing(pair.segment, second_vip, 81)]
    for prober in probers:
        pair.wait_until_answered(prober, active, 0.0)
    since = now()
    victims = [p for p in active.processes("web.py") if p.title.endswith(" 81")]
    assert victims
    active.signal("web.py start 81", signal.SIGKILL)
    for prober in probers:
        pair.wait_until_answered(prober, partner, since)
    wait_until(lambda: not active.addresses() & {VIP, second_vip}, 5.0, "both VIPs are gone")
    assert {VIP, second_vip} <= partner.addresses()
    assert active.processes("web.py") == []


@pytest.mark.parametrize("is_stop_first", [False, True], ids=["start", "stop and start"])
def test_200_services_on_20_vips_are_taken_over_in_time(
    is_stop_first: bool,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    services = many_services(is_stop_first)
    pair = making(services, "200ms", f"{MANY_DEADTIME:g}", extra={"startup_wait": "0.3"})
    pair.start_web(*MANY_PORTS)
    pair.start_pulse()
    pair.wait_until_settled(MANY_LIMIT_SECONDS)
    prober = probing(pair.segment, pair.vips[-1], MANY_PORTS[-1], period=SELDOM_SECONDS)
    quiet = MANY_DEADTIME + 1.0
    took = [outages.until_all_serve(pair, prober, quiet) for _ in range(MANY_ROUNDS)]
    limit = MANY_DEADTIME * 1000 + limits.MANY_MARGIN_MS
    title = "S11 200 services on 20 VIPs, deadtime 1 s"
    if is_stop_first:
        limit += limits.MANY_STOPS_MS
        title = "S11 the same with a stop command before each start"
    measured(Result(title, milliseconds(took), limit))
