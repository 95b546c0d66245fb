"""The laboratory is true: what it measures is what happened, and it leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab import faults, sightings
from tests.lab.attempts import failures, first_answer_by, longest_gap, servers
from tests.lab.host import TREE, Host, LabError
from tests.lab.instruments import Observer, Prober, now
from tests.lab.lvs_cf import VIP, WEB
from tests.lab.pair import wait_until
from tests.lab.segment import CLIENT, NODE_A, NODE_B, Segment, address_of, port_of

pytestmark = [pytest.mark.lab, pytest.mark.alone]

CONTROL_SECONDS = 3.0
LONGEST_GAP_WITHOUT_FAULT = 0.020
SET_UP_LIMIT_SECONDS = 0.5
STAND_IN_OUTAGE_SECONDS = 0.4
ANNOUNCE = f"""
import socket, sys
sys.path.insert(0, {str(TREE)!r})
from tests.lab.observer import question
device = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
device.bind(("eth0", 0))
device.send(question(device.getsockname()[4], {VIP!r}, {VIP!r}))
"""


def take(node: Host) -> None:
    """A stand-in for a takeover: the address by ip(8), one gratuitous ARP request."""
    node.run(["ip", "address", "add", f"{VIP}/32", "dev", "eth0"])
    node.run([sys.executable, "-S", "-c", ANNOUNCE])


def drop(node: Host) -> None:
    node.run(["ip", "address", "del", f"{VIP}/32", "dev", "eth0"])


def start_web(segment: Segment) -> None:
    for node in segment.nodes:
        node.run([*WEB.split(), "start", "80"])


def can_reach(host: Host, address: str) -> bool:
    """One question; what the host remembers of the segment is forgotten first."""
    host.run(["ip", "neighbour", "flush", "all"])
    answer = host.run(["ping", "-c", "1", "-W", "0.2", address], is_checked=False)
    return " 0% packet loss" in answer


def test_a_cluster_stands_and_falls_in_no_time() -> None:
    began = now()
    with Segment(has_private_network=True) as segment:
        stands = now()
        pids = [host.pid for host in segment.hosts.values()]
        assert can_reach(segment.client, address_of(NODE_A))
        assert can_reach(segment.node_a, "10.78.0.2")
        before_end = now()
    assert stands - began < SET_UP_LIMIT_SECONDS
    assert now() - before_end < SET_UP_LIMIT_SECONDS
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_host_hides_its_files_from_everybody(segment: Segment) -> None:
    segment.node_a.run(["sh", "-c", "mkdir /var/lib/piranha; touch /etc/lvs.cf /run/x /tmp/x"])
    inside = segment.node_a.run(["ls", "/etc/lvs.cf", "/run/x", "/tmp/x"])
    assert inside.split() == ["/etc/lvs.cf", "/run/x", "/tmp/x"]
    assert segment.node_b.run(["ls", "/run/x", "/etc/lvs.cf"], is_checked=False) == ""
    assert not Path("/run/x").exists()


def test_the_end_of_the_launcher_is_the_end_of_everything() -> None:
    program = (
        "from tests.lab.segment import Segment\n"
        "import time\n"
        "with Segment() as s:\n"
        "    print(*(h.pid for h in s.hosts.values()), flush=True)\n"
        "    time.sleep(60)\n"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", program], cwd=TREE, stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    pids = launcher.stdout.readline().split()
    assert len(pids) == 4
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    gone = lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()]  # noqa: E731
    wait_until(gone, 2.0, "the hosts of a killed launcher end")


def test_without_a_fault_no_request_fails(segment: Segment, probing: Callable[..., Prober]) -> None:
    start_web(segment)
    take(segment.node_a)
    prober = probing(segment, VIP, 80)
    time.sleep(CONTROL_SECONDS)
    seen = prober.attempts()
    gap = longest_gap(seen)
    print(
        f"control: {len(seen)} requests, longest gap {gap.milliseconds:.1f} ms, "
        f"prober late by {prober.noise.worst_lateness * 1000:.1f} ms at most, "
        f"{prober.noise.ticks_missed} left out"
    )
    assert failures(seen) == []
    assert servers(seen) == [NODE_A]
    assert gap.seconds < LONGEST_GAP_WITHOUT_FAULT


def test_an_outage_is_measured_as_long_as_it_was(
    segment: Segment, probing: Callable[..., Prober], observing: Callable[..., Observer]
) -> None:
    start_web(segment)
    take(segment.node_a)
    prober, observer = probing(segment, VIP, 80), observing(segment, VIP)
    time.sleep(0.2)
    drop(segment.node_a)
    dropped = now()
    time.sleep(STAND_IN_OUTAGE_SECONDS)
    begins = now()
    take(segment.node_b)
    taken = now()
    time.sleep(0.2)
    seen = prober.attempts()
    gap = longest_gap(seen, after=dropped)
    assert servers(seen) == [NODE_A, NODE_B]
    assert begins - dropped <= gap.seconds <= taken - dropped + 0.050
    assert gap.failures > 40
    assert first_answer_by(seen, NODE_B, begins) == gap.ends
    told = observer.sightings()
    unheld = sightings.unheld(told, VIP, observer.until)
    assert unheld[-1].seconds == pytest.approx(begins - dropped, abs=0.050)
    assert sightings.both_answering(told, VIP, observer.until) == []


def test_two_owners_are_seen(segment: Segment, observing: Callable[..., Observer]) -> None:
    take(segment.node_a)
    observer = observing(segment, VIP)
    time.sleep(0.2)
    before = now()
    take(segment.node_b)
    taken = now()
    time.sleep(0.3)
    dropping = now()
    drop(segment.node_b)
    dropped = now()
    time.sleep(0.1)
    told = observer.sightings()
    both = sightings.total(sightings.both_answering(told, VIP, observer.until))
    assert dropping - taken - 0.040 <= both <= dropped - before + 0.040
    assert sightings.total(sightings.both_holding(told, VIP, observer.until)) >= both - 0.040


def test_a_pulled_cable_is_seen_by_the_node_and_a_silent_one_is_not(segment: Segment) -> None:
    def carrier() -> str:
        return segment.node_a.run(["cat", "/sys/class/net/eth0/carrier"]).strip()

    segment.pull_cable(segment.node_a)
    assert carrier() == "0"
    assert not can_reach(segment.client, address_of(NODE_A))
    segment.plug_cable(segment.node_a)
    assert carrier() == "1"
    with segment.under(faults.silence(port_of(NODE_A))):
        assert carrier() == "1"
        assert not can_reach(segment.client, address_of(NODE_A))
        assert can_reach(segment.client, address_of(NODE_B))
    assert can_reach(segment.client, address_of(NODE_A))


def test_a_cut_can_have_one_direction(segment: Segment) -> None:
    def question_arrives() -> bool:
        """Node A asks for the client, in vain; has the client learned of it?"""
        segment.client.run(["ip", "neighbour", "flush", "all"])
        assert not can_reach(segment.node_a, address_of(CLIENT))
        return "lladdr" in segment.client.run(["ip", "neighbour", "show", address_of(NODE_A)])

    with segment.under(faults.nothing_to(port_of(NODE_A))):
        assert question_arrives()
    with segment.under(faults.nothing_from(port_of(NODE_A))):
        assert not question_arrives()


def test_a_share_of_the_frames_can_be_lost(segment: Segment) -> None:
    count = ["ping", "-q", "-c", "100", "-i", "0.002", "-W", "0.1", address_of(NODE_A)]
    assert " 0% packet loss" in segment.client.run(count)
    with segment.under(faults.loss(port_of(NODE_A), 30)):
        told = segment.client.run(count, is_checked=False)
    lost = float(told.split("% packet loss")[0].split()[-1])
    assert 10 <= lost <= 50


def test_heartbeats_alone_can_be_blocked(segment: Segment) -> None:
    listen = "import socket; s=socket.socket(2,2); s.bind(('',539)); s.settimeout(0.4)"
    receive = f"{listen}; print(s.recv(9))"
    send = "import socket; socket.socket(2,2).sendto(b'x',('10.77.0.2',539))"

    def arrives() -> bool:
        listener = segment.node_b.start(
            [sys.executable, "-S", "-c", receive], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        time.sleep(0.2)
        segment.node_a.run([sys.executable, "-S", "-c", send])
        return listener.communicate()[0] == "b'x'\n"

    assert arrives()
    with segment.under(faults.port_blocked(539)):
        assert not arrives()
        assert can_reach(segment.node_a, address_of(NODE_B))


def test_processes_are_found_by_their_role_and_signalled(segment: Segment) -> None:
    title = "nanny: web -> 10.77.0.1:80"
    segment.node_a.start_detached(["bash", "-c", f"exec -a '{title}' sleep 60"])
    found = lambda: segment.node_a.processes("nanny")  # noqa: E731
    wait_until(lambda: bool(found()), 2.0, "the process is found")
    assert segment.node_b.processes("nanny") == []
    assert segment.node_a.processes("pulse") == []
    state = lambda pid: Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]  # noqa: E731
    (process,) = segment.node_a.signal("nanny", signal.SIGSTOP)
    wait_until(lambda: state(process.pid) == "T", 2.0, "it is stopped")
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not found(), 2.0, "it is gone")
    with pytest.raises(LabError, match="no process of nanny"):
        segment.node_a.signal("nanny", signal.SIGKILL)
