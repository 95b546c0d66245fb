"""A power switch for the laboratory's nodes, and the fence agent that asks for it.

The agent runs on a node as a fence agent does: its values come by standard input. It leaves them in
a file of its node; the switch, outside of the nodes, finds them, does what they say to the other
node, and leaves the exit status.
"""

import contextlib
import threading
from pathlib import Path
from signal import SIGKILL

from tests.lab.host import Host
from tests.lab.pair import Pair

AGENT = "/run/fence_lab"
ASKED, DONE = "/run/fence.asked", "/run/fence.done"
AGENT_TEXT = f"""#!/bin/sh
cat >{ASKED}.new
mv {ASKED}.new {ASKED}
echo "the switch is asked for $PIRANHA_ACTION of $PIRANHA_PARTNER"
while [ ! -e {DONE} ]; do sleep 0.02; done
status=$(cat {DONE})
rm {DONE}
exit "$status"
"""
FENCING = {
    "fence_cmd": f"{AGENT} username=lab",
    "fence_primary": "plug=1",
    "fence_backup": "plug=2",
    "startup_wait": "0.3",
}
LOOK_SECONDS = 0.01


def install_agent(node: Host) -> None:
    agent = node.path(AGENT)
    agent.write_text(AGENT_TEXT)
    agent.chmod(0o755)


class PowerSwitch:
    """Use as a context. `works` False: it says that it failed, and switches nothing."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.works = True
        self.asked: list[tuple[str, dict[str, str]]] = []
        """Which node asked, and the values that its agent was given."""
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="power switch")

    def __enter__(self) -> "PowerSwitch":
        for node in self.pair.segment.nodes:
            install_agent(node)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def off(self, node: Host) -> None:
        """No power: nothing is sent, nothing runs, nothing is held."""
        self.pair.segment.pull_cable(node)
        self.pair.signal_suite(node, SIGKILL)
        for vip in self.pair.vips:
            node.run(["sh", "-c", f"ip address del {vip}/32 dev eth0 || true"])

    def _serve(self) -> None:
        while not self._is_over.wait(LOOK_SECONDS):
            for node in self.pair.segment.nodes:
                asked = node.path(ASKED)
                with contextlib.suppress(FileNotFoundError):
                    self._obey(node, asked)

    def _obey(self, node: Host, asked: Path) -> None:
        values = dict(line.split("=", 1) for line in asked.read_text().splitlines())
        asked.unlink()
        self.asked.append((node.name, values))
        if self.works and values["action"] == "off":
            self.off(self.pair.segment.other(node))
        node.path(DONE).write_text("0" if self.works else "1")
