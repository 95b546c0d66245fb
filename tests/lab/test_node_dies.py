"""A client is served by the other node when the active one is cut off (S1)."""

from collections.abc import Callable

import pytest

from tests.lab import limits, outages
from tests.lab.cuts import Cable, Cut
from tests.lab.instruments import Prober
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import Pair
from tests.lab.results import Result, milliseconds

pytestmark = pytest.mark.lab

QUICK_BOOT = {"startup_wait": "0.3"}


@pytest.mark.parametrize("kind", Cut)
@pytest.mark.parametrize(("keepalive", "deadtime"), [("100ms", "0.5"), ("2", "5")])
def test_the_outage_is_the_deadtime_and_little_more(
    kind: Cut,
    keepalive: str,
    deadtime: str,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    pair = making([hot_web()], keepalive, deadtime, extra=QUICK_BOOT)
    pair.start_web()
    pair.start_pulse()
    pair.wait_until_settled()
    prober = probing(pair.segment, VIP, 80)
    gaps = [outages.of_a_cut(Cable(pair, kind), prober) for _ in range(limits.ROUNDS)]
    limit = float(deadtime) * 1000 + limits.CUT_MARGIN_MS
    measured(Result(f"S1 {kind.value}, deadtime {deadtime} s", milliseconds(gaps), limit))


@pytest.mark.parametrize("kind", Cut)
def test_heartbeats_every_10_ms_make_it_40_ms(
    kind: Cut,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    pair = making([hot_web()], "10ms", "30ms", extra=QUICK_BOOT)
    pair.start_web()
    pair.start_pulse()
    pair.wait_until_settled()
    prober = probing(pair.segment, VIP, 80)
    gaps = [outages.of_a_cut(Cable(pair, kind), prober) for _ in range(limits.ROUNDS)]
    measured(Result(f"S1 {kind.value}, deadtime 30 ms", milliseconds(gaps), limits.FAST_CUT_MS))
