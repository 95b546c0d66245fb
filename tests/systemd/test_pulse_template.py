"""pulse@.service: several clusters on one node, none in the way of another."""

from collections.abc import Iterator

import pytest

from tests.systemd.machine import Machine
from tests.systemd.pair import Pair, wait_until

pytestmark = pytest.mark.alone

BRANCH_VIP = "10.77.0.20"


def branch(name: str, port: int, vip: str) -> str:
    """A cluster whose partner is not there: after one deadtime this node serves."""
    return f"""\
service = fos
cluster = {name}
heartbeat_port = {port}
primary = 10.77.0.1
backup = 10.77.0.9
keepalive = 200ms
deadtime = 1

failover pages {{
    active = 1
    address = {vip} eth0:5
    port = 8080
    interval = 1
    timeout = 1
    start_cmd = "/bin/true"
    stop_cmd = "/bin/true"
}}
"""


@pytest.fixture
def node(pair: Pair) -> Iterator[Machine]:
    node = pair.a
    node.run("systemd-run", "--unit=pages", "python3", "-m", "http.server", "8080")
    node.write("/etc/piranha/north.cf", branch("north", 540, BRANCH_VIP))
    node.write("/etc/piranha/south.cf", branch("south", 541, "10.77.0.21"))
    yield node
    node.run("systemctl", "stop", "pulse@north", "pulse@south", "pages")


def addresses(machine: Machine) -> set[str]:
    lines = machine.run("ip", "-o", "-4", "address", "show", "dev", "eth0").splitlines()
    return {line.split()[3].split("/")[0] for line in lines}


def test_two_clusters_start_and_stop_alone(node: Machine) -> None:
    node.run("systemctl", "start", "pulse@north", "pulse@south")
    wait_until(lambda: {BRANCH_VIP, "10.77.0.21"} <= addresses(node))
    for name in ("north", "south"):
        status = node.run("piranhactl", "-c", f"/etc/piranha/{name}.cf", "status")
        assert f"cluster {name}" in status
    node.run("systemctl", "stop", "pulse@north")
    assert BRANCH_VIP not in addresses(node)
    assert "10.77.0.21" in addresses(node)
    assert node.show("pulse@south", "ActiveState") == "active"


def test_a_second_pulse_of_a_cluster_is_refused(node: Machine) -> None:
    node.run("systemctl", "start", "pulse@north")
    said = node.run("pulse", "-n", "-c", "/etc/piranha/north.cf", check=False)
    assert "already running" in said
    assert node.status("pulse", "-n", "-c", "/etc/piranha/north.cf") == 111
