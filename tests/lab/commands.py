"""How long a command of a service takes by itself, so that a limit can be set beside it."""

import subprocess

from tests.lab.host import Host
from tests.lab.lvs_cf import NGINX_FILE, NGINX_TEXT
from tests.lab.pair import Pair


def command_seconds(host: Host, command: str) -> float:
    """The time that the command takes on a host, as bash(1) measures it."""
    timed = ["bash", "-c", f"TIMEFORMAT=%R; time {command} >/dev/null 2>&1"]
    done = subprocess.run(
        host.entering(timed), env=host.environment(), capture_output=True, text=True, check=True
    )
    return float(done.stderr)


def write_nginx_file(pair: Pair) -> None:
    """nginx's own file, on both nodes."""
    for node in pair.segment.nodes:
        node.path(NGINX_FILE).write_text(NGINX_TEXT)
