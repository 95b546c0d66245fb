"""Real DHCP servers: what a probe hears of them, and what a year of probes leaves there.

isc-dhcp-server, dnsmasq and kea (with both of its kinds of sockets) serve a pool of four addresses
on one end of a cable; probes, and other clients, stand on the other.
"""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from piranha.probes.asking import Asked
from piranha.probes.dhcp_message import Answer, in_udp, out_of_ip, read
from piranha.probes.question import DhcpQuestion, Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.queries import DhcpKind
from piranha.system.relay_socket import open_relay_socket
from tests.probes.servers import doors
from tests.system import network
from tests.system.network import Cable
from tests.zoo.animal import version_of
from tests.zoo.conftest import IS_WHOLE, SEEN
from tests.zoo.results import Seen

pytestmark = pytest.mark.lab

SERVER, OURS = "10.9.0.1", "10.9.0.2"
FIRST, LAST, SIZE = "10.9.0.101", "10.9.0.104", 4
PROBES = 400
FIRST_ANSWER_SECONDS = 8.0


@dataclass(frozen=True)
class Kind:
    """One server: the program, how it is started in a directory, and where its leases are."""

    program: str
    argv: Callable[[Path], list[str]]
    leases: str
    package: str
    kept_back: int = 0
    """Addresses that it keeps for whoever it made an offer to, for two minutes."""


def isc(home: Path) -> list[str]:
    (home / "dhcpd.leases").touch()
    (home / "dhcpd.conf").write_text(
        "authoritative; default-lease-time 600; ping-check false;\n"
        f"subnet 10.9.0.0 netmask 255.255.255.0 {{ range {FIRST} {LAST}; }}\n"
    )
    files = ["-cf", str(home / "dhcpd.conf"), "-lf", str(home / "dhcpd.leases")]
    return ["dhcpd", "-4", "-f", "-d", *files, "--no-pid", "eth0"]


def dnsmasq(home: Path) -> list[str]:
    return [
        *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root"),
        *("--interface=eth0", "--bind-interfaces", "--dhcp-authoritative", "--pid-file="),
        *(f"--dhcp-range={FIRST},{LAST},10m", f"--dhcp-leasefile={home}/dnsmasq.leases"),
        *("--no-ping", "--log-facility=-"),
    ]


def kea(home: Path, sockets: str) -> list[str]:
    settings = {
        "interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": sockets},
        "lease-database": {"type": "memfile", "name": f"{home}/kea.csv", "lfc-interval": 0},
        "valid-lifetime": 600,
        "subnet4": [{"subnet": "10.9.0.0/24", "pools": [{"pool": f"{FIRST} - {LAST}"}]}],
    }
    (home / "kea.json").write_text(json.dumps({"Dhcp4": settings}))
    return ["kea-dhcp4", "-c", str(home / "kea.json")]


KEA = "kea-dhcp4-server"
KINDS = {
    "isc-dhcp-server": Kind("dhcpd", isc, "dhcpd.leases", "isc-dhcp-server", kept_back=1),
    "dnsmasq": Kind("dnsmasq", dnsmasq, "dnsmasq.leases", "dnsmasq-base"),
    "kea": Kind("kea-dhcp4", lambda home: kea(home, "raw"), "kea.csv", KEA),
    "kea-udp": Kind("kea-dhcp4", lambda home: kea(home, "udp"), "kea.csv", KEA),
}


@dataclass
class Served:
    """A running server."""

    process: "subprocess.Popen[bytes]"
    log: Path
    leases_file: Path
    kept_back: int

    def leases(self) -> str:
        return self.leases_file.read_text() if self.leases_file.exists() else ""


@pytest.fixture
def cable() -> Iterator[Cable]:
    if os.geteuid() != 0:
        pytest.skip("needs root: makes network namespaces")
    with network.cable() as made:
        made.here.run(f"ip address add {OURS}/24 dev eth0")
        made.there.run(f"ip address add {SERVER}/24 dev eth0")
        yield made


IN_CI = ["dnsmasq", "isc-dhcp-server"]
"""On the judging machine; in the whole zoo every server."""


@pytest.fixture(params=sorted(KINDS) if IS_WHOLE else IN_CI)
def served(request: pytest.FixtureRequest, cable: Cable, tmp_path: Path) -> Iterator[Served]:
    kind = KINDS[request.param]
    if shutil.which(kind.program) is None:
        pytest.skip(f"{kind.program} is not installed")
    with serving(kind, cable, tmp_path) as found:
        yield found


