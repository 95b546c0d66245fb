"""The real fos on a node of its own: how it takes, keeps and drops its addresses."""

import signal
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from piranha.wire.report_line import (
    Armed,
    Dropped,
    Held,
    Released,
    Serving,
    Taken,
    Unarmable,
    VipForeign,
)
from tests.lab.lone_fos import GROUP, OTHER_VIP, LoneFos, mail, web
from tests.lab.lvs_cf import VIP, ServiceBlock, compose, hot_web
from tests.lab.pair import wait_until
from tests.lab.results import Result, milliseconds
from tests.lab.segment import NODE_B, Segment, hardware_address_of

pytestmark = [pytest.mark.lab, pytest.mark.alone]
VIP_IPV6 = "fd77::10"
RUN = Callable[..., LoneFos]


def test_one_message_and_the_vip_is_up_and_announced(
    running_fos: RUN, measured: Callable[[Result], None]
) -> None:
    fos = running_fos([hot_web()])
    seconds = []
    for epoch in range(1, 8):
        asked_at = fos.permit(epoch=epoch)
        seconds.append(fos.expect_at(Taken)[0] - asked_at)
        assert fos.holds(VIP)
        fos.release()
        assert not fos.holds(VIP)
    measured(Result("fos: permission to VIP announced", milliseconds(seconds), limit=20.0))


def test_clients_are_told_at_once_and_again(running_fos: RUN, segment: Segment) -> None:
    fos = running_fos([hot_web()])
    watch = segment.client.start(
        ["timeout", "4", "tcpdump", "-l", "-n", "-i", "eth0", "arp", "and", "host", VIP],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(1.0)
    fos.serve()
    said, _ = watch.communicate()
    requests = [line for line in said.splitlines() if f"who-has {VIP} tell {VIP}" in line]
    assert len(requests) >= 4, said


def test_services_are_started_in_file_order_with_the_vips_there_and_stopped_in_reverse(
    running_fos: RUN,
) -> None:
    fos = running_fos([web(), mail()])
    fos.serve()
    fos.release()
    assert fos.trace == [
        "stop web 2",
        "start web 2",
        "stop mail 2",
        "start mail 2",
        "stop mail 2",
        "stop web 2",
    ]
    assert "web: start command says: start as asked" in fos.log


def test_a_lost_conflict_drops_the_vips_before_the_services_stop(running_fos: RUN) -> None:
    fos = running_fos([web(), mail()])
    fos.serve()
    fos.release(vips_first=True)
    assert fos.trace[-2:] == ["stop mail 0", "stop web 0"]


def test_at_the_end_of_the_permission_the_vips_go_to_the_millisecond(
    running_fos: RUN, measured: Callable[[Result], None]
) -> None:
    fos = running_fos([web(), mail()])
    until = fos.permit(seconds=1.7) + 1.7
    fos.expect(Serving)
    at, _ = fos.expect_at(Dropped)
    assert not fos.host.addresses() & {VIP, OTHER_VIP}
    fos.expect(Released)
    measured(Result("fos: VIPs gone after their permission", milliseconds([at - until]), 50.0))


def test_a_frozen_fos_loses_its_vips_by_the_kernel(running_fos: RUN) -> None:
    fos = running_fos([web()])
    fos.permit(seconds=2.5)
    fos.expect(Serving)
    fos.signal(signal.SIGSTOP)
    wait_until(lambda: not fos.holds(VIP), 2.5 + 1.5, "the kernel drops the VIP")
    fos.signal(signal.SIGCONT)
    fos.expect(Released)
    assert not fos.holds(VIP)


def test_ipv6_is_taken_like_ipv4(running_fos: RUN) -> None:
    fos = running_fos([web(vip=VIP_IPV6)])
    fos.serve()
    assert fos.holds(VIP_IPV6)
    shown = fos.host.run(["ip", "-6", "-o", "address", "show", "dev", "eth0", "to", VIP_IPV6])
    assert f"{VIP_IPV6}/128" in shown
    assert "deprecated" in shown, "it must never be chosen as a source"
    fos.release()
    assert not fos.holds(VIP_IPV6)


def test_held_is_reported_at_least_every_eighth_of_the_lease(running_fos: RUN) -> None:
    fos = running_fos([hot_web()])
    fos.serve()
    instants = []
    for _ in range(5):
        instants.append(fos.expect_at(Held)[0])
    gaps = [b - a for a, b in pairwise(instants)]
    assert max(gaps) <= 3.5 / 8 + 0.1


def test_a_vip_that_somebody_removes_is_back_within_100_ms_and_no_other_goes(
    running_fos: RUN, measured: Callable[[Result], None]
) -> None:
    fos = running_fos([web(), mail()])
    fos.serve()
    seconds = []
    for _ in range(5):
        fos.host.run(["ip", "address", "delete", f"{VIP}/32", "dev", "eth0"])
        seconds.append(wait_until(lambda: fos.holds(VIP), 1.0, "the VIP is back"))
        assert fos.holds(OTHER_VIP)
        time.sleep(0.1)
    assert f"{VIP} was removed by somebody else on eth0: putting it back" in fos.log
    measured(Result("fos: removed VIP is back (after ip ended)", milliseconds(seconds), 100.0))


def test_a_vip_that_the_other_node_has_is_named_with_its_mac(
    running_fos: RUN, segment: Segment
) -> None:
    segment.node_b.run(["ip", "address", "add", f"{VIP}/32", "dev", "eth0"])
    fos = running_fos([hot_web()])
    fos.permit()
    foreign = fos.expect(VipForeign)
    assert (foreign.vip, foreign.mac) == (VIP, hardware_address_of(NODE_B))
    assert f"{VIP} is also answered by {hardware_address_of(NODE_B)}" in fos.log


def test_a_device_that_is_missing_makes_the_group_unarmable_until_it_is_there(
    segment: Segment,
) -> None:
    text = compose([hot_web("pages"), web(label="eth7:1", vip=OTHER_VIP)])
    fos = LoneFos(segment.node_a, text, ("--active", "--nofork", "--group", GROUP))
    try:
        wait_until(lambda: "cannot serve" in fos.log, 5.0, "fos complains")
        fos.host.run(["ip", "link", "add", "eth7", "type", "bridge"])
        fos.connect()
        fos.host.run(["ip", "link", "delete", "eth7"])
        assert "eth7" in fos.expect(Unarmable).reason
        fos.host.run(["ip", "link", "add", "eth7", "type", "bridge"])
        fos.expect(Armed)
        fos.serve()
        assert fos.holds(VIP, OTHER_VIP)
    finally:
        fos.stop()


def test_a_command_that_cannot_be_run_makes_the_group_unarmable(running_fos: RUN) -> None:
    with pytest.raises(Exception, match="is not executable"):
        running_fos([ServiceBlock("web", start_cmd="/etc/passwd start")])
