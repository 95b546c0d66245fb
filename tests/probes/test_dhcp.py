"""DHCP probes over a real cable, of small servers that are healthy and sick in all ways."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from piranha.probes.asking import Asked
from piranha.probes.question import DhcpQuestion, Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.queries import DhcpKind
from piranha.system.relay_socket import open_relay_socket
from tests.probes.servers import doors
from tests.probes.test_dhcp_message import HARDWARE, answer
from tests.system import network
from tests.system.network import Cable

pytestmark = pytest.mark.lab

SERVER, OURS = "10.9.0.1", "10.9.0.2"
Behaviour = Callable[[bytes], Sequence[bytes]]


@pytest.fixture
def cable() -> Iterator[Cable]:
    """We are 10.9.0.2, the server is 10.9.0.1."""
    if os.geteuid() != 0:
        pytest.skip("needs root: makes network namespaces")
    with network.cable() as made:
        made.here.run(f"ip address add {OURS}/24 dev eth0")
        made.there.run(f"ip address add {SERVER}/24 dev eth0")
        yield made


@contextmanager
def server(cable: Cable, behave: Behaviour, port: int = 67) -> Iterator[None]:
    """Answers each datagram with these, to `port` of whoever asked."""
    with cable.there.entered():
        channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        channel.bind(("0.0.0.0", 67))
    channel.settimeout(0.05)
    is_wanted = threading.Event()
    is_wanted.set()

    def serve() -> None:
        while is_wanted.is_set():
            try:
                datagram, sender = channel.recvfrom(4_096)
            except TimeoutError:
                continue
            for reply in behave(datagram):
                channel.sendto(reply, (sender[0], port))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_wanted.clear()
        thread.join(5.0)
        channel.close()


def offer(question: bytes, kind: int = 2, offered: str = "10.9.0.100") -> bytes:
    return answer(kind, int.from_bytes(question[4:8]), offered)


def ask(kind: DhcpKind = DhcpKind.DISCOVER, timeout: float = 0.6, times: int = 1) -> Outcome:
    descriptor = open_relay_socket("eth0")
    try:
        dhcp = DhcpQuestion(kind, "eth0", descriptor)
        question = Question(SERVER, 67, Transport.DHCP, timeout_seconds=timeout, dhcp=dhcp)
        for _ in range(times):
            with Asked(question, doors()) as outcome:
                pass
    finally:
        os.close(descriptor)
    return outcome


def test_an_offer(cable: Cable) -> None:
    heard: list[bytes] = []
    with server(cable, lambda q: [heard.append(q) or offer(q)]):  # type: ignore[func-returns-value]
        outcome = ask()
    assert outcome.verdict is Verdict.ANSWERED
    assert "OFFER of 10.9.0.100" in outcome.evidence
    assert outcome.seconds < 0.3
    (question,) = heard
    assert question[24:34] == socket.inet_aton(OURS) + HARDWARE


def test_inform_is_answered_to_a_clients_port(cable: Cable) -> None:
    with server(cable, lambda q: [offer(q, 5, "0.0.0.0")], port=68):
        assert ask(DhcpKind.INFORM).verdict is Verdict.ANSWERED


@pytest.mark.parametrize(
    ("behave", "verdict"),
    [
        (lambda _: [], Verdict.EXPECT_TIMED_OUT),
        (lambda q: [q], Verdict.EXPECT_TIMED_OUT),
        (lambda _: [offer(b"\0" * 8)], Verdict.WRONG_ANSWER),
        (lambda q: [offer(q, 6)], Verdict.WRONG_ANSWER),
        (lambda q: [offer(q, offered="0.0.0.0")], Verdict.WRONG_ANSWER),
        (lambda _: [b"220 ready\r\n"], Verdict.EXPECT_TIMED_OUT),
        (lambda _: [offer(b"\0" * 8)] * 150, Verdict.TOO_MUCH),
    ],
)
def test_sick_servers(cable: Cable, behave: Behaviour, verdict: Verdict) -> None:
    """An echo, and what is no DHCP, does not even get through the filter of the socket."""
    with server(cable, behave):
        outcome = ask()
    assert outcome.verdict is verdict
    assert outcome.seconds < 0.9


@pytest.mark.usefixtures("cable")
def test_a_closed_port_counts_at_once() -> None:
    outcome = ask(timeout=5.0, times=2)
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.seconds < 0.5


def test_an_error_about_somebody_elses_datagram_does_not_count(cable: Cable) -> None:
    def and_refuses(question: bytes) -> list[bytes]:
        with cable.here.entered(), socket.socket(type=socket.SOCK_DGRAM) as other:
            other.sendto(b"x", (SERVER, 9))
        threading.Event().wait(0.05)
        return [offer(question)]

    with server(cable, and_refuses):
        assert ask().verdict is Verdict.ANSWERED


def test_a_lost_question_is_asked_again(cable: Cable) -> None:
    heard: list[bytes] = []

    def deaf_at_first(question: bytes) -> list[bytes]:
        heard.append(question)
        return [offer(question)] if len(heard) > 1 else []

    with server(cable, deaf_at_first):
        assert ask().verdict is Verdict.ANSWERED
    assert heard[0] == heard[1]


def test_what_came_between_two_probes_is_passed_over(cable: Cable) -> None:
    """Every answer comes a hundred times; none of them is too much for the next probe."""
    with server(cable, lambda q: [offer(q)] * 60):
        assert ask(times=5).verdict is Verdict.ANSWERED


def test_a_machine_that_is_not_there_is_unreachable(cable: Cable) -> None:
    cable.there.run("ip link set eth0 down")
    outcome = ask(timeout=5.0)
    assert outcome.verdict in (Verdict.UNREACHABLE, Verdict.EXPECT_TIMED_OUT)
    assert outcome.seconds < 5.5


def test_a_device_without_an_address_cannot_ask(cable: Cable) -> None:
    cable.here.run(f"ip address del {OURS}/24 dev eth0")
    outcome = ask()
    assert not outcome.is_healthy
    assert outcome.seconds < 0.9