@contextmanager
def serving(kind: Kind, cable: Cable, home: Path) -> Iterator[Served]:
    argv = kind.argv(home)
    places = {"KEA_LOCKFILE_DIR": str(home), "KEA_PIDFILE_DIR": str(home)}
    log = (home / "server.log").open("wb")
    with cable.there.entered(), log:
        process = subprocess.Popen(
            argv, env=os.environ | places, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        wait_until_it_answers(process, home / "server.log")
        yield Served(process, home / "server.log", home / kind.leases, kind.kept_back)
    finally:
        process.kill()
        process.wait()


def wait_until_it_answers(process: "subprocess.Popen[bytes]", log: Path) -> None:
    limit = time.monotonic() + 20.0
    while time.monotonic() < limit and process.poll() is None:
        if ask(DhcpKind.DISCOVER, FIRST_ANSWER_SECONDS).is_healthy:
            return
        time.sleep(0.1)
    pytest.fail(f"the server does not answer: {log.read_text()[-2000:]}")


def ask(kind: DhcpKind = DhcpKind.DISCOVER, timeout: float = 2.0) -> Outcome:
    descriptor = open_relay_socket("eth0")
    try:
        dhcp = DhcpQuestion(kind, "eth0", descriptor)
        question = Question(SERVER, 67, Transport.DHCP, timeout_seconds=timeout, dhcp=dhcp)
        with Asked(question, doors()) as outcome:
            return outcome
    finally:
        os.close(descriptor)


class Client:
    """Another client behind the same relay: it wants an address, and takes it."""

    def __init__(self, number: int) -> None:
        self.hardware = bytes([2, 0, 0, 0, 0, number])
        self.transaction = 1_000 * number

    def lease(self) -> str:
        """The address that it has got; empty: none within 5 s each."""
        offer = self._exchange(bytes([53, 1, 1]), "OFFER")
        if offer is None:
            return ""
        wish = bytes([53, 1, 3, 50, 4]) + offer.offered.packed + b"\x36\4" + offer.server.packed
        ack = self._exchange(wish, "ACK")
        return str(ack.offered) if ack else ""

    def _exchange(self, options: bytes, wanted: str) -> Answer | None:
        self.transaction += 1
        head = bytes([1, 1, 6, 1]) + self.transaction.to_bytes(4) + bytes(16)
        message = head + IPv4Address(OURS).packed + self.hardware + bytes(10 + 64 + 128)
        message = (message + b"\x63\x82\x53\x63" + options + b"\xff").ljust(300, b"\0")
        with socket.socket(fileno=open_relay_socket("eth0")) as channel:
            channel.settimeout(5.0)
            channel.sendto(in_udp(message), (SERVER, 0))
            limit = time.monotonic() + 5.0
            while time.monotonic() < limit:
                try:
                    answer = read(out_of_ip(channel.recv(4_096)))
                except TimeoutError:
                    return None
                if answer.transaction == self.transaction and answer.kind == wanted:
                    return answer
        return None


def test_a_healthy_server_is_called_healthy(served: Served) -> None:
    for kind in DhcpKind:
        outcome = ask(kind, FIRST_ANSWER_SECONDS)
        assert outcome.verdict is Verdict.ANSWERED, outcome
    assert served.process.poll() is None


if IS_WHOLE:  # for the table; it is not skipped, as a skip is a failure on a judging machine

    def test_what_a_hundred_probes_leave_in_the_log(
        served: Served, request: pytest.FixtureRequest
    ) -> None:
        name = request.node.callspec.params["served"]
        before = len(served.log.read_text().splitlines())
        outcomes = [ask() for _ in range(100)]
        assert [outcome for outcome in outcomes if not outcome.is_healthy] == []
        time.sleep(1.0)
        left = served.log.read_text().splitlines()[before:]
        median = round(statistics.median(outcome.seconds for outcome in outcomes) * 1000, 1)
        last = left[-1][:160] if left else ""
        version = version_of(KINDS[name].package)
        request.config.stash[SEEN].append(Seen("dhcp", name, version, median, len(left), last))


def test_probes_take_no_lease_and_at_most_one_address_is_kept_for_them(served: Served) -> None:
    """As many probes as there are in an hour, then clients that take the whole pool while probes
    go on between them: each of them gets an address, but for the one that is kept back."""
    for _ in range(PROBES):
        assert ask().is_healthy
    got = set()
    for number in range(1, SIZE + 1 - served.kept_back):
        assert ask(timeout=FIRST_ANSWER_SECONDS).is_healthy
        got.add(Client(number).lease())
    assert len(got & {f"10.9.0.{n}" for n in range(101, 105)}) == SIZE - served.kept_back
    assert "02:50:0a:09:00:02" not in served.leases()


def test_an_exhausted_pool_is_silent_to_discover_and_answers_inform(served: Served) -> None:
    """But a server that keeps the last address for the probe goes on offering it."""
    got = {Client(number).lease() for number in range(1, SIZE + 1 - served.kept_back)}
    assert "" not in got
    if served.kept_back:
        assert ask().is_healthy, "it is the probe to whom the last address was offered"
    else:
        outcome = ask(timeout=1.0)
        assert outcome.verdict is Verdict.EXPECT_TIMED_OUT
        assert "has no free address" in outcome.evidence
    assert ask(DhcpKind.INFORM).verdict is Verdict.ANSWERED


def test_a_frozen_server_is_sick(served: Served) -> None:
    os.kill(served.process.pid, signal.SIGSTOP)
    outcome = ask(timeout=0.5)
    assert outcome.verdict is Verdict.EXPECT_TIMED_OUT
    assert outcome.seconds < 0.8


def test_a_dead_server_is_refused_at_once(served: Served) -> None:
    served.process.kill()
    served.process.wait()
    outcome = ask(timeout=5.0)
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.seconds < 0.5
