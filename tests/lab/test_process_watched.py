"""The death of a watched process costs the change alone, however seldom the service is asked."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.lab import limits, outages
from tests.lab.commands import change_seconds, nginx_change_seconds, write_nginx_file
from tests.lab.instruments import Prober
from tests.lab.lvs_cf import VIP, ServiceBlock, warm_nginx, warm_web
from tests.lab.pair import Pair
from tests.lab.results import Result, milliseconds

pytestmark = [pytest.mark.lab, pytest.mark.alone]

ROUNDS = 3
SELDOM = "30"
"""Seconds between two probes: no part of the outage."""


def watched(service: ServiceBlock, **keywords: str) -> ServiceBlock:
    return replace(service, interval=SELDOM, extra=keywords)


def test_a_killed_nginx_is_noticed_at_once(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    gaps = []
    limit = limits.KILLED_MARGIN_MS
    for _ in range(ROUNDS):
        service = watched(warm_nginx(), watch_pid="/run/nginx.pid")
        pair = making([service], extra={"startup_wait": "0.3"})
        write_nginx_file(pair)
        if not gaps:
            limit += nginx_change_seconds(pair.node_b) * 1000
        pair.start_pulse()
        pair.wait_until_settled()
        prober = probing(pair.segment, VIP, 80)
        gaps.append(outages.of_a_killed_service("nginx", pair, prober))
        pair.end()
    measured(Result("S2 nginx killed, watched by its pid file", milliseconds(gaps), limit))


def test_a_service_may_be_known_by_its_process_alone(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    """First a planned change, in which its own stop command ends it: that is no failure. Then it
    is killed, and the other node, which cannot see its process, learns of it by heartbeat."""
    service = watched(warm_web(), monitor="process", watch_pid="/run/web-80.pid")
    pair = making([service], extra={"startup_wait": "0.3"})
    limit = limits.KILLED_MARGIN_MS
    limit += change_seconds(pair.node_b, service.start_cmd, service.stop_cmd) * 1000
    pair.start_pulse()
    pair.wait_until_settled()
    prober = probing(pair.segment, VIP, 80)
    outages.of_a_change(outages.switch, pair, prober)
    assert "fails" not in pair.logs()
    gap = outages.of_a_killed_service("web.py", pair, prober)
    measured(Result("S2 process killed, watched by its pid file", (gap * 1000,), limit))
