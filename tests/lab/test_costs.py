"""What an idle pair costs: memory of a nanny and of pulse, processor time of a node."""

import time
from collections.abc import Callable

import pytest

from tests.lab import limits
from tests.lab.costs import largest_private_megabytes, processor_seconds
from tests.lab.lvs_cf import hot_web
from tests.lab.pair import Pair
from tests.lab.results import Result

pytestmark = [pytest.mark.lab, pytest.mark.alone]

IDLE_SECONDS = 12.0
IDLE_WINDOWS = 5
"""A minute in all; whatever else the machine does only adds, so the quietest window counts."""


def test_fifty_nannies_and_pulse_are_small(
    making: Callable[..., Pair], measured: Callable[[Result], None]
) -> None:
    services = [hot_web(f"web{number}") for number in range(limits.NANNIES)]
    pair = making(services, extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    active = pair.wait_until_settled()
    time.sleep(1.0)
    assert len(active.processes("nanny")) == limits.NANNIES
    nanny = largest_private_megabytes(active, "nanny")
    pulse = largest_private_megabytes(active, "pulse")
    measured(Result("cost: the largest of 50 nannies, private", (nanny,), limits.NANNY_MB, "MB"))
    measured(Result("cost: pulse, private", (pulse,), limits.PULSE_MB, "MB"))


def test_an_idle_node_hardly_works(
    making: Callable[..., Pair], measured: Callable[[Result], None]
) -> None:
    pair = making([limits.IDLE_SERVICE], "1", "5", extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    pair.wait_until_settled()
    time.sleep(1.0)
    shares = [_busiest_share(pair) for _ in range(IDLE_WINDOWS)]
    busiest = min(shares)
    note = f"{IDLE_WINDOWS} windows, the worst {max(shares):.2f}"
    measured(Result("cost: idle node, share of a core", (busiest,), limits.IDLE_PERCENT, "%", note))


def _busiest_share(pair: Pair) -> float:
    """Of a core, in percent, by the node that worked more, while nothing happens."""
    before = [processor_seconds(node) for node in pair.segment.nodes]
    time.sleep(IDLE_SECONDS)
    after = [processor_seconds(node) for node in pair.segment.nodes]
    return max(b - a for a, b in zip(before, after, strict=True)) / IDLE_SECONDS * 100
