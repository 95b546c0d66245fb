"""The real fos on a node of its own: services, commands and nannies."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from piranha.wire.order_line import ProbeNow, Reload
from piranha.wire.report_line import (
    ServiceMoved,
    ServiceState,
    ServiceVerdict,
    Serving,
    Taken,
)
from tests.lab.instruments import now
from tests.lab.lone_fos import COMMAND_FILE, GROUP, OTHER_VIP, LoneFos, mail, web
from tests.lab.lvs_cf import VIP, ServiceBlock, compose, many_services, warm_web
from tests.lab.pair import wait_until
from tests.lab.results import Result, milliseconds

pytestmark = [pytest.mark.lab, pytest.mark.alone]
VIP_IPV6 = "fd77::10"
RUN = Callable[..., LoneFos]


def test_a_service_that_answers_is_judged_and_one_that_stops_answering_has_failed(
    running_fos: RUN,
) -> None:
    fos = running_fos([warm_web()])
    fos.serve()
    moved = fos.expect(ServiceMoved)
    while moved.state is not ServiceState.JUDGED:
        moved = fos.expect(ServiceMoved)
    fos.host.signal("web.py", signal.SIGKILL)
    failed_at = now()
    at, verdict = fos.expect_at(ServiceVerdict)
    assert (verdict.service, verdict.is_healthy, verdict.verdict) == ("web", False, "refused")
    assert at - failed_at < 1.2


def test_a_probe_at_once_is_answered_at_once(running_fos: RUN) -> None:
    fos = running_fos([ServiceBlock("web", interval="60", start_cmd=warm_web().start_cmd)])
    fos.serve()
    while fos.expect(ServiceMoved).state is not ServiceState.JUDGED:
        pass
    asked_at = fos.order(ProbeNow("web"))
    at, verdict = fos.expect_at(ServiceVerdict)
    assert verdict.is_healthy
    assert at - asked_at < 0.2


def test_a_start_command_that_fails_is_a_failed_service(running_fos: RUN) -> None:
    fos = running_fos([ServiceBlock("web", start_cmd="/bin/false")])
    fos.permit()
    verdict = fos.expect(ServiceVerdict)
    assert (verdict.is_healthy, verdict.verdict) == (False, "start failed")
    assert "exit status 1" in verdict.evidence
    fos.expect(Serving)


def test_a_start_command_that_hangs_is_killed_with_all_it_started(running_fos: RUN) -> None:
    script = "/bin/sh -c 'sleep 77 & sleep 78'"
    block = ServiceBlock("web", start_cmd=script, extra={"start_timeout": "0.3"})
    fos = running_fos([block])
    fos.permit()
    verdict = fos.expect(ServiceVerdict)
    assert "killed: not done within its start_timeout" in verdict.evidence
    wait_until(lambda: not fos.host.processes("sleep"), 1.0, "all of it is gone")


def test_a_service_that_does_not_answer_within_its_first_wait_has_failed(running_fos: RUN) -> None:
    fos = running_fos([web(extra={"first_wait": "0.7"})])
    fos.permit()
    at, serving = fos.expect_at(Serving)
    verdict_at, verdict = fos.expect_at(ServiceVerdict)
    assert not verdict.is_healthy
    assert 0.5 < verdict_at - at < 1.2, serving


def test_commands_find_their_service_in_the_environment_and_no_shell_in_their_words(
    running_fos: RUN,
) -> None:
    fos = running_fos([ServiceBlock("web", start_cmd=f"{COMMAND_FILE} HOME=*")])
    script = fos.host.path(COMMAND_FILE)
    script.write_text('#!/bin/sh\nenv\necho "words: $@"\n')
    fos.serve()
    for line in (
        "PIRANHA_SERVICE=web",
        f"PIRANHA_VIP={VIP}",
        "PIRANHA_PORT=80",
        f"PIRANHA_GROUP={GROUP}",
        "PIRANHA_NODE=primary",
        "words: HOME=*",
    ):
        assert f"web: start command says: {line}\n" in fos.log


def test_what_a_start_command_leaves_behind_outlives_fos_and_its_broken_pipe(
    running_fos: RUN,
) -> None:
    chatter = "(while echo still here >&1; do sleep 0.05; done) & echo started"
    fos = running_fos([ServiceBlock("web", start_cmd=f"/bin/sh -c '{chatter}'")])
    fos.serve()
    fos.kill()
    time.sleep(0.5)
    assert fos.host.processes("sh")


def test_a_killed_or_frozen_nanny_is_replaced_and_the_service_is_not_blamed(
    running_fos: RUN,
) -> None:
    fos = running_fos([warm_web()])
    fos.serve()
    wait_until(lambda: bool(fos.host.processes("nanny")), 2.0, "a nanny runs")
    for number in (signal.SIGKILL, signal.SIGSTOP):
        before = fos.host.signal("nanny", number)

        def is_replaced(old: int = before[0].pid) -> bool:
            return bool(ours := fos.host.processes("nanny")) and old not in [p.pid for p in ours]

        wait_until(is_replaced, 7.0, "another nanny runs")
    fos.hear()
    assert [r for _, r in fos.reports if isinstance(r, ServiceVerdict)] == []
    assert fos.log.count("its nanny is lost") == 2


def test_nannies_are_readable_have_no_rights_and_die_with_fos(running_fos: RUN) -> None:
    fos = running_fos([warm_web()])
    fos.serve()
    wait_until(lambda: bool(fos.host.processes("nanny")), 2.0, "a nanny runs")
    (nanny,) = fos.host.processes("nanny")
    assert nanny.title == "nanny: web -> 10.77.0.1:80"
    status = Path(f"/proc/{nanny.pid}/status").read_text()
    assert "Uid:\t65534\t65534\t65534\t65534" in status
    assert "Groups:\t\n" in status or "Groups:\t \n" in status
    fos.kill()
    wait_until(lambda: not fos.host.processes("nanny"), 1.0, "the nanny is gone")


def test_a_new_file_touches_only_what_changed_and_a_bad_one_nothing(running_fos: RUN) -> None:
    fos = running_fos([web()])
    fos.serve()
    config = fos.host.path("/etc/lvs.cf")
    config.write_text(compose([web(), mail()], keepalive="2", deadtime="5"))
    fos.order(Reload())
    wait_until(lambda: "start mail 2" in fos.trace, 5.0, "mail is started")
    assert fos.holds(VIP, OTHER_VIP)
    commands = fos.trace
    config.write_text("failover {{{\n")
    fos.signal(signal.SIGHUP)
    wait_until(lambda: "the old configuration stays" in fos.log, 5.0, "it is refused")
    config.write_text(compose([web(), mail(label="eth7:2")], keepalive="2", deadtime="5"))
    fos.signal(signal.SIGHUP)
    wait_until(lambda: "is refused while we serve" in fos.log, 5.0, "no such device")
    assert fos.trace == commands
    config.write_text(compose([web()], keepalive="2", deadtime="5"))
    fos.signal(signal.SIGHUP)
    wait_until(lambda: not fos.holds(OTHER_VIP), 5.0, "mail's VIP is gone")
    assert fos.trace == [*commands, "stop mail 2"]
    assert fos.holds(VIP)


def test_200_services_on_20_vips(running_fos: RUN, measured: Callable[[Result], None]) -> None:
    fos = running_fos(many_services())
    asked_at = fos.permit()
    taken_at, _ = fos.expect_at(Taken)
    serving_at, _ = fos.expect_at(Serving)
    measured(Result("S11 fos: 20 VIPs taken", milliseconds([taken_at - asked_at]), 50.0))
    # On a busy machine the 400 processes alone take longer; the whole is judged with two nodes.
    measured(Result("S11 fos: 200 services started", milliseconds([serving_at - asked_at]), 5000.0))
    wait_until(lambda: len(fos.host.processes("nanny")) == 200, 20.0, "200 nannies run")
    fos.release()
    assert len(fos.host.addresses() & {f"10.77.0.{20 + n}" for n in range(20)}) == 0
