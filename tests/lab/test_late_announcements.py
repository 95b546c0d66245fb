"""After both nodes were active every client must find the one that keeps the address."""

import time
from collections.abc import Callable

import pytest

from piranha.terms import Role
from tests.lab.faults import Fault, Rule
from tests.lab.host import Host
from tests.lab.instruments import now
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import Pair, wait_until
from tests.lab.segment import NODE_A, NODE_B, hardware_address_of, port_of
from tests.lab.test_fencing import between

pytestmark = pytest.mark.lab

KEEPALIVE, DEADTIME = "0.2", "2.6"


def hardware_address_believed(pair: Pair) -> str:
    """What the client's kernel has in its table for the VIP; empty without an entry."""
    line = pair.segment.client.run(["ip", "neigh", "show", VIP, "dev", "eth0"])
    words = line.split()
    return words[words.index("lladdr") + 1] if "lladdr" in words else ""


def is_believed(pair: Pair, node: Host) -> bool | None:
    status = pair.status(node)
    return status.groups[0].is_believed if status else None


def test_keepalived_950_and_red_hat_140414_the_losers_late_announcement(
    making: Callable[..., Pair],
) -> None:
    """Two nodes that could not hear each other both served. The loser's last announcement comes
    after the keeper's; in those two reports it stayed in the tables of clients for ever."""
    pair = making([hot_web()], KEEPALIVE, DEADTIME, extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    loser = pair.wait_until_settled()
    keeper = pair.segment.other(loser)
    with pair.segment.under(between(NODE_A, NODE_B)):
        both = lambda: all(VIP in node.addresses() for node in pair.segment.nodes)  # noqa: E731
        wait_until(both, 10.0, "both serve")
    wait_until(lambda: pair.is_in_role(keeper, Role.ACTIVE), 10.0, "the newer one keeps")
    wait_until(lambda: VIP not in loser.addresses(), 10.0, "the other one lets go")
    time.sleep(4.0)  # the keeper's series of announcements is over
    pair.segment.client.run(["ping", "-c", "1", "-W", "1", VIP])
    assert hardware_address_believed(pair) == hardware_address_of(keeper.name)
    loser.run(["send_arp", "-i", "eth0", VIP])
    said = now()
    wait_until(
        lambda: hardware_address_believed(pair) == hardware_address_of(keeper.name),
        1.5,
        "the client finds the keeper again",
    )
    assert now() - said < 2.0
    wait_until(lambda: is_believed(pair, keeper) is True, 5.0, "the partner verifies it")
    assert any("is also answered by" in line.text for line in pair.log(keeper))


def test_a_takeover_is_verified_by_the_partner_and_shown(making: Callable[..., Pair]) -> None:
    pair = making([hot_web()], KEEPALIVE, DEADTIME, extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    taker = pair.segment.other(pair.wait_until_settled())
    taker.run(["piranhactl", "switch"])
    wait_until(lambda: is_believed(pair, taker) is True, 5.0, "the partner verifies the takeover")
    page = taker.run(["piranhactl", "status"])
    assert "verified by the partner" in page


def test_a_takeover_is_not_verified_while_the_service_does_not_answer_through_the_vip(
    making: Callable[..., Pair],
) -> None:
    pair = making([hot_web()], KEEPALIVE, DEADTIME, extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    standby = pair.wait_until_settled()
    taker = pair.segment.other(standby)
    taker.run(["piranhactl", "switch"])
    lost = Rule("prerouting", f'iifname "{port_of(standby.name)}" ip daddr {VIP} tcp dport 80 drop')
    with pair.segment.under(Fault("a filter in front of the VIP", (lost,))):
        wait_until(lambda: is_believed(pair, taker) is False, 8.0, "the partner doubts it")
        said = [line.text for line in pair.log(taker)]
        assert any("web answers, but not through its VIP: " in text for text in said)
        assert any("announcing the VIPs in other forms" in text for text in said)
        page = taker.run(["piranhactl", "status"])
        assert "web answers, but not through its VIP" in page
    wait_until(lambda: is_believed(pair, taker) is True, 15.0, "the partner verifies it")
    assert VIP in taker.addresses()
