"""A client is served by the other node when the active one is cut off (S1)."""

from collections.abc import Callable

import pytest

from tests.lab import limits, outages, side_by_side
from tests.lab.cuts import Cable, Cut
from tests.lab.instruments import Prober
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import Pair
from tests.lab.results import Result, milliseconds

pytestmark = [pytest.mark.lab, pytest.mark.alone]

QUICK_BOOT = {"startup_wait": "0.3"}


def outages_of_cuts(pair: Pair, probing: Callable[..., Prober], kind: Cut) -> list[float]:
    """What the client sees when the active node is cut off, again and again."""
    pair.start_web()
    pair.start_pulse()
    pair.wait_until_settled()
    prober = probing(pair.segment, VIP, 80)
    return [outages.of_a_cut(Cable(pair, kind), prober) for _ in range(limits.ROUNDS)]


@pytest.mark.parametrize("kind", Cut)
def test_the_outage_is_half_a_second_and_little_more(
    kind: Cut,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    gaps = outages_of_cuts(making([hot_web()], "100ms", "0.5", extra=QUICK_BOOT), probing, kind)
    limit = 500.0 + limits.CUT_MARGIN_MS
    measured(Result(f"S1 {kind.value}, deadtime 0.5 s", milliseconds(gaps), limit))


def test_with_the_historical_deadtime_it_is_five_seconds_and_little_more(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    def cut(kind: Cut) -> list[float]:
        return outages_of_cuts(making([hot_web()], "2", "5", extra=QUICK_BOOT), probing, kind)

    limit = 5000.0 + limits.CUT_MARGIN_MS
    for kind, gaps in side_by_side.each(Cut, cut):
        measured(Result(f"S1 {kind.value}, deadtime 5 s", milliseconds(gaps), limit))


@pytest.mark.parametrize("kind", Cut)
def test_heartbeats_every_10_ms_make_it_40_ms(
    kind: Cut,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    gaps = outages_of_cuts(making([hot_web()], "10ms", "30ms", extra=QUICK_BOOT), probing, kind)
    measured(Result(f"S1 {kind.value}, deadtime 30 ms", milliseconds(gaps), limits.FAST_CUT_MS))
