"""pulse.service under a real systemd: start, stop, reload, restart, watchdog and kill."""

import contextlib
import json
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from piranha.programs.file_trial import Trial, boot_id
from tests.lab.attempts import Attempt, failures
from tests.lab.instruments import Prober
from tests.systemd.machine import Machine
from tests.systemd.pair import CONFIGURATION, VIP, Pair, holds_vip, wait_until

pytestmark = pytest.mark.alone

READY_SECONDS = 0.5
SERVERS = ("nginx", "vsftpd")
SERVICES = ("web", "ftp")


@pytest.fixture
def running(pair: Pair) -> Iterator[Pair]:
    """node-a serves, node-b stands by, however the test before left them."""
    for machine in pair.machines:
        machine.run("systemctl", "stop", "pulse")
        machine.run("systemctl", "reset-failed")
        machine.write("/etc/lvs.cf", CONFIGURATION)
        machine.run("sh", "-c", "rm -rf /var/lib/piranha/*")
    start_both(pair)
    yield pair
    for machine in pair.machines:
        if machine.status("systemctl", "--quiet", "is-active", "pulse") == 0:
            machine.run("systemctl", "stop", "pulse")


def start_both(pair: Pair) -> None:
    """Side by side: the primary takes over as soon as both have heard each other."""
    for machine in pair.machines:
        machine.run("systemctl", "start", "pulse")
    wait_until(lambda: is_active(pair.a) and role(pair.b) == "standby")


@pytest.fixture
def client(running: Pair) -> Iterator[Prober]:
    prober = Prober(running, VIP, 80)
    time.sleep(0.1)
    yield prober
    prober.stop()


def main_pid(machine: Machine) -> int:
    return int(machine.show("pulse", "MainPID"))


def pid_of(machine: Machine, unit: str) -> int:
    return int(machine.show(unit, "MainPID"))


def role(machine: Machine) -> str:
    """What the node does now for its one group; empty while pulse does not answer."""
    text = machine.run("piranhactl", "status", "--json", check=False)
    found = re.search(r'"role": ?"(\w+)"', text)
    return found.group(1) if found else ""


def is_active(machine: Machine) -> bool:
    return role(machine) == "active"


def lost(prober: Prober) -> list[Attempt]:
    return failures(prober.attempts())


def test_it_is_ready_at_once(running: Pair) -> None:
    took = []
    for _ in range(3):
        running.b.run("systemctl", "stop", "pulse")
        began = time.monotonic()
        running.b.run("systemctl", "start", "pulse")
        took.append(time.monotonic() - began)
    assert min(took) < READY_SECONDS, took


def test_the_servers_run_outside_of_the_unit(running: Pair) -> None:
    for server in SERVERS:
        assert running.a.show(server, "ActiveState") == "active"
        assert running.a.show(server, "ControlGroup") == f"/system.slice/{server}.service"
        assert running.b.show(server, "ActiveState") == "inactive"


def test_the_client_is_served(client: Prober) -> None:
    time.sleep(0.5)
    attempts = client.attempts()
    assert len(attempts) > 50
    assert {attempt.node for attempt in attempts} == {"node-a"}


def test_a_killed_pulse_comes_back_and_nothing_moves(running: Pair, client: Prober) -> None:
    before = main_pid(running.a)
    servers = [pid_of(running.a, server) for server in SERVERS]
    running.a.run("systemctl", "kill", "--kill-whom=main", "-s", "KILL", "pulse")
    wait_until(lambda: main_pid(running.a) not in (0, before) and is_active(running.a))
    time.sleep(4)
    assert is_active(running.a)
    assert holds_vip(running.a)
    assert not holds_vip(running.b)
    assert [pid_of(running.a, server) for server in SERVERS] == servers
    assert lost(client) == []


def test_a_killed_pulse_of_the_standby_comes_back_and_nothing_moves(
    running: Pair, client: Prober
) -> None:
    before = main_pid(running.b)
    running.b.run("systemctl", "kill", "--kill-whom=main", "-s", "KILL", "pulse")
    wait_until(lambda: main_pid(running.b) not in (0, before) and role(running.b) == "standby")
    assert is_active(running.a)
    assert lost(client) == []


def test_the_watchdog_restarts_a_pulse_that_hangs(running: Pair, client: Prober) -> None:
    before = main_pid(running.a)
    running.a.kill(before, signal.SIGSTOP)
    took = wait_until(lambda: main_pid(running.a) not in (0, before))
    assert took < 2.5
    wait_until(lambda: is_active(running.a))
    assert "watchdog" in running.a.journal("pulse").lower()
    assert holds_vip(running.a)
    assert lost(client) == []


