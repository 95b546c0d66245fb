"""A planned change costs the service's stop and start, and little more (S3)."""

from collections.abc import Callable

import pytest

from tests.lab import limits, outages
from tests.lab.commands import nginx_change_seconds, write_nginx_file
from tests.lab.instruments import Prober
from tests.lab.lvs_cf import VIP, hot_web, warm_nginx
from tests.lab.pair import Pair
from tests.lab.results import Result, milliseconds

pytestmark = [pytest.mark.lab, pytest.mark.alone]

CHANGES = {"piranhactl switch": outages.switch, "SIGTERM of pulse": outages.end_pulse}


@pytest.mark.parametrize("change", CHANGES)
def test_a_service_on_both_nodes_is_hardly_missed(
    change: str,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    pair = making([hot_web()], extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    pair.wait_until_settled()
    prober = probing(pair.segment, VIP, 80)
    gaps = [outages.of_a_change(CHANGES[change], pair, prober) for _ in range(limits.ROUNDS)]
    measured(Result(f"S3 {change}, service on both", milliseconds(gaps), limits.CHANGE_MARGIN_MS))


@pytest.mark.parametrize("change", CHANGES)
def test_a_warm_service_is_missed_for_its_stop_and_start(
    change: str,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    pair = making([warm_nginx()], extra={"startup_wait": "0.3"})
    write_nginx_file(pair)
    commands = nginx_change_seconds(pair.node_b) * 1000
    pair.start_pulse()
    pair.wait_until_settled()
    prober = probing(pair.segment, VIP, 80)
    gaps = [outages.of_a_change(CHANGES[change], pair, prober) for _ in range(limits.ROUNDS)]
    limit = commands + limits.CHANGE_MARGIN_MS
    note = f"nginx's own commands: {commands:.0f} ms"
    measured(Result(f"S3 {change}, warm nginx", milliseconds(gaps), limit, note=note))
