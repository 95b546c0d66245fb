"""Two nodes and a client on this one machine: four faults, what happened, why, and what it cost.

    python tests/lab/demo.py

Takes half a minute and leaves nothing behind, also after Ctrl-C. Root is better but not needed.
"""

import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from piranha.wire.exit_status import ExitStatus
from tests.lab import world
from tests.lab.host import Host, LabError
from tests.lab.instruments import Prober, now
from tests.lab.live import LiveView, Look, moves_since, outage_text
from tests.lab.lvs_cf import VIP, compose, warm_web
from tests.lab.pair import Pair
from tests.lab.segment import Segment, address_of

KEEPALIVE, DEADTIME = "0.5", "3"
CALM_SECONDS = 1.0
WATCH_SECONDS = 1.5
HEALED_SECONDS = 4.0
LIMIT_SECONDS = 15.0


class Demo:
    """The story: each chapter is one thing that happens to the cluster."""

    def __init__(self, pair: Pair, prober: Prober) -> None:
        self.pair = pair
        self.prober = prober
        self.view = LiveView(pair, prober)

    def first_boot(self) -> None:
        self.view.look()
        self.pair.start_pulse()
        self.view.until(is_settled, LIMIT_SECONDS, "one node is active, the other stands by")
        self.view.rest(CALM_SECONDS)

    def service_dies(self) -> None:
        active, partner = self._nodes()
        self._title(1, f"The web service on {active.name} is killed (kill -9).")
        since, wall = now(), time.time()
        active.signal("web.py", signal.SIGKILL)
        self._until_served_by(partner)
        self._story(since, wall)
        print(f"\n   Somebody mends the service and says so on {active.name}: piranhactl clear")
        active.run(["piranhactl", "clear"])
        self.view.until(is_settled, LIMIT_SECONDS, f"{active.name} is fit again")

    def cable_is_cut(self) -> None:
        active, partner = self._nodes()
        self._title(2, f"The cable of {active.name} is pulled.")
        since, wall = now(), time.time()
        self.pair.segment.pull_cable(active)
        self._until_served_by(partner)
        self._story(since, wall)

    def cable_is_back(self) -> None:
        active, partner = self._nodes()
        self._title(3, f"The cable of {partner.name} is plugged in again.")
        since, wall = now(), time.time()
        self.pair.segment.plug_cable(partner)
        self.view.rest(HEALED_SECONDS)
        self.view.until(is_settled, LIMIT_SECONDS, f"{partner.name} stands by for {active.name}")
        self._story(since, wall)

    def planned_switchover(self) -> None:
        active, partner = self._nodes()
        self._title(4, f"A planned switchover, typed on {active.name}: piranhactl switch")
        since, wall = now(), time.time()
        print(indented(active.run(["piranhactl", "switch"])))
        self._until_served_by(partner)
        self.view.until(is_settled, LIMIT_SECONDS, f"{active.name} stands by")
        self._story(since, wall)

    def _nodes(self) -> tuple[Host, Host]:
        active = self.pair.wait_until_active()
        return active, self.pair.segment.other(active)

    def _title(self, number: int, text: str) -> None:
        print(f"\n{number}. {text}\n", flush=True)

    def _until_served_by(self, node: Host) -> None:
        self.view.until(
            lambda look: look.answer == node.name and look.holders[-1:] == (node.name,),
            LIMIT_SECONDS,
            f"the client is answered by {node.name}",
        )
        self.view.rest(WATCH_SECONDS)

    def _story(self, since: float, wall: float) -> None:
        answer = self.view.look().answer
        print(f"\n   what    the client is answered by {answer}")
        records = moves_since(self.pair, wall)
        for name, move in records:
            print(f"   why     {name}: {move.old} -> {move.new}: {move.reason}")
        if not records:
            print("   why     no change of role was needed")
        print(f"   outage  {outage_text(self.prober.attempts(), since)}", flush=True)


def is_settled(look: Look) -> bool:
    return sorted(look.roles) == ["active", "standby"] and bool(look.answer)


def indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.splitlines())


def introduce() -> None:
    a, b = address_of("node-a"), address_of("node-b")
    print(
        f"Two nodes, node-a {a} and node-b {b}, and a client on one segment.\n"
        f"One web service on the virtual address {VIP}.\n"
        f"The client opens a new connection every 5 ms.\n"
        f"keepalive {KEEPALIVE} s, deadtime {DEADTIME} s, one probe a second.\n"
    )


def play() -> None:
    introduce()
    services = [warm_web()]
    with ExitStack() as stack:
        segment = stack.enter_context(Segment())
        pair = Pair(segment, [VIP])
        pair.configure(compose(services, KEEPALIVE, DEADTIME))
        prober = Prober(segment, VIP, 80)
        stack.callback(prober.stop)
        demo = Demo(pair, prober)
        demo.first_boot()
        demo.service_dies()
        demo.cable_is_cut()
        demo.cable_is_back()
        demo.planned_switchover()
        noise = prober.noise
        print(
            f"\nThe client made {noise.ticks} connections; it was late by "
            f"{noise.worst_lateness * 1000:.1f} ms at most and left out {noise.ticks_missed}."
        )


def main() -> int:
    try:
        play()
    except KeyboardInterrupt:
        print("\ninterrupted; nothing is left behind")
        return 128 + signal.SIGINT
    except (LabError, OSError, subprocess.SubprocessError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return ExitStatus.REFUSED
    return ExitStatus.OK


if __name__ == "__main__":
    sys.exit(world.run(main))
