"""The real fos on a node of its own: how it ends and comes back, by hand, and watching."""

import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from piranha.wire.order_line import Quit
from piranha.wire.report_line import (
    Released,
    ServiceMoved,
    ServiceState,
    ServiceVerdict,
    Serving,
    Taken,
)
from tests.lab.instruments import now
from tests.lab.lone_fos import GROUP, LoneFos, mail, web
from tests.lab.lvs_cf import VIP, compose, hot_web, warm_web
from tests.lab.pair import wait_until
from tests.lab.segment import Segment

pytestmark = pytest.mark.lab
VIP_IPV6 = "fd77::10"
RUN = Callable[..., LoneFos]


def test_a_killed_fos_comes_back_and_leaves_what_still_answers_alone(running_fos: RUN) -> None:
    fos = running_fos([warm_web(), mail()])
    fos.serve()
    while fos.expect(ServiceMoved).state is not ServiceState.JUDGED:
        pass
    server = fos.host.processes("web.py")
    commands = len(fos.trace)
    fos.kill()
    fos.start_again()
    fos.connect()
    assert fos.holds(VIP)
    fos.permit(epoch=1)
    fos.expect(Serving)
    assert fos.host.processes("web.py") == server
    assert "web: starting -> judged: it still answers" in fos.log
    assert len(fos.trace) == commands + 2, "mail does not answer and is started again"


def test_pulse_may_come_back_while_the_permission_lasts(running_fos: RUN) -> None:
    fos = running_fos([web()])
    fos.serve(seconds=5.0)
    commands = fos.trace
    fos.leave()
    time.sleep(0.5)
    hello = fos.connect()
    assert hello.epoch == 1
    assert hello.until > now()
    fos.expect(Taken)
    fos.expect(Serving)
    assert fos.trace == commands
    assert fos.holds(VIP)


def test_without_pulse_it_releases_by_itself_when_the_permission_ends(running_fos: RUN) -> None:
    fos = running_fos([web()])
    fos.serve(seconds=1.5)
    fos.leave()
    time.sleep(0.5)
    assert fos.holds(VIP)
    wait_until(lambda: fos.trace[-1:] == ["stop web 0"], 3.0, "the service is stopped")


def test_sigterm_and_quit_release_and_end_with_status_0(running_fos: RUN) -> None:
    for end in (lambda fos: fos.order(Quit()), lambda fos: fos.signal(signal.SIGTERM)):
        fos = running_fos([web()])
        fos.serve()
        end(fos)
        fos.expect(Released)
        assert fos.process.wait(5.0) == 0
        assert fos.trace[-1] == "stop web 1"
        assert not fos.holds(VIP)


def test_a_second_fos_of_the_group_is_refused(running_fos: RUN) -> None:
    fos = running_fos([web()])
    fos.serve()
    second = fos.host.start(["fos", "-F", "-n"], stdout=subprocess.PIPE)
    said, _ = second.communicate(timeout=10)
    assert second.returncode == 111
    assert "already running, pid" in said
    assert fos.holds(VIP)


def test_by_hand_the_operator_permits_and_ctrl_c_releases(segment: Segment) -> None:
    fos = LoneFos(segment.node_a, compose([web()]), ("--active", "-n"))
    wait_until(lambda: "started" in fos.log, 5.0, "it serves")
    assert fos.holds(VIP)
    active = "fos: --active default (active)"
    wait_until(lambda: bool(fos.host.processes(active)), 5.0, "its title says so")
    time.sleep(6.0)
    assert fos.holds(VIP), "the permission is given again and again"
    fos.signal(signal.SIGUSR1)
    wait_until(lambda: "permitted for" in fos.log, 2.0, "the state is logged")
    fos.signal(signal.SIGINT)
    assert fos.process.wait(5.0) == 0
    assert not fos.holds(VIP)
    assert fos.trace[-1] == "stop web 1"


def test_in_the_background_the_launcher_tells_whether_it_runs(segment: Segment) -> None:
    node = segment.node_a
    fos = LoneFos(node, compose([web()]), ("--active",))
    assert fos.process.wait(10.0) == 0
    wait_until(lambda: fos.trace == ["stop web 1", "start web 1"], 5.0, "it serves")
    (daemon,) = node.processes("fos: --active")
    refused = node.start(["fos", "-F"], stderr=subprocess.PIPE)
    assert "already running, pid" in refused.communicate(timeout=10.0)[1]
    assert refused.returncode == 111
    fos.signal(signal.SIGTERM)
    wait_until(lambda: not node.processes("fos"), 5.0, f"{daemon.title} has ended")
    assert not fos.holds(VIP)


def test_a_monitor_tells_how_the_partner_s_services_are_and_ends_with_its_pulse(
    segment: Segment,
) -> None:
    partner = segment.node_b
    partner.run(warm_web().start_cmd.split())
    monitor = LoneFos(
        segment.node_a, compose([hot_web()]), ("--monitor", "--nofork", "--group", GROUP)
    )
    try:
        monitor.connect()
        assert monitor.expect(ServiceVerdict).is_healthy
        partner.signal("web.py", signal.SIGKILL)
        assert monitor.expect(ServiceVerdict).probes == 1
        verdict = monitor.expect(ServiceVerdict)
        assert (verdict.is_healthy, verdict.probes) == (False, 2)
        monitor.leave()
        assert monitor.process.wait(5.0) == 0
        assert monitor.host.processes("nanny") == []
    finally:
        monitor.stop()
