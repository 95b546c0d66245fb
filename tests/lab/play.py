"""Two nodes and a client, left up, and a shell inside node A to try things in.

    python tests/lab/play.py

The end of the shell is the end of everything.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from piranha.wire.exit_status import ExitStatus
from tests.lab import world
from tests.lab.host import LabError
from tests.lab.lvs_cf import VIP, compose, warm_web
from tests.lab.pair import CONFIG_FILE, LOG_FILE, Pair
from tests.lab.segment import CLIENT, NODE_A, NODE_B, Segment, address_of

HINTS = f"""
You are root on {NODE_A} ({address_of(NODE_A)}); its partner is {NODE_B} ({address_of(NODE_B)}), \
the virtual address {VIP}.

    piranhactl status             who serves, and how the partner is
    piranhactl why                each change of role, with its reason
    piranhactl switch             let the other node serve
    ps axf; ip addr               what runs here; where the VIP is
    telnet {VIP} 80         then type: GET / and return; the answer names the node
    kill -9 PID                   of pulse, of fos, of a nanny, of the web service
    ip link set eth0 down         cut this node off; "up" heals it
    tail -f {LOG_FILE}
    less {CONFIG_FILE}; piranhactl check; piranhactl reload
    go {NODE_B}                     go on there; also: go {CLIENT}, go {NODE_A}

exit, or Ctrl-D, ends both nodes and leaves nothing behind.
"""
SHELL_FILE, NEXT_HOST_FILE = "/run/shell", "/run/next-host"
SHELL_START = f"""
PS1='\\u@\\h:\\w\\$ '
go() {{ echo "$1" >{NEXT_HOST_FILE}; exit 0; }}
"""


def shell(segment: Segment, name: str) -> str:
    """An interactive shell on a host, until it ends; returns where to go on, or nothing."""
    host = segment.hosts[name]
    host.path(SHELL_FILE).write_text(SHELL_START)
    interactive = ["bash", "--noprofile", "--rcfile", SHELL_FILE, "-i"]
    subprocess.run(host.entering(interactive), env=host.environment(), check=False)
    wanted = host.path(NEXT_HOST_FILE)
    if not wanted.exists():
        return ""
    name = wanted.read_text().strip()
    wanted.unlink()
    return name


def play() -> None:
    with Segment() as segment:
        pair = Pair(segment, [VIP])
        pair.configure(compose([warm_web()]))
        pair.start_pulse()
        print("starting two nodes; the first of them serves after one deadtime ...", flush=True)
        pair.wait_until_settled()
        print(HINTS, flush=True)
        name = NODE_A
        while name in segment.hosts:
            name = shell(segment, name)


def main() -> int:
    try:
        play()
    except KeyboardInterrupt:
        return ExitStatus.OK
    except (LabError, OSError) as error:
        print(f"play: {error}", file=sys.stderr)
        return ExitStatus.REFUSED
    return ExitStatus.OK


if __name__ == "__main__":
    sys.exit(world.run(main, ["bash"]))
