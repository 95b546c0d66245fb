"""How long a command of a service takes by itself, so that a limit can be set beside it."""

import statistics
import subprocess

from tests.lab.host import Host
from tests.lab.lvs_cf import NGINX_FILE, NGINX_START, NGINX_STOP, NGINX_TEXT
from tests.lab.pair import Pair

COMMAND_ROUNDS = 7


def command_seconds(host: Host, command: str) -> float:
    """The time that the command takes on a host, as bash(1) measures it."""
    timed = ["bash", "-c", f"TIMEFORMAT=%R; time {command} >/dev/null 2>&1"]
    done = subprocess.run(
        host.entering(timed), env=host.environment(), capture_output=True, text=True, check=True
    )
    return float(done.stderr)


def nginx_change_seconds(host: Host) -> float:
    """What a planned change costs by nginx's own commands: stop there, stop and start here.

    Medians, on a host where nginx does not run.
    """
    costs = []
    for _ in range(COMMAND_ROUNDS):
        start = command_seconds(host, NGINX_START)
        stop = command_seconds(host, NGINX_STOP)
        stop_of_nothing = command_seconds(host, NGINX_STOP)
        costs.append(start + stop + stop_of_nothing)
    return statistics.median(costs)


def write_nginx_file(pair: Pair) -> None:
    """nginx's own file, on both nodes."""
    for node in pair.segment.nodes:
        node.path(NGINX_FILE).write_text(NGINX_TEXT)
