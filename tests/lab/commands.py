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


def change_seconds(host: Host, start_cmd: str, stop_cmd: str) -> float:
    """What a change costs by the service's own commands: stop there, stop and start here.

    The median, on a host where the service does not run.
    """
    costs = []
    for _ in range(COMMAND_ROUNDS):
        start = command_seconds(host, start_cmd)
        stop = command_seconds(host, stop_cmd)
        stop_of_nothing = command_seconds(host, stop_cmd)
        costs.append(start + stop + stop_of_nothing)
    return statistics.median(costs)


def nginx_change_seconds(host: Host) -> float:
    """The same for nginx."""
    return change_seconds(host, NGINX_START, NGINX_STOP)


def write_nginx_file(pair: Pair) -> None:
    """nginx's own file, on both nodes."""
    for node in pair.segment.nodes:
        node.path(NGINX_FILE).write_text(NGINX_TEXT)
