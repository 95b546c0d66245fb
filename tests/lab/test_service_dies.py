"""A client is served by the other node when the service on the active one is killed (S2)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.lab import limits, outages
from tests.lab.commands import nginx_change_seconds, write_nginx_file
from tests.lab.instruments import Prober
from tests.lab.lvs_cf import VIP, compose, warm_nginx, warm_web
from tests.lab.pair import Pair
from tests.lab.results import Result, milliseconds

pytestmark = [pytest.mark.lab, pytest.mark.alone]

ROUNDS = 3
"""Each in a fresh cluster, for the node whose service failed is unfit afterwards."""
INTERVAL_MS = 1000.0
AFTER_RELOAD_MS = 1000.0
"""For a new nanny's start and its first probe, and the service's own stop and start."""


def test_nginx_is_killed_and_served_again(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    gaps = []
    limit = INTERVAL_MS + limits.KILLED_MARGIN_MS
    for _ in range(ROUNDS):
        pair = making([warm_nginx()], extra={"startup_wait": "0.3"})
        write_nginx_file(pair)
        if not gaps:
            limit += nginx_change_seconds(pair.node_b) * 1000
        pair.start_pulse()
        pair.wait_until_settled()
        prober = probing(pair.segment, VIP, 80)
        gaps.append(outages.of_a_killed_service("nginx", pair, prober))
        pair.end()
    measured(Result("S2 nginx killed, probed every second", milliseconds(gaps), limit))


def test_a_service_that_dies_after_a_reload_is_served_again(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    """Its block was changed, and both nodes know of it (found by `make chaos SEED=103`)."""
    service = replace(warm_web(), interval="0.5")
    pair = making([service], extra={"startup_wait": "0.3"})
    pair.start_pulse()
    active = pair.wait_until_settled()
    prober = probing(pair.segment, VIP, 80)
    pair.configure(compose([replace(service, interval="0.4")]))
    for node in (pair.segment.other(active), active):
        node.run(["piranhactl", "reload"])
    gap = outages.of_a_killed_service("web.py", pair, prober)
    limit = 400.0 + AFTER_RELOAD_MS
    measured(Result("S2 service killed after a reload", (gap * 1000,), limit))
