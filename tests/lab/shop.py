"""A real server from Debian as a pair's service: kept as in the zoo, started and stopped by fos.

Its own script of the zoo is its start command, on a node prepared as the zoo's hosts are. It is
made sick while it runs: from then on its processes accept as ever, and answer in their own
protocol that they do not serve.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.lab.host import Host, LabError
from tests.lab.lvs_cf import ServiceBlock
from tests.lab.pair import Pair
from tests.zoo.animal import HOME, PREPARE, Animal, version_of

KEEPER = f"{HOME}/keep"
KEEPER_TEXT = f"""#!/bin/sh
case $1 in
start)
    cd {HOME}
    setsid --fork sh -c 'echo $$ >{HOME}/pid; exec sh -eu {HOME}/start' \\
        </dev/null >{HOME}/stdout.log 2>&1
    ;;
stop)
    pid=$(cat {HOME}/pid 2>/dev/null) || exit 0
    kill -KILL "-$pid" 2>/dev/null || true
    rm {HOME}/pid
    ;;
esac
"""
NO_NAMES = "rm -f /etc/resolv.conf; echo nameserver 127.0.0.1 >/etc/resolv.conf"
"""A mail server asks for its callers' names; nobody here answers, so let it know that at once."""
ASK_LIMIT_SECONDS = "3"


@dataclass(frozen=True, slots=True)
class Ware:
    """A server, how a block of lvs.cf asks it, how it falls sick, and what a client wants of it."""

    animal: Animal
    port: int
    keywords: Mapping[str, str]
    sicken: str
    """For sh, on the node."""
    symptom: str
    """What the server says from then on."""
    ask: str
    """For python3, on the client: ends with status 0 when it was served."""

    @property
    def block(self) -> ServiceBlock:
        return ServiceBlock(
            "shop",
            port=self.port,
            start_cmd=f"{KEEPER} start",
            stop_cmd=f"{KEEPER} stop",
            interval="0.5",
            timeout="2",
            extra={"first_wait": "20", **self.keywords},
        )

    def missing_packages(self) -> list[str]:
        return [package for package in self.animal.packages if not version_of(package)]


def furnish(pair: Pair, ware: Ware) -> None:
    """Lay out on both nodes what the start command needs."""
    for node in pair.segment.nodes:
        node.run(["sh", "-euc", f"{PREPARE}\n{NO_NAMES}"])
        node.path(f"{HOME}/start").write_text(f"cd {HOME}\n{ware.animal.script}")
        node.path(KEEPER).write_text(KEEPER_TEXT)
        node.path(KEEPER).chmod(0o755)


def is_served(client: Host, ware: Ware, address: str) -> bool:
    """Whether a client gets what it wants, asking as clients of this protocol do."""
    argv = ["timeout", ASK_LIMIT_SECONDS, "python3", "-c", ware.ask, address, str(ware.port)]
    try:
        client.run(argv)
    except LabError:
        return False
    return True
