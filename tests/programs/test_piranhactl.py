"""piranhactl against real pulses on two nodes, with a fake fos. Needs root."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from piranha.system import clock
from tests.programs.pulse_pair import CONFIG, VIP, Namespaces, Node, ip, until

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces, needs root"),
]


@pytest.fixture(scope="module")
def namespaces() -> Iterator[Namespaces]:
    made = Namespaces()
    yield made
    made.remove()


@pytest.fixture
def pair(namespaces: Namespaces, tmp_path: Path) -> Iterator[tuple[Node, Node]]:
    a = Node(namespaces.names["a"], tmp_path / "a")
    b = Node(namespaces.names["b"], tmp_path / "b")
    yield a, b
    a.clear()
    b.clear()


def ctl(node: Node, *words: str, status: int = 0) -> str:
    done = node.run("piranhactl", *words)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done.stdout + done.stderr


def serving(a: Node, b: Node) -> None:
    a.environment["FAKE_FOS"] = b.environment["FAKE_FOS"] = "serving"
    a.pulse()
    b.pulse()
    a.wait_for("starting -> active")
    b.wait_for("listening -> standby")


def test_without_a_pulse_it_says_so(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    assert "no pulse runs here" in ctl(a, "status", status=111)
    assert "no moves are recorded" in ctl(a, "why")
    a.config.unlink()
    assert "--cluster NAME names a running one" in ctl(a, "status", status=100)
    assert "see piranhactl --help" in ctl(a, "statsu", status=100)


def test_check_needs_no_pulse(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    assert "yes, it can be used" in ctl(a, "check")
    a.config.write_text(CONFIG.replace("8080", "eighty"))
    assert "lvs.cf:12:" in ctl(a, "check", str(a.config), status=10)


def test_status_of_both_nodes(pair: tuple[Node, Node]) -> None:
    a, b = pair
    serving(a, b)
    page = ctl(a, "status")
    assert "group default: ACTIVE here (epoch 1), fit" in page
    assert "10.78.0.10 on eth0:1: here" in page
    there = json.loads(ctl(b, "status", "--json"))
    assert there["side"] == "backup"
    assert there["is_partner_heard"]
    assert (there["groups"][0]["role"], there["groups"][0]["partner_role"]) == ("standby", "active")
    assert there["paths"][0]["heard_age_seconds"] < 0.5


def test_a_switch_goes_over_and_back_and_tells_how_long_it_took(pair: tuple[Node, Node]) -> None:
    a, b = pair
    serving(a, b)
    assert "would" not in ctl(a, "switch", "--dry-run")
    assert "starting" not in b.lines()
    said = ctl(a, "switch")
    assert "default: active -> releasing" in said
    assert "default: served by 10.78.0.2 after 0." in said
    b.wait_for("starting -> active")
    said = ctl(a, "switch", "default")
    assert "default: served by this node after 0." in said


def test_a_held_node_takes_nothing_over_even_after_a_restart(pair: tuple[Node, Node]) -> None:
    a, b = pair
    serving(a, b)
    assert "takes nothing over for 1800 s" in ctl(b, "hold", "--for", "30m")
    assert "the partner is held" in ctl(a, "switch", status=10)
    os.kill(b.pid(), signal.SIGKILL)
    b.started[-1].wait()
    b.pulse()
    b.wait_for("listening -> standby", 2)
    assert "takes nothing over, for another" in ctl(b, "status")
    assert "may take over again" in ctl(b, "resume")
    assert "this node is not held" in ctl(b, "resume", status=10)
    ctl(b, "hold", "--for", "200ms")
    b.wait_for("hold: has ended")


def test_why_tells_the_moves_with_and_without_pulse(pair: tuple[Node, Node]) -> None:
    a, b = pair
    serving(a, b)
    said = ctl(a, "why")
    assert "default: claiming -> starting (epoch 1): " in said
    assert "fact: " in said
    os.kill(a.pid(), signal.SIGTERM)
    until(lambda: not a.pid(), a.lines)
    last = json.loads(ctl(a, "why", "1", "--json"))
    assert (last["old"], last["new"]) == ("releasing", "standby")


def test_reload_tells_complaints_and_ends_accordingly(pair: tuple[Node, Node]) -> None:
    a, b = pair
    serving(a, b)
    assert "nothing has changed" in ctl(a, "reload")
    a.config.write_text("nonsense\n")
    said = ctl(a, "reload", "--cluster", "pair", status=100)
    assert "lvs.cf:1:1: " in said
    assert "the running configuration stays" in said


def test_services_are_ignored_by_name_and_groups_cleared(pair: tuple[Node, Node]) -> None:
    a, b = pair
    serving(a, b)
    assert "failures of web move nothing for 600 s" in ctl(a, "ignore", "web", "--for", "10m")
    assert "IGNORED for another" in ctl(a, "status")
    assert "failures of web count again" in ctl(a, "resume", "web")
    assert "there is no service ftp, only web" in ctl(a, "ignore", "ftp", status=100)
    assert "counts as able to serve default" in ctl(a, "clear")


def test_an_upgrade_leaves_fos_to_the_next_pulse(pair: tuple[Node, Node]) -> None:
    a, b = pair
    serving(a, b)
    fos = a.fos_pids()
    assert "leaves fos to the next pulse" in ctl(a, "upgrade")
    assert a.started[-1].wait(5.0) == 0
    a.pulse()
    a.wait_for("listening -> active: fos ")
    assert set(a.fos_pids()) <= set(fos)
    clock.sleep_until(clock.now() + 1.2)
    assert "starting" not in b.lines()


def test_files_that_differ_are_named_with_their_values(pair: tuple[Node, Node]) -> None:
    a, b = pair
    b.config.write_text(CONFIG.replace("port = 8080", 'port = 8081\n    send = "PASS hunter2"'))
    serving(a, b)
    web = 'failover web differs: port is "8080" here and "8081" there; send differs (it may be'
    a.wait_for(web, seconds=1.0)
    b.wait_for('failover web differs: port is "8081" here and "8080" there', seconds=1.0)
    assert f"MISMATCH: {web}" in ctl(a, "status")
    assert f"partner: MISMATCH: {web}" in ctl(a, "check", "--partner", status=10)
    assert "hunter2" not in a.lines() + b.lines()
    b.config.write_text(CONFIG)
    said = ctl(b, "check", "--partner", status=10)
    assert f"{b.config}: not what runs here before a reload: failover web" in said
    ctl(b, "reload")
    a.wait_for("the partner's file agrees again")
    assert "partner: yes, 10.78.0.2 runs the same file as pulse here" in ctl(
        a, "check", "--partner"
    )
    assert "starting" not in b.lines(), "no role has changed for it"


def test_the_partners_file_is_not_known_while_it_is_not_heard(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    assert "no pulse runs here" in ctl(a, "check", "--partner", status=111)
    a.pulse()
    a.wait_for("listening -> standby")
    assert "10.78.0.2 is not heard" in ctl(a, "check", "--partner", status=111)


def test_cleanup_removes_what_no_fos_holds(pair: tuple[Node, Node]) -> None:
    a, b = pair
    serving(a, b)
    ip("-n", a.namespace, "addr", "add", f"{VIP}/32", "dev", "eth0")
    assert f"pulse runs, pid {a.pid()}" in ctl(a, "cleanup", status=111)
    os.kill(a.pid(), signal.SIGKILL)
    a.started[-1].wait()
    assert "default: fos lives, nothing removed" in ctl(a, "cleanup")
    for pid in a.fos_pids():
        os.kill(pid, signal.SIGKILL)
    until(lambda: not a.fos_pids(), a.fos_pids)
    assert "default: removed 10.78.0.10 from eth0" in ctl(a, "cleanup")
    assert VIP not in ip("-n", a.namespace, "addr", "show", "dev", "eth0")
