"""Both cores and the disk saturated, at a deadtime of one second: nothing fails over."""

from collections.abc import Callable

import pytest

from tests.lab import load
from tests.lab.results import Result
from tests.lab.saturation import strain

pytestmark = [pytest.mark.lab, pytest.mark.alone]

SECONDS = 60.0
BUSY_SHARE = 0.9
BUSY_DISK_SECONDS = 0.005


def test_no_false_failover_under_load(measured: Callable[[Result], None]) -> None:
    seen = strain(SECONDS)
    print(seen, seen.logs, sep="\n")
    assert seen.idle_share < 1 - BUSY_SHARE, "the processors were saturated"
    assert seen.disk_wait > BUSY_DISK_SECONDS, "the disk was"
    assert seen.moves == ()
    assert seen.is_held_throughout
    measured(Result("load: moves in a minute", (float(len(seen.moves)),), 0.0, "moves"))
    measured(Result("load: pulse woken late, the worst", (seen.lateness * 1000,), 250.0))
    assert "woken at most" in seen.status, "the status page shows the worst lateness seen"
    assert load.is_idle_again()
