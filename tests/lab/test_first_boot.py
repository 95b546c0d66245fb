"""However two nodes are switched on, exactly one becomes active (S8)."""

import time
from collections.abc import Callable

import pytest

from tests.lab.instruments import Observer, now
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import Pair
from tests.lab.results import Result
from tests.lab.segment import NODE_A, NODE_B
from tests.lab.sightings import both_holding

pytestmark = [pytest.mark.lab, pytest.mark.alone]

HEAD_START_SECONDS = 0.4
DEADTIME_MS = 5000.0
START_MARGIN_MS = 500.0
"""For starting the programs themselves."""


@pytest.mark.parametrize(
    ("order", "pause"),
    [
        ([NODE_A, NODE_B], 0.0),
        ([NODE_A, NODE_B], HEAD_START_SECONDS),
        ([NODE_B, NODE_A], HEAD_START_SECONDS),
        ([NODE_A, NODE_B], 2.0),
        ([NODE_B, NODE_A], 2.0),
    ],
    ids=["at once", "a a little before b", "b a little before a", "a, then b", "b, then a"],
)
def test_exactly_one_is_active(
    order: list[str],
    pause: float,
    making: Callable[..., Pair],
    observing: Callable[..., Observer],
) -> None:
    pair = making([hot_web()], "200ms", "1")
    pair.start_web()
    observer = observing(pair.segment, VIP)
    for name in order:
        pair.start_pulse(pair.segment.hosts[name])
        time.sleep(pause)
    pair.wait_until_settled()
    time.sleep(1.0)
    assert both_holding(observer.sightings(), VIP, observer.until) == []
    pair.wait_until_settled()


@pytest.mark.parametrize("name", [NODE_A, NODE_B])
def test_a_node_alone_serves_after_one_deadtime(
    name: str, making: Callable[..., Pair], measured: Callable[[Result], None]
) -> None:
    pair = making([hot_web()], "2", "5")
    pair.start_web()
    alone = pair.segment.hosts[name]
    began = now()
    pair.start_pulse(alone)
    pair.wait_until_active(alone)
    took = (now() - began) * 1000
    measured(Result(f"S8 {name} alone", (took,), DEADTIME_MS + START_MARGIN_MS))
    assert took >= DEADTIME_MS
