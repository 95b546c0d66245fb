"""A node that stood still knows it: it announces nothing afterwards, and the reasons say why."""

import signal
import time
from collections.abc import Callable

import pytest

from tests.lab import side_by_side
from tests.lab.instruments import Observer, now
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import Pair
from tests.lab.results import Result
from tests.lab.sightings import both_answering, both_holding, total

pytestmark = [pytest.mark.lab, pytest.mark.alone]

KEEPALIVE, DEADTIME = "0.5", "3"
LONG, SHORT = 4.2, 2.3
"""Beyond the deadtime; and beyond the lease only, so that the node may have the group back."""
AFTER_SECONDS = 3.0


def test_a_node_that_was_stopped_drops_before_it_speaks_and_says_how_long(
    making: Callable[..., Pair],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    def freeze(seconds: float) -> None:
        pair = making([hot_web()], KEEPALIVE, DEADTIME)
        pair.start_web()
        pair.start_pulse()
        active = pair.wait_until_settled()
        partner = pair.segment.other(active)
        observer = observing(pair.segment, VIP)
        epoch_date = time.time()
        pair.signal_suite(active, signal.SIGSTOP)
        time.sleep(seconds)
        thawed_at = now()
        pair.signal_suite(active, signal.SIGCONT)
        time.sleep(AFTER_SECONDS)
        settled = pair.wait_until_settled()
        assert settled is partner or seconds is SHORT
        sightings = observer.sightings()
        title = f"stopped for {seconds:g} s"
        for what, periods in (("hold", both_holding), ("answer", both_answering)):
            both = total(periods(sightings, VIP, observer.until)) * 1000
            measured(Result(f"{title}: both {what}", (both,), 0.0))
        if settled is partner:
            announced = [a.at for a in observer.announcements() if a.node == active.name]
            assert [at for at in announced if at >= thawed_at] == []
        reasons = [m.reason for m in pair.moves(active) if m.wall >= epoch_date]
        assert reasons
        assert all(f"; this node was frozen {seconds:.0f}." in reason for reason in reasons)
        log = [line.text for line in pair.log(partner)]
        assert any(f"the partner was frozen {seconds:.0f}." in text for text in log), pair.logs()

    side_by_side.each([LONG, SHORT], freeze)
