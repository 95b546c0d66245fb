"""Sealed heartbeats: the key is changed, both nodes are upgraded, and the client sees nothing."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable

import pytest

from piranha.defaults import HEARTBEAT_PORT
from piranha.terms import Role
from tests.lab import faults, side_by_side
from tests.lab.attempts import failures
from tests.lab.costs import processor_seconds
from tests.lab.host import Host
from tests.lab.instruments import HERE, INTERPRETER, Observer, Prober, now
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import CONFIG_FILE, CRITICAL, Pair, wait_until
from tests.lab.results import Result
from tests.lab.segment import NODE_A, NODE_B, address_of, hardware_address_of, port_of
from tests.lab.sightings import both_holding, total

pytestmark = pytest.mark.lab

KEY_FILE = "/etc/piranha/heartbeat.key"
STEPS = ("--add", "--next", "--drop")
HEARD_WITHIN_SECONDS = 1.2
"""Keepalive and a little; what is older was not heard for a moment."""


def copy_key(pair: Pair) -> None:
    """As scp -p does."""
    there = pair.node_b.path(KEY_FILE)
    there.parent.mkdir(exist_ok=True)
    shutil.copy2(pair.node_a.path(KEY_FILE), there)


def is_heard(pair: Pair) -> bool:
    """Both nodes hear each other now."""
    ages = [
        status.partner_age_seconds if status else None
        for status in map(pair.status, pair.segment.nodes)
    ]
    return all(age is not None and age < HEARD_WITHIN_SECONDS for age in ages)


def memory_of(pid: int) -> bytes:
    """What a process has written into its own memory."""
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if span and "[v" not in line:
                first, end = (int(number, 16) for number in span.groups())
                memory.seek(first)
                found.append(memory.read(end - first))
    return b"".join(found)


def sealed_pair(making: Callable[..., Pair]) -> Pair:
    extra = {"startup_wait": "0.3", "heartbeat_key": KEY_FILE}
    pair = making([hot_web()], "1", "5", extra=extra)
    pair.node_a.run(["piranhactl", "genkey"])
    copy_key(pair)
    pair.start_web()
    pair.start_pulse()
    pair.wait_until_settled()
    return pair


def know_each_other(pair: Pair) -> None:
    """Who hears no ARP reply could send nothing either: the cut would have two directions."""
    for node in pair.segment.nodes:
        other = pair.segment.other(node).name
        entry = f"{address_of(other)} lladdr {hardware_address_of(other)} nud permanent dev eth0"
        node.run(["ip", "neighbour", "replace", *entry.split()])


def upgrade(pair: Pair, node: Host) -> None:
    """As a new package does: pulse ends, fos serves on, the next pulse comes."""
    before = pair.status(node)
    assert before is not None
    node.run(["piranhactl", "upgrade"])
    pair.start_pulse(node)

    def is_new() -> bool:
        status = pair.status(node)
        return status is not None and status.pid != before.pid

    wait_until(is_new, 5.0, f"a new pulse runs on {node.name}")
    pair.wait_until_settled()


def test_the_key_is_changed_and_both_nodes_are_upgraded_and_the_client_sees_nothing(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    pair = sealed_pair(making)
    active = pair.active()
    prober = probing(pair.segment, VIP, 80)
    moves = [len(pair.moves(node)) for node in pair.segment.nodes]
    first = pair.node_a.path(KEY_FILE).read_text()
    for step in STEPS:
        pair.node_a.run(["piranhactl", "genkey", step])
        copy_key(pair)
        for node in pair.segment.nodes:
            node.run(["piranhactl", "reload"])
            wait_until(lambda: is_heard(pair), 2.0, f"both hear each other after {step}")
    for node in (pair.segment.other(active), active):
        upgrade(pair, node)
    lost = float(len(failures(prober.attempts())))
    measured(Result("key changed, both upgraded", (lost,), 0.0, "lost"))
    assert pair.active() is active
    for node in pair.segment.nodes:
        assert pair.is_in_role(node, Role.ACTIVE if node is active else Role.STANDBY)
        ignored = [line.text for line in pair.log(node) if " ignored: " in line.text]
        assert ignored == []
    for node, count in zip(pair.segment.nodes, moves, strict=True):
        assert [m.old for m in pair.moves(node)[count:]] == ["listening"], "adopted, no more"
    assert pair.node_a.path(KEY_FILE).read_text() != first


def test_the_key_is_in_no_memory_but_that_of_pulse(making: Callable[..., Pair]) -> None:
    pair = sealed_pair(making)
    text = pair.node_a.path(KEY_FILE).read_text().split()[-1]
    forms = (bytes.fromhex(text), text.encode())

    def has_key(pid: int) -> bool:
        memory = memory_of(pid)
        return any(form in memory for form in forms)

    active = pair.wait_until_settled()
    (pulse,) = active.processes("pulse")
    assert has_key(pulse.pid), "the search finds what is there"
    others = [p for name in ("fos", "nanny") for p in active.processes(name)]
    assert len(others) >= 2
    assert [p.title for p in others if has_key(p.pid)] == []
    shown = active.run(["piranhactl", "status", "--json"])
    copy = active.path("/run/piranha/piranha.cf").read_text()
    assert not any(text in place for place in (shown, copy, pair.logs()))


def test_a_key_on_one_node_only_is_named_and_a_key_comes_to_a_running_pair(
    making: Callable[..., Pair],
    probing: Callable[..., Prober],
    measured: Callable[[Result], None],
) -> None:
    pair = making([hot_web()], "1", "5", extra={"startup_wait": "0.3"})
    pair.start_web()
    pair.start_pulse()
    active = pair.wait_until_settled()
    standby = pair.segment.other(active)
    prober = probing(pair.segment, VIP, 80)
    pair.node_a.run(["piranhactl", "genkey", "--unsealed"])
    copy_key(pair)
    for node in pair.segment.nodes:
        file = node.path(CONFIG_FILE)
        file.write_text(f"heartbeat_key = {KEY_FILE}\n" + file.read_text())
    began = now()
    upgrade(pair, standby)
    told = "the partner seals its heartbeats, but this node has no heartbeat_key"
    assert [told in line.text for line in pair.log(active)].count(True) == 1
    upgrade(pair, active)
    pair.node_a.run(["piranhactl", "genkey", "--drop"])
    copy_key(pair)
    for node in pair.segment.nodes:
        node.run(["piranhactl", "reload"])
        wait_until(lambda: is_heard(pair), 2.0, "both hear each other")
    lost = [a for a in failures(prober.attempts()) if a.started >= began]
    measured(Result("first key given to a running pair", (float(len(lost)),), 0.0, "lost"))
    assert pair.active() is active


def test_behind_a_one_way_cut_at_a_cold_start_there_is_one_owner(
    making: Callable[..., Pair],
    observing: Callable[..., Observer],
    measured: Callable[[Result], None],
) -> None:
    """The node that hears cannot have its partner prove that it lives, and takes nothing."""
    extra = {"startup_wait": "0.3", "heartbeat_key": KEY_FILE}

    def owners_at_once(deaf: str) -> float:
        pair = making([hot_web()], "0.5", "3", extra=extra)
        pair.node_a.run(["piranhactl", "genkey"])
        copy_key(pair)
        know_each_other(pair)
        pair.start_web()
        observer = observing(pair.segment, VIP)
        owner = pair.segment.hosts[deaf]
        with pair.segment.under(faults.nothing_to(port_of(deaf))):
            pair.start_pulse()
            pair.wait_until_active(owner, 10.0)
            time.sleep(4.0)
            hearing = pair.log(pair.segment.other(owner))
            alarms = [line.text for line in hearing if line.priority == CRITICAL]
        assert any("it answers no challenge: it does not hear us" in a for a in alarms), alarms
        assert pair.wait_until_settled() is owner
        return total(both_holding(observer.sightings(), VIP, observer.until)) * 1000

    for deaf, both in side_by_side.each([NODE_A, NODE_B], owners_at_once):
        measured(Result(f"one-way cut, sealed, {deaf} deaf: two owners", (both,), 0.0))


FLOOD_SECONDS = 4.0
FLOOD_RATE = 60_000
"""Of each of two senders."""


def test_a_flood_of_forged_and_recorded_heartbeats_moves_nothing(
    making: Callable[..., Pair],
    measured: Callable[[Result], None],
) -> None:
    """From a third machine on the segment, with the partner's address and with others."""
    pair = sealed_pair(making)
    active = pair.wait_until_settled()
    standby = pair.segment.other(active)
    records = [len(pair.moves(node)) for node in pair.segment.nodes]
    recorder = [*INTERPRETER, str(HERE / "flooder.py"), "record", port_of(active.name)]
    recorded = pair.segment.switch.run([*recorder, str(HEARTBEAT_PORT), "3"])
    assert len(recorded.split()) >= 2
    flooder = [
        *INTERPRETER, str(HERE / "flooder.py"), "flood", "eth0", address_of(active.name),
        address_of(standby.name), hardware_address_of(standby.name), str(HEARTBEAT_PORT),
        str(FLOOD_RATE), str(FLOOD_SECONDS),
    ]  # fmt: skip
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    began, before = now(), processor_seconds(standby)
    flooding = [pair.segment.client.start(flooder, **pipes) for _ in range(2)]
    for each in flooding:
        assert each.stdin is not None
        each.stdin.write(recorded)
        each.stdin.close()
    ages = []
    while any(each.poll() is None for each in flooding):
        status = pair.status(standby)
        ages.append(status.partner_age_seconds if status else None)
        time.sleep(0.25)
    used = (processor_seconds(standby) - before) / (now() - began) * 100
    sent = sum(json.loads(each.stdout.read())["sent"] for each in flooding)
    status = pair.status(standby)
    assert status is not None
    print(f"{sent}, {status.wrong_datagrams} ignored, {used:.0f} % of a processor, ages {ages}")
    measured(Result("flood: datagrams a second", (sent / FLOOD_SECONDS,), 1e9, "/s"))
    assert sent >= 100_000 * FLOOD_SECONDS
    measured(Result("flood: processor of the flooded node", (used,), 60.0, "%"))
    worst = max(99.0 if age is None else age for age in ages)
    measured(Result("flood: partner heard at the latest", (worst * 1000,), 2500.0))
    assert [len(pair.moves(node)) for node in pair.segment.nodes] == records
    assert pair.active() is active
    warnings = [line for line in pair.log(standby) if line.at >= began and line.priority == 4]
    kinds = {re.sub(r"[0-9.]+", "N", line.text) for line in warnings}
    assert any("a flood; the kernel keeps it away now" in text for text in kinds)
    ignored = [line for line in warnings if " ignored: " in line.text]
    assert len(ignored) == 1, "one line a minute"
    assert status.wrong_datagrams > 0.5 * sent
