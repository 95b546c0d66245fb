"""Where only the heartbeats are cut, nobody takes what the other still has (S7)."""

import time
from collections.abc import Callable

import pytest

from piranha.defaults import HEARTBEAT_PORT
from tests.lab import faults
from tests.lab.attempts import failures
from tests.lab.instruments import Observer, Prober
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import CRITICAL, Pair
from tests.lab.results import Result
from tests.lab.sightings import both_holding, total

pytestmark = [pytest.mark.lab, pytest.mark.alone]

BLOCKED_SECONDS = 12.0


def test_the_standby_alarms_and_takes_nothing(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    pair = making([hot_web()], "2", "5", extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    active = pair.wait_until_settled()
    standby = pair.segment.other(active)
    prober, observer = probing(pair.segment, VIP, 80), observing(pair.segment, VIP)
    with pair.segment.under(faults.port_blocked(HEARTBEAT_PORT)):
        time.sleep(BLOCKED_SECONDS)
        both = total(both_holding(observer.sightings(), VIP, observer.until)) * 1000
        alarms = [line.text for line in pair.log(standby) if line.priority == CRITICAL]
    measured(Result("S7 heartbeats blocked: two owners", (both,), 0.0))
    measured(Result("S7 requests", (float(len(failures(prober.attempts()))),), 0.0, "lost"))
    assert len(alarms) == 1, alarms
    assert pair.wait_until_settled() is active