def test_reload_applies_a_good_file_and_moves_nothing(running: Pair, client: Prober) -> None:
    fos = main_pid(running.a)
    changed = CONFIGURATION.replace("serial_no = 1", "serial_no = 2").replace(
        "interval = 1", "interval = 2"
    )
    for machine in (running.b, running.a):
        machine.write("/etc/lvs.cf", changed)
        machine.run("systemctl", "reload", "pulse")
    assert is_active(running.a)
    assert main_pid(running.a) == fos
    assert lost(client) == []


def test_reload_refuses_a_bad_file_and_says_so(running: Pair, client: Prober) -> None:
    running.a.write("/etc/lvs.cf", CONFIGURATION + "\nkeepalvie = 3\n")
    assert running.a.status("systemctl", "reload", "pulse") != 0
    assert "keepalvie" in running.a.journal("pulse")
    assert is_active(running.a)
    assert lost(client) == []


def test_stop_hands_over_and_leaves_nothing(running: Pair) -> None:
    running.a.run("systemctl", "stop", "pulse")
    assert not holds_vip(running.a)
    for server in SERVERS:
        assert running.a.show(server, "ActiveState") == "inactive"
    assert running.a.run("pgrep", "-a", "fos|nanny|pulse", check=False) == ""
    assert running.a.show("pulse", "Result") == "success"
    wait_until(lambda: is_active(running.b))
    assert holds_vip(running.b)


def test_restart_of_the_active_node_moves_once(running: Pair) -> None:
    running.a.run("systemctl", "restart", "pulse")
    wait_until(lambda: is_active(running.b) and role(running.a) == "standby")
    time.sleep(1)
    assert holds_vip(running.b)
    assert not holds_vip(running.a)


def test_what_a_killed_suite_leaves_is_removed(running: Pair) -> None:
    """Everything of the unit is killed at once: no address of a dead fos stays behind."""
    running.a.run("systemctl", "kill", "-s", "KILL", "pulse", check=False)
    wait_until(lambda: not holds_vip(running.a), 5)
    wait_until(lambda: is_active(running.a) != is_active(running.b))
    assert holds_vip(running.a) != holds_vip(running.b)


def test_a_machine_that_shuts_down_stops_its_services_and_hands_over(own_pair: Pair) -> None:
    """The stop commands are run although systemd is on its way down."""
    own_pair.a.write(
        "/etc/systemd/system/pulse.service.d/log.conf",
        "[Service]\nStandardOutput=append:/root/pulse.log\n",
    )
    own_pair.a.run("systemctl", "daemon-reload")
    start_both(own_pair)
    said = last_words(own_pair.a, "/root/pulse.log")
    for server in SERVICES:
        assert f"{server}: stopping -> stopped: stop command: exit status 0" in said, said
    wait_until(lambda: is_active(own_pair.b))
    assert "said goodbye" in own_pair.b.run("piranhactl", "why", "3")


def last_words(machine: Machine, path: str) -> str:
    """Power off in an orderly way; what the file held when the machine was gone."""
    file = Path(f"/proc/{machine.pid}/root{path}")
    said = ""
    machine.run("systemctl", "poweroff", check=False)
    while not machine.has_ended():
        with contextlib.suppress(OSError):
            said = file.read_text()
        time.sleep(0.005)
    return said


def test_a_file_that_was_not_confirmed_goes_back_though_pulse_may_not_write_it(
    running: Pair,
) -> None:
    """pulse reads the old file by itself; on the disk it is put back outside of the sandbox."""
    changed = CONFIGURATION.replace("serial_no = ", "serial_no = 7")
    assert changed != CONFIGURATION
    due_at = time.clock_gettime(time.CLOCK_BOOTTIME) + 2.0
    trial = Trial(boot_id(), due_at, CONFIGURATION)
    running.b.write("/etc/lvs.cf.unconfirmed", json.dumps(asdict(trial)), 0o600)
    running.b.write("/etc/lvs.cf", changed)
    running.b.run("piranhactl", "reload")
    wait_until(lambda: running.b.run("cat", "/etc/lvs.cf") == CONFIGURATION)
    assert time.clock_gettime(time.CLOCK_BOOTTIME) >= due_at
    assert running.b.status("test", "-e", "/etc/lvs.cf.unconfirmed") != 0
    assert "was not confirmed: going back" in running.b.journal("pulse")
    assert "could not be put back" not in running.b.journal("pulse")
