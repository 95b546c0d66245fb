"""Outages, memory and load of a pair on this machine, measured anew and printed as one table.

    python tests/lab/bench.py [--rounds N] [--idle-seconds N]

Needs root, for without it there is no real-time scheduling to measure. Takes some minutes; with
`--rounds 1 --idle-seconds 10` about one.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from piranha.wire.exit_status import ExitStatus
from tests.lab import endurance, limits, outages, world
from tests.lab.commands import write_nginx_file
from tests.lab.costs import largest_private_megabytes, processor_seconds
from tests.lab.crowd import measured_crowd
from tests.lab.cuts import Cable, Cut
from tests.lab.host import LabError
from tests.lab.instruments import Prober
from tests.lab.lvs_cf import (
    MANY_PORTS,
    VIP,
    ServiceBlock,
    compose,
    hot_web,
    many_services,
    warm_nginx,
)
from tests.lab.pair import Pair
from tests.lab.results import Result, milliseconds
from tests.lab.segment import Segment

QUICK_BOOT = {"startup_wait": "0.3"}


class Bench:
    """Each measurement has a pair of its own and gives one or two lines of the table."""

    def __init__(self, rounds: int, idle_seconds: float) -> None:
        self.rounds = rounds
        self.idle_seconds = idle_seconds

    def measurements(self) -> list[Callable[[], Iterator[Result]]]:
        return [
            lambda: self.cut("100ms", "0.5", 550.0),
            lambda: self.cut("10ms", "30ms", limits.FAST_CUT_MS),
            self.killed_service,
            lambda: self.change("piranhactl switch", outages.switch),
            lambda: self.change("SIGTERM of pulse", outages.end_pulse),
            self.many,
            self.memory,
            self.crowd,
            self.endurance,
            self.idle,
        ]

    def cut(self, keepalive: str, deadtime: str, limit: float) -> Iterator[Result]:
        with served_pair([hot_web()], keepalive, deadtime) as (pair, prober):
            cable = Cable(pair, Cut.PULLED)
            gaps = [outages.of_a_cut(cable, prober) for _ in range(self.rounds)]
        yield Result(f"S1 cable pulled, deadtime {deadtime}", milliseconds(gaps), limit)

    def killed_service(self) -> Iterator[Result]:
        gaps = []
        for _ in range(min(self.rounds, 3)):
            with served_pair([warm_nginx()]) as (pair, prober):
                gaps.append(outages.of_a_killed_service("nginx", pair, prober))
        yield Result("S2 nginx killed, probed every second", milliseconds(gaps), 1130.0)

    def change(self, name: str, change: outages.Change) -> Iterator[Result]:
        with served_pair([hot_web()]) as (pair, prober):
            gaps = [outages.of_a_change(change, pair, prober) for _ in range(self.rounds)]
        limit = limits.CHANGE_MARGIN_MS
        yield Result(f"S3 {name}, service on both", milliseconds(gaps), limit)

    def many(self) -> Iterator[Result]:
        with running_pair(many_services(), "200ms", "1") as pair, ExitStack() as stack:
            prober = Prober(pair.segment, pair.vips[-1], MANY_PORTS[-1], period=0.05)
            stack.callback(prober.stop)
            rounds = range(min(self.rounds, 3))
            took = [outages.until_all_serve(pair, prober, 2.0) for _ in rounds]
        yield Result("S11 200 services on 20 VIPs, deadtime 1 s", milliseconds(took), 1500.0)

    def memory(self) -> Iterator[Result]:
        services = [hot_web(f"web{number}") for number in range(limits.NANNIES)]
        with running_pair(services) as pair:
            active = pair.wait_until_settled()
            time.sleep(1.0)
            nanny = largest_private_megabytes(active, "nanny")
            pulse = largest_private_megabytes(active, "pulse")
        title = f"the largest of {limits.NANNIES} nannies, private"
        yield Result(title, (nanny,), limits.NANNY_MB, "MB")
        yield Result("pulse, private", (pulse,), limits.PULSE_MB, "MB")

    def crowd(self) -> Iterator[Result]:
        crowd = measured_crowd(limits.CROWD, 10.0)
        title = f"{crowd.nannies} nannies, a probe a second, share of a core"
        yield Result(title, (crowd.percent,), limits.CROWD_PERCENT, "%")
        megabytes = crowd.typical_kilobytes / 1024
        yield Result(
            f"one of {crowd.nannies} nannies, private", (megabytes,), limits.NANNY_MB, "MB"
        )

    def endurance(self) -> Iterator[Result]:
        seen = endurance.measure(limits.PROBES)
        yield Result("a probe, processor time", (seen.milliseconds,), limits.PROBE_MS)
        title = f"growth over {limits.PROBES} probes"
        yield Result(title, (seen.growth_kilobytes,), limits.GROWTH_KB, "kB")

    def idle(self) -> Iterator[Result]:
        with running_pair([limits.IDLE_SERVICE], "1", "5") as pair:
            pair.wait_until_settled()
            time.sleep(1.0)
            before = [processor_seconds(node) for node in pair.segment.nodes]
            time.sleep(self.idle_seconds)
            after = [processor_seconds(node) for node in pair.segment.nodes]
        used = max(b - a for a, b in zip(before, after, strict=True))
        share = used / self.idle_seconds * 100
        title = f"idle node over {self.idle_seconds:g} s, share of a core"
        yield Result(title, (share,), limits.IDLE_PERCENT, "%")


@contextmanager
def running_pair(
    services: Sequence[ServiceBlock], keepalive: str = "0.5", deadtime: str = "3"
) -> Iterator[Pair]:
    """A pair that has settled; it ends with the block."""
    with Segment() as segment:
        pair = Pair(segment, tuple(dict.fromkeys(service.vip for service in services)))
        pair.configure(compose(services, keepalive, deadtime, extra=QUICK_BOOT))
        write_nginx_file(pair)
        if services[0] != warm_nginx():
            pair.start_web(*sorted({service.port for service in services}))
        pair.start_pulse()
        pair.wait_until_settled(outages.MANY_LIMIT_SECONDS)
        yield pair


@contextmanager
def served_pair(
    services: Sequence[ServiceBlock], keepalive: str = "0.5", deadtime: str = "3"
) -> Iterator[tuple[Pair, Prober]]:
    """The same, and a client that asks the first VIP."""
    with running_pair(services, keepalive, deadtime) as pair, ExitStack() as stack:
        prober = Prober(pair.segment, VIP, 80)
        stack.callback(prober.stop)
        yield pair, prober


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often an outage is measured")
    parser.add_argument(
        "--idle-seconds", type=float, default=60.0, help="how long idling is watched"
    )
    wanted = parser.parse_args()
    is_good = True
    for measure in Bench(wanted.rounds, wanted.idle_seconds).measurements():
        try:
            for result in measure():
                print(result, flush=True)
                is_good = is_good and result.holds
        except LabError as error:
            print(f"bench: {error}", file=sys.stderr)
            is_good = False
    return ExitStatus.OK if is_good else ExitStatus.FAILED


if __name__ == "__main__":
    sys.exit(world.run(main, ["nginx"]))
