"""pulse as a program: real processes on two nodes, with a fake fos. Needs root."""

import json
import os
import signal
import socket
import stat
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


def both_serve_and_stand_by(a: Node, b: Node) -> None:
    """The primary serves, the backup stands by and watches it."""
    a.pulse()
    b.pulse()
    a.wait_for("claiming -> starting")
    b.wait_for("listening -> standby")


def test_a_test_start_says_what_would_be_done_and_does_nothing(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    done = a.run("pulse", "--norun")
    assert (done.returncode, done.stderr) == (0, "")
    assert "as the primary, send a heartbeat from 10.78.0.1 to 10.78.0.2" in done.stdout
    assert "VIP 10.78.0.10 on eth0:1" in done.stdout
    assert not a.run_directory.exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("service = lvs\n", "lvs.cf cannot be used"),
        (CONFIG.replace("10.78.0.1\n", "10.78.9.1\n"), "no address of either node"),
    ],
)
def test_a_file_that_cannot_be_used_is_wrong_use(
    pair: tuple[Node, Node], text: str, complaint: str
) -> None:
    a, _ = pair
    a.config.write_text(text)
    done = a.run("pulse", "-n")
    assert done.returncode == 100
    assert complaint in done.stderr


def test_a_missing_file_is_wrong_use(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    a.config.unlink()
    done = a.run("pulse")
    assert done.returncode == 100
    assert "No such file or directory" in done.stderr


def test_alone_it_serves_after_a_deadtime_and_ends_in_order(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    pulse = a.pulse()
    a.wait_for("standby -> starting: no heartbeat from 10.78.0.2")
    until(lambda: bool(a.pid()), a.lines)
    began = clock.now()
    os.kill(a.pid(), signal.SIGTERM)
    assert pulse.wait(10.0) == 0
    assert clock.now() - began < 3.0
    assert "starting -> releasing: SIGTERM" in a.lines()
    assert a.fos_pids() == []
    assert not (a.run_directory / "pair.control").exists()
    assert not (a.run_directory / "pair.pid").exists()


def test_two_nodes_agree_and_the_partner_follows_a_goodbye(pair: tuple[Node, Node]) -> None:
    a, b = pair
    both_serve_and_stand_by(a, b)
    os.kill(a.pid(), signal.SIGTERM)
    b.wait_for("standby -> starting: 10.78.0.1 said goodbye")


def test_a_killed_partner_is_followed_after_the_deadtime(pair: tuple[Node, Node]) -> None:
    a, b = pair
    both_serve_and_stand_by(a, b)
    for pid in (a.pid(), *a.fos_pids()):
        os.kill(pid, signal.SIGKILL)
    killed_at = clock.now()
    b.wait_for("standby -> starting: no heartbeat from 10.78.0.1 on any path for 1.0")
    assert 0.7 < clock.now() - killed_at < 1.6


def test_a_second_start_is_refused_in_the_foreground_and_as_a_daemon(
    pair: tuple[Node, Node],
) -> None:
    a, _ = pair
    a.pulse()
    until(lambda: bool(a.pid()), a.lines)
    for words in ((), ("-n",)):
        done = a.run("pulse", *words)
        assert done.returncode == 111
        assert f"already running, pid {a.pid()}" in done.stdout + done.stderr


def test_it_detaches_and_its_launcher_tells_the_truth(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    a.run_directory.mkdir(parents=True)
    (a.run_directory / "pair.pid").write_text("1\n")
    done = a.run("pulse", f"--fos={a.fos}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    pid = a.pid()
    assert Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"pulse -c ")
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    assert os.getsid(pid) != os.getsid(0)
    os.kill(pid, signal.SIGTERM)
    until(lambda: not a.pid(), a.fos_pids)


def test_its_files_are_for_root_and_its_socket_for_a_group(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    a.pulse()
    a.wait_for("this node is the primary")

    def mode(name: str) -> int:
        return stat.S_IMODE((a.run_directory / name).stat().st_mode)

    modes = {name: mode(name) for name in ("pair.cf", "pair.control", "pair.pid")}
    assert modes == {"pair.cf": 0o600, "pair.control": 0o660, "pair.pid": 0o644}


def test_only_pulse_killed_and_started_again_in_time_is_no_move(pair: tuple[Node, Node]) -> None:
    a, b = pair
    both_serve_and_stand_by(a, b)
    fos = a.fos_pids()
    os.kill(a.pid(), signal.SIGKILL)
    a.started[-1].wait()
    a.pulse()
    a.wait_for("listening -> active: fos ")
    assert a.fos_pids()[0] in fos
    clock.sleep_until(clock.now() + 1.5)
    assert "starting" not in b.lines()


def test_what_dead_processes_left_is_removed_at_the_start(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    ip("-n", a.namespace, "addr", "add", f"{VIP}/32", "dev", "eth0")
    a.pulse()
    a.wait_for("default: removed 10.78.0.10 from eth0, left by an earlier run")
    assert VIP not in ip("-n", a.namespace, "addr", "show", "dev", "eth0")


def test_a_bad_file_is_refused_and_a_good_one_put_in_force(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    a.pulse()
    a.wait_for("this node is the primary")
    a.config.write_text(CONFIG + "keepalife = 3\nfailover {\n")
    os.kill(a.pid(), signal.SIGHUP)
    a.wait_for("is refused")
    assert "lvs.cf:20:" in a.lines()
    a.config.write_text(CONFIG.replace("deadtime = 1", "deadtime = 3").replace("8080", "8081"))
    os.kill(a.pid(), signal.SIGHUP)
    a.wait_for("reload: failover web: changed")
    assert "deadtime is not applied before a restart of pulse on both nodes" in a.lines()
    accepted = (a.run_directory / "pair.cf").read_text()
    assert accepted == CONFIG.replace("8080", "8081")


def test_its_whole_state_is_logged_on_request(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    a.pulse()
    a.wait_for("this node is the primary")
    os.kill(a.pid(), signal.SIGUSR1)
    a.wait_for("pulse: state: cluster pair, primary 10.78.0.1")
    a.wait_for("pulse: state: group default: ")


def test_moves_are_kept_as_records(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    a.pulse()
    a.wait_for("standby -> starting")
    lines = (a.state_directory / "pair-moves.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    assert (last["group"], last["new"], last["epoch"]) == ("default", "starting", 1)
    assert last["fact"]
    assert last["reason"].startswith("no heartbeat from 10.78.0.2")
    until(lambda: (a.state_directory / "pair.json").exists(), a.lines)
    assert json.loads((a.state_directory / "pair.json").read_text())["epochs"] == {"default": 1}


def test_a_forced_start_does_not_wait_for_silence(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    a.config.write_text(CONFIG.replace("deadtime = 1", "deadtime = 1\nstartup_wait = 60"))
    a.pulse("--forceactive")
    a.wait_for("listening -> starting: ", seconds=5.0)
    assert "--forceactive" in a.lines()


def test_systemd_is_told_how_it_is(pair: tuple[Node, Node], tmp_path: Path) -> None:
    a, _ = pair
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(10.0)
    a.environment |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}

    def told(*wanted: str) -> str:
        while True:
            message = manager.recv(4096).decode()
            if message in wanted:
                return message

    a.pulse()
    assert told("READY=1") == "READY=1"
    beats = []
    for _ in range(3):
        told("WATCHDOG=1")
        beats.append(clock.now())
    assert beats[-1] - beats[0] == pytest.approx(0.4, abs=0.15)
    os.kill(a.pid(), signal.SIGHUP)
    assert [told("RELOADING=1", "READY=1") for _ in range(2)] == ["RELOADING=1", "READY=1"]
    os.kill(a.pid(), signal.SIGTERM)
    assert told("STOPPING=1") == "STOPPING=1"
    manager.close()
