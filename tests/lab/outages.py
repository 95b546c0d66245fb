"""What costs the client an outage: one function for each cause, each returns the seconds it saw.

Every function waits until the pair has settled, does its harm, waits until the client is served by
the other node, and mends what it broke.
"""

import signal
import time
from collections.abc import Callable

from tests.lab.attempts import longest_gap
from tests.lab.cuts import Cable
from tests.lab.host import Host
from tests.lab.instruments import Prober, now
from tests.lab.pair import Pair, wait_until

Change = Callable[[Host], None]
END_LIMIT_SECONDS = 10.0
MANY_LIMIT_SECONDS = 40.0


def of_a_cut(cable: Cable, prober: Prober) -> float:
    """The active node's cable is cut."""
    pair = cable.pair
    active = pair.wait_until_settled()
    partner = pair.segment.other(active)
    pair.wait_until_answered(prober, active, now())
    since = now()
    cable.cut(active)
    pair.wait_until_answered(prober, partner, since)
    gap = longest_gap(prober.attempts(), after=since)
    cable.mend(active)
    return gap.seconds


def of_a_killed_service(program: str, pair: Pair, prober: Prober) -> float:
    """The service's processes are killed on the active node, which is unfit afterwards."""
    active = pair.wait_until_settled()
    partner = pair.segment.other(active)
    pair.wait_until_answered(prober, active, now())
    since = now()
    active.signal(program, signal.SIGKILL)
    pair.wait_until_answered(prober, partner, since)
    return longest_gap(prober.attempts(), after=since).seconds


def switch(active: Host) -> None:
    """An operator asks for the planned change."""
    active.run(["piranhactl", "switch"])


def end_pulse(active: Host) -> None:
    """An orderly end."""
    active.signal("pulse", signal.SIGTERM)


def of_a_change(change: Change, pair: Pair, prober: Prober) -> float:
    """A planned change; a pulse that ended is started again."""
    active = pair.wait_until_settled()
    partner = pair.segment.other(active)
    pair.wait_until_answered(prober, active, now())
    since = now()
    change(active)
    pair.wait_until_answered(prober, partner, since)
    gap = longest_gap(prober.attempts(), after=since)
    if change is end_pulse:
        wait_until(lambda: not active.processes("pulse"), END_LIMIT_SECONDS, "pulse has ended")
        pair.start_pulse(active)
    return gap.seconds


def until_all_serve(pair: Pair, prober: Prober, quiet_seconds: float) -> float:
    """The active node loses its power: the time until the other one has started every service.

    Its daemons are killed with its cable, for both nodes share this machine's processors, and
    what a node without power would still do costs its partner nothing. For the same reason
    nothing is asked for the first `quiet_seconds`; the instant is in the partner's record.
    """
    active = pair.wait_until_settled(MANY_LIMIT_SECONDS)
    partner = pair.segment.other(active)
    since, wall = now(), time.time()
    pair.segment.pull_cable(active)
    pair.signal_suite(active, signal.SIGKILL)
    time.sleep(quiet_seconds)
    pair.wait_until_answered(prober, partner, since)
    wait_until(
        lambda: pair.active_since(partner) > wall,
        MANY_LIMIT_SECONDS,
        f"{partner.name} has started every service",
    )
    pair.segment.plug_cable(active)
    pair.start_pulse(active)
    return pair.active_since(partner) - wall
