"""A tunnel accepts for whoever is behind it: its recipe must see that nobody is."""

import os
import signal
import time

import pytest

from tests.zoo import visits
from tests.zoo.animal import Animal, network_of
from tests.zoo.animals.web import SSH_TUNNEL, STUNNEL
from tests.zoo.conftest import IS_WHOLE, Cage
from tests.zoo.test_real_servers import Case, Visited, missing_packages

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: servers run in network namespaces"),
]

TUNNELS = [tunnel for tunnel in (STUNNEL, SSH_TUNNEL) if IS_WHOLE or tunnel.in_ci]


@pytest.mark.parametrize("tunnel", TUNNELS, ids=[tunnel.name for tunnel in TUNNELS])
def test_a_dead_service_behind_a_living_tunnel_is_sick(
    tunnel: Animal, cage: Cage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if missing := missing_packages(tunnel):
        pytest.skip(f"not installed: {' '.join(missing)} (make zoo installs every server)")
    kept = cage.hold(tunnel)
    with network_of(kept.host.pid):
        visited = Visited(Case(tunnel, "redis"), kept, tmp_path_factory.mktemp("visits"))
        visited.wait_until_ready()
        kept.host.signal("redis-server", signal.SIGKILL)
        time.sleep(0.1)
        seen = visits.ask(visited.question())[0]
        cage.open()
    assert seen.is_sick
    assert seen.seconds < 1.0
