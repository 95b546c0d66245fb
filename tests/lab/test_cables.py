"""A cable that comes back, and a standby's cable, are no matter for the client (S4, S6)."""

import time
from collections.abc import Callable

import pytest

from tests.lab import outages, side_by_side
from tests.lab.attempts import Attempt, failures
from tests.lab.cuts import Cable, Cut
from tests.lab.host import Host
from tests.lab.instruments import Observer, Prober, now
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import Pair
from tests.lab.results import Result
from tests.lab.sightings import holding

pytestmark = [pytest.mark.lab, pytest.mark.alone]

HEALED_SECONDS = 6.0
CUT_SECONDS = 10.0


def failed_since(prober: Prober, since: float) -> list[Attempt]:
    return [a for a in failures(prober.attempts()) if a.started >= since]


def assert_held_throughout(observer: Observer, node: Host, since: float) -> None:
    """The node's kernel had the VIP from that instant until now, without a break."""
    periods = holding(observer.sightings(), VIP, node.name, observer.until)
    assert periods, f"{node.name} never had {VIP}"
    assert periods[-1].begins <= since
    assert periods[-1].ends == observer.until


@pytest.mark.parametrize("kind", Cut)
@pytest.mark.parametrize(("keepalive", "deadtime"), [("100ms", "0.5"), ("0.5", "3")])
def test_the_cable_comes_back_and_the_client_sees_nothing(
    kind: Cut,
    keepalive: str,
    deadtime: str,
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    pair = making([hot_web()], keepalive, deadtime, extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    pair.wait_until_settled()
    prober, observer = probing(pair.segment, VIP, 80), observing(pair.segment, VIP)
    outages.of_a_cut(Cable(pair, kind), prober)
    healed = now()
    keeper = pair.wait_until_settled()
    time.sleep(max(0.0, healed + HEALED_SECONDS - now()))
    failed = failed_since(prober, healed)
    name = f"S4 {kind.value}, mended, deadtime {deadtime} s"
    measured(Result(name, (float(len(failed)),), 0.0, "lost"))
    assert_held_throughout(observer, keeper, healed)


def test_the_standbys_cable_is_cut_and_mended_and_the_client_sees_nothing(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    def cut(kind: Cut) -> int:
        pair = making([hot_web()], "0.5", "3", extra={"startup_wait": "0.3"})
        pair.start_web()
        pair.start_pulse()
        active = pair.wait_until_settled()
        prober, observer = probing(pair.segment, VIP, 80), observing(pair.segment, VIP)
        pair.wait_until_answered(prober, active, now())
        since = now()
        cable = Cable(pair, kind)
        cable.cut(pair.segment.other(active))
        time.sleep(CUT_SECONDS)
        cable.mend(pair.segment.other(active))
        time.sleep(HEALED_SECONDS)
        assert_held_throughout(observer, active, since)
        assert pair.wait_until_settled() is active
        return len(failed_since(prober, since))

    for kind, failed in side_by_side.each(Cut, cut):
        measured(Result(f"S6 standby's {kind.value}", (float(failed),), 0.0, "lost"))
