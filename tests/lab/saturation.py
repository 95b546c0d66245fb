"""A pair at a deadtime of one second on a machine that has no processor and no disk to spare.

    python tests/lab/saturation.py [--seconds N]

Both nodes keep their records and logs on the disk that is written to. Status 10: something moved.
"""

import argparse
import os
import shutil
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from piranha.wire.exit_status import ExitStatus
from tests.lab import world
from tests.lab.attempts import failures, longest_gap
from tests.lab.instruments import Observer, Prober
from tests.lab.load import Load, disk_waits, keep_on_disk
from tests.lab.lvs_cf import VIP, compose, hot_web
from tests.lab.pair import Pair
from tests.lab.segment import Segment
from tests.lab.sightings import holding

KEEPALIVE, DEADTIME = "0.2", "1"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Strain:
    """What was seen while the machine was saturated."""

    moves: tuple[str, ...]
    """Changes of role since the load began."""
    is_held_throughout: bool
    lateness: float
    """Seconds: the worst that either pulse was ever woken late, as its status shows."""
    idle_share: float
    """Of all processors."""
    disk_wait: float
    """Seconds: the longest that one written kilobyte took to reach the disk."""
    failed: int
    longest_gap: float
    status: str
    """What `piranhactl status` printed."""
    logs: str

    def __str__(self) -> str:
        return (
            f"idle {self.idle_share:.1%}, a kilobyte took {self.disk_wait * 1000:.0f} ms to disk, "
            f"pulse was late by {self.lateness * 1000:.1f} ms, a client waited for "
            f"{self.longest_gap * 1000:.0f} ms, {len(self.moves)} moves"
        )


def idle_seconds() -> float:
    """All processors together since boot, waiting for the disk included (proc(5), stat)."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return (int(fields[3]) + int(fields[4])) / TICKS


def strain(seconds: float) -> Strain:
    """Boot a pair, saturate the machine for so long, and tell. LabError."""
    with ExitStack() as stack:
        segment = stack.enter_context(Segment())
        for node in segment.nodes:
            stack.callback(shutil.rmtree, keep_on_disk(node), ignore_errors=True)
        pair = Pair(segment, [VIP])
        pair.configure(compose([hot_web()], KEEPALIVE, DEADTIME))
        pair.start_web()
        pair.start_pulse()
        active = pair.wait_until_settled()
        observer = Observer(segment, [VIP])
        stack.callback(observer.stop)
        prober = Prober(segment, VIP, 80, period=0.05)
        stack.callback(prober.stop)
        pair.wait_until_answered(prober, active, 0.0)
        before = {node.name: len(pair.moves(node)) for node in segment.nodes}
        load = Load(active, seconds + 10.0)
        stack.callback(load.stop)
        idle, began = idle_seconds(), time.monotonic()
        disk_wait = disk_waits(seconds)
        idle = (idle_seconds() - idle) / (time.monotonic() - began) / (os.cpu_count() or 1)
        status = active.run(["piranhactl", "status"])
        load.stop()
        shown = [s for s in map(pair.status, segment.nodes) if s is not None]
        periods = holding(observer.sightings(), VIP, active.name, observer.until)
        attempts = prober.attempts()
        return Strain(
            moves=tuple(
                f"{node.name}: {m.old} -> {m.new}: {m.reason}"
                for node in segment.nodes
                for m in pair.moves(node)[before[node.name] :]
            ),
            is_held_throughout=len(periods) == 1 and periods[0].ends == observer.until,
            lateness=max(s.worst_lateness_seconds for s in shown),
            idle_share=idle,
            disk_wait=disk_wait,
            failed=len(failures(attempts)),
            longest_gap=longest_gap(attempts).seconds,
            status=status,
            logs=pair.logs(),
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0, help="how long")
    wanted = parser.parse_args()
    seen = strain(wanted.seconds)
    if seen.moves or not seen.is_held_throughout:
        print(seen.logs, *seen.moves, sep="\n")
    date = time.strftime("%Y-%m-%d")
    print(f"{date}: {wanted.seconds:g} s of load, deadtime {DEADTIME} s: {seen}")
    return ExitStatus.FAILED if seen.moves or not seen.is_held_throughout else ExitStatus.OK


if __name__ == "__main__":
    sys.exit(world.run(main))
