"""Somebody sets the date of a node back or forward by a day: nothing changes."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.lab import limits, outages
from tests.lab.attempts import failures
from tests.lab.cuts import Cable, Cut
from tests.lab.dates import A_DAY, give_own_date, set_date
from tests.lab.instruments import Observer, Prober, now
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import Pair
from tests.lab.results import Result
from tests.lab.sightings import both_answering, holding

pytestmark = pytest.mark.lab

KEEPALIVE, DEADTIME = "0.2", "2.6"
STEPS = (A_DAY, -A_DAY, 0.0)
STEP_SECONDS = 0.7
CUT_MARGIN_MS = limits.CUT_MARGIN_MS + 200.0
"""An arrival with an impossible stamp may be called a keepalive older than it is."""


def test_the_date_is_set_back_and_forward_by_a_day(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    pair = making([replace(hot_web(), interval="0.3")], KEEPALIVE, DEADTIME)
    for node in pair.segment.nodes:
        give_own_date(node)
    pair.start_web()
    pair.start_pulse()
    active = pair.wait_until_settled()
    prober, observer = probing(pair.segment, VIP, 80), observing(pair.segment, VIP)
    pair.wait_until_answered(prober, active, now())
    standby, since = pair.segment.other(active), now()
    before = {node.name: len(pair.moves(node)) for node in pair.segment.nodes}
    for node in (active, standby):
        node.run(["piranhactl", "hold", "--for", "2h"])
    for stepped in ((active,), (standby,), (active, standby)):
        for shift in STEPS:
            for node in stepped:
                set_date(node, shift)
            time.sleep(STEP_SECONDS)
            for node in stepped:
                status = pair.status(node)
                assert status is not None
                assert status.is_partner_heard
                assert status.wall - time.time() == pytest.approx(shift, abs=1.0)
                assert status.is_held, "a hold for two hours lasts two hours"
                assert status.held_left_seconds == pytest.approx(7200, abs=60)
    assert {node.name: len(pair.moves(node)) for node in pair.segment.nodes} == before
    failed = [a for a in failures(prober.attempts()) if a.started >= since]
    measured(Result("date set by a day, nine times", (float(len(failed)),), 0.0, "lost"))
    periods = holding(observer.sightings(), VIP, active.name, observer.until)
    assert [period.ends for period in periods] == [observer.until]


@pytest.mark.parametrize("shift", [A_DAY, -A_DAY], ids=["a day ahead", "a day behind"])
def test_a_takeover_with_a_wrong_date_is_like_any_other(
    shift: float,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    pair = making([replace(hot_web(), interval="0.3")], KEEPALIVE, DEADTIME)
    for node in pair.segment.nodes:
        give_own_date(node)
    pair.start_web()
    pair.start_pulse()
    standby = pair.segment.other(pair.wait_until_settled())
    prober, observer = probing(pair.segment, VIP, 80), observing(pair.segment, VIP)
    set_date(standby, shift)
    outage = outages.of_a_cut(Cable(pair, Cut.SILENT), prober) * 1000
    limit = float(DEADTIME) * 1000 + CUT_MARGIN_MS
    measured(Result(f"cable cut, the date {shift / A_DAY:+.0f} day", (outage,), limit))
    assert pair.wait_until_settled() is standby
    both = both_answering(observer.sightings(), VIP, observer.until)
    assert all(period.begins > prober.attempts()[0].started for period in both)
