"""The file goes to the partner whole, by a real ssh; unconfirmed, both nodes go back."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.attempts import failures
from tests.lab.host import PROGRAMS, SYSTEM_PATH, Host
from tests.lab.instruments import Prober
from tests.lab.lvs_cf import VIP, hot_web
from tests.lab.pair import CONFIG_FILE, Pair, wait_until

pytestmark = pytest.mark.lab

SSH = "/etc/piranha/ssh"
SSHD_CONFIG = f"""\
HostKey {SSH}/host
AuthorizedKeysFile {SSH}/user.pub
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
SetEnv PATH={PROGRAMS}:{SYSTEM_PATH} PYTHONDONTWRITEBYTECODE=1
"""
SSH_CONFIG = f"""\
Host *
    IdentityFile {SSH}/user
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
    BatchMode yes
"""


@pytest.fixture
def pair(making: Callable[..., Pair]) -> Pair:
    """A settled pair; root on node A may come to node B by ssh."""
    extra = {"startup_wait": "0.3", "rsh_command": f"ssh -F {SSH}/config"}
    pair = making([hot_web()], "1", "5", extra=extra)
    a, b = pair.node_a, pair.node_b
    for node, name in ((a, "user"), (b, "host")):
        node.path(SSH).mkdir(parents=True, mode=0o700)
        node.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{SSH}/{name}"])
    b.path(f"{SSH}/user.pub").write_bytes(a.path(f"{SSH}/user.pub").read_bytes())
    a.path(f"{SSH}/config").write_text(SSH_CONFIG)
    b.path(f"{SSH}/sshd_config").write_text(SSHD_CONFIG)
    b.path("/run/sshd").mkdir()
    b.start_detached(["/usr/sbin/sshd", "-D", "-f", f"{SSH}/sshd_config"])
    pair.start_web()
    pair.start_pulse()
    pair.wait_until_settled()
    return pair


def edit(node: Host, old: str, new: str) -> bytes:
    file = node.path(CONFIG_FILE)
    before = file.read_bytes()
    changed = before.replace(old.encode(), new.encode())
    assert changed != before
    file.write_bytes(changed)
    return before


def is_running(node: Host, text: str) -> bool:
    """Whether the configuration in force says this."""
    return text in node.path("/run/piranha/piranha.cf").read_text()


@contextmanager
def read_all_the_time(file: Path) -> Iterator[set[bytes]]:
    """Everything that a reader ever finds in the file."""
    found: set[bytes] = set()
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            found.add(file.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield found
    finally:
        is_over.set()
        reader.join()


def test_the_file_is_copied_whole_if_it_fits_and_stays_if_it_is_confirmed(
    pair: Pair, probing: Callable[..., Prober]
) -> None:
    refuse_what_does_not_fit(pair)
    copy_whole(pair, probing(pair.segment, VIP, 80))
    keep_what_is_confirmed(pair)


def copy_whole(pair: Pair, prober: Prober) -> None:
    a, b = pair.segment.nodes
    moves = [len(pair.moves(node)) for node in (a, b)]
    before = edit(a, "interval = 1", "interval = 2")
    with read_all_the_time(b.path(CONFIG_FILE)) as found:
        said = a.run(["piranhactl", "sync", "--yes"])
    new = a.path(CONFIG_FILE).read_bytes()
    assert "+    interval = 2" in said
    assert found == {before, new}, "never a moment with half a file"
    assert b.path(f"{CONFIG_FILE}.old").read_bytes() == before
    for node in (a, b):
        assert is_running(node, "interval = 2")
    wait_until(lambda: _agrees(pair), 5.0, "the nodes know that their files agree")
    assert failures(prober.attempts()) == []
    assert [len(pair.moves(node)) for node in (a, b)] == moves
    assert "has the same" in a.run(["piranhactl", "sync", "--yes"])


def _agrees(pair: Pair) -> bool:
    return all(s is not None and not s.mismatches for s in map(pair.status, pair.segment.nodes))


def refuse_what_does_not_fit(pair: Pair) -> None:
    a, b = pair.segment.nodes
    program = a.path("/etc/only-here")
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    before = edit(a, 'start_cmd = "/bin/true"', 'start_cmd = "/etc/only-here"')
    said = a.run(["piranhactl", "sync", "--yes"], is_checked=False)
    assert "/etc/only-here does not exist" in said
    assert "did not take it; nothing was changed here" in said
    assert b.path(CONFIG_FILE).read_bytes() == before
    assert not is_running(a, "only-here")
    assert not is_running(b, "only-here")
    a.path(CONFIG_FILE).write_bytes(before)


def keep_what_is_confirmed(pair: Pair) -> None:
    a, b = pair.segment.nodes
    edit(a, "interval = 2", "interval = 3")
    new = a.path(CONFIG_FILE).read_bytes()
    a.run(["piranhactl", "sync", "--yes", "--confirm", "60s"])
    said = a.run(["piranhactl", "confirm"])
    assert said.count("is confirmed") == 2
    for node in (a, b):
        assert node.path(CONFIG_FILE).read_bytes() == new
        assert is_running(node, "interval = 3")
        assert not node.path(f"{CONFIG_FILE}.unconfirmed").exists()
    assert "nothing to confirm" in a.run(["piranhactl", "confirm"], is_checked=False)


def test_unconfirmed_both_nodes_go_back_even_if_pulse_is_killed(pair: Pair) -> None:
    a, b = pair.segment.nodes
    before = edit(a, "interval = 1", "interval = 2")
    said = a.run(["piranhactl", "sync", "--yes", "--confirm", "7s"])
    assert "both nodes go back to their old files in 7 s unless: piranhactl confirm" in said
    for node in (a, b):
        assert is_running(node, "interval = 2")
    refused = a.run(["piranhactl", "sync", "--yes"], is_checked=False)
    assert "has the same" not in refused, "a file on trial is not synced again"
    standby = pair.segment.other(pair.wait_until_settled())
    (pulse,) = standby.processes("pulse")
    standby.run(["kill", "-9", standby.run(["cat", "/run/piranha/piranha.pid"]).strip()])
    other = pair.segment.other(standby)
    wait_until(lambda: other.path(CONFIG_FILE).read_bytes() == before, 12.0, "one is back")
    wait_until(lambda: is_running(other, "interval = 1"), 3.0, "and runs the old file")
    time.sleep(0.5)
    assert pulse.pid not in [p.pid for p in standby.processes("pulse")]
    pair.start_pulse(standby)
    wait_until(lambda: standby.path(CONFIG_FILE).read_bytes() == before, 5.0, "the other, too")
    wait_until(lambda: is_running(standby, "interval = 1"), 3.0, "and runs the old file")
    for node in (a, b):
        assert not node.path(f"{CONFIG_FILE}.unconfirmed").exists()
        told = "was not confirmed: going back to the file before it"
        assert len([line for line in pair.log(node) if told in line.text]) == 1
    pair.wait_until_settled()
