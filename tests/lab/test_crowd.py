"""500 services asked every second on one node: processor, memory, and no burst."""

from collections.abc import Callable

import pytest

from tests.lab import limits
from tests.lab.crowd import measured_crowd
from tests.lab.results import Result

pytestmark = [pytest.mark.lab, pytest.mark.alone]


def test_five_hundred_nannies_are_cheap_small_and_spread(
    measured: Callable[[Result], None],
) -> None:
    crowd = measured_crowd(limits.CROWD, 5.0)
    assert crowd.healthy == crowd.probes
    measured(
        Result(
            f"cost: {crowd.nannies} nannies, a probe a second, share of a core",
            (crowd.percent,),
            limits.CROWD_PERCENT,
            "%",
        )
    )
    megabytes = crowd.typical_kilobytes / 1024
    measured(Result("cost: one of them (median), private", (megabytes,), limits.NANNY_MB, "MB"))
    assert crowd.busiest_tenth <= limits.BUSIEST_TENTH, crowd
