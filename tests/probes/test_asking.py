"""Every verdict can be had; a probe can be broken off; nothing is left behind."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from tempfile import NamedTemporaryFile

import pytest

from piranha.probes.asking import Asked, expression_fault
from piranha.probes.doors import Doors, Note, ToldToEnd
from piranha.probes.process import ProcessProbe
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import ExpectPrefix, ExpectRegex, Send, StartTls, TlsTerms
from piranha.system import children
from tests.probes.servers import (
    Behaviour,
    closed_port,
    closes_at_once,
    doors,
    full_backlog,
    greets,
    never_stops,
    no_descriptor_left,
    now,
    reads_nothing,
    resets,
    says_nothing,
    tcp,
    tcp_server,
    udp,
    udp_server,
)
from tests.probes.tls_servers import over_tls

GREETING = (ExpectPrefix(b"220"),)


def ask(question: Question) -> Outcome:
    with Asked(question, doors()) as outcome:
        return outcome


def from_server(behave: Behaviour, *steps: object, timeout: float = 0.3) -> Callable[[], Outcome]:
    def run() -> Outcome:
        with tcp_server(behave) as port:
            return ask(tcp(port, steps, timeout))  # type: ignore[arg-type]

    return run


def from_program(*argv: str) -> Callable[[], Outcome]:
    return lambda: ask(Question("::1", 1, Transport.PROGRAM, (), 0.3, argv=argv))


def silent_udp_server() -> Outcome:
    with udp_server(lambda _: []) as port:
        return ask(udp(port, timeout=0.2))


def refusing_port() -> Outcome:
    with closed_port() as port:
        return ask(tcp(port))


def deaf_port() -> Outcome:
    with full_backlog() as port:
        return ask(tcp(port, timeout=0.2))


def without_descriptors() -> Outcome:
    with no_descriptor_left():
        return ask(tcp(1))


def after_standing_still() -> Outcome:
    """The clock makes a leap once the connection stands."""
    leap = 0.0

    def note(what: Note) -> None:
        nonlocal leap
        leap = 20.0 if what.kind == "expecting" else leap

    with tcp_server(says_nothing) as port:
        leaping = Doors(lambda: now() + leap, children, note)
        with Asked(tcp(port, GREETING), leaping) as outcome:
            return outcome


def without_a_route() -> Outcome:
    """In a network namespace of its own even loopback is down."""
    code = (
        "from piranha.programs.nanny import ask; from piranha.probes.question import *;"
        "print(ask(Question('127.0.0.1', 9, Transport.TCP)).verdict.name)"
    )
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if "unshare failed" in ran.stderr:
        pytest.skip("this system allows no network namespaces")
    return Outcome(Verdict[ran.stdout.strip()], "", 0.0)


def in_tls(behave: Behaviour, terms: TlsTerms, timeout: float = 5.0) -> Callable[[], Outcome]:
    def end() -> Outcome:
        with tcp_server(behave) as port:
            question = replace(tcp(port, (StartTls(),), timeout), tls=terms)
            return ask(question)

    return end


def from_process(is_killed: bool) -> Callable[[], Outcome]:
    """A process that is looked at twice, or ends between the two looks."""

    def end() -> Outcome:
        with subprocess.Popen(["sleep", "60"]) as running, NamedTemporaryFile("w") as file:
            file.write(f"{running.pid}\n")
            file.flush()
            first = ProcessProbe(watching(file.name), doors(), None)
            assert first.ask().is_healthy
            if is_killed:
                running.kill()
                running.wait()
            outcome = ProcessProbe(watching(file.name), doors(), first.take()).ask()
            running.kill()
            return outcome

    return end


def watching(pid_file: str) -> Question:
    return Question("127.0.0.1", 80, Transport.PROCESS, timeout_seconds=2.0, watched=pid_file)


EVERY_END: dict[Verdict, Callable[[], Outcome]] = {
    Verdict.ANSWERED: from_server(greets(b"220 ready"), *GREETING),
    Verdict.CONNECTED: from_server(says_nothing),
    Verdict.SECURED: in_tls(over_tls(says_nothing), TlsTerms()),
    Verdict.TLS_FAILED: in_tls(greets(b"220 ready"), TlsTerms()),
    Verdict.CERTIFICATE_REFUSED: in_tls(over_tls(says_nothing), TlsTerms(verifies_chain=True)),
    Verdict.TLS_TIMED_OUT: in_tls(says_nothing, TlsTerms(), timeout=0.3),
    Verdict.NOT_REFUSED: silent_udp_server,
    Verdict.SUCCEEDED: from_program("true"),
    Verdict.WRONG_ANSWER: from_server(greets(b"421"), *GREETING),
    Verdict.CLOSED_EARLY: from_server(closes_at_once, *GREETING),
    Verdict.REFUSED: refusing_port,
    Verdict.UNREACHABLE: without_a_route,
    Verdict.CONNECT_TIMED_OUT: deaf_port,
    Verdict.SEND_TIMED_OUT: from_server(reads_nothing, *[Send(b"x" * 65_536)] * 300),
    Verdict.EXPECT_TIMED_OUT: from_server(says_nothing, *GREETING),
    Verdict.RESET: from_server(resets, *GREETING),
    Verdict.TOO_MUCH: from_server(never_stops, ExpectRegex(b"ready"), timeout=2.0),
    Verdict.EXPRESSION_TIMED_OUT: from_server(greets(b"a" * 60 + b"b\n"), ExpectRegex(b"(a+)+$")),
    Verdict.PROGRAM_FAILED: from_program("false"),
    Verdict.PROGRAM_TIMED_OUT: from_program("sleep", "9"),
    Verdict.RUNS: from_process(is_killed=False),
    Verdict.PROCESS_ENDED: from_process(is_killed=True),
    Verdict.NO_PROCESS: lambda: ask(watching("/nowhere/web.pid")),
    Verdict.NO_SUCH_PROGRAM: from_program("./no-such-program"),
    Verdict.BAD_EXPRESSION: from_server(says_nothing, ExpectRegex(b"(a")),
    Verdict.TIME_LOST: after_standing_still,
    Verdict.SYSTEM_REFUSED: without_descriptors,
}


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_can_be_had(verdict: Verdict) -> None:
    outcome = EVERY_END[verdict]()
    assert outcome.verdict is verdict, outcome.evidence


@pytest.mark.parametrize(
    "pattern", [b"(a", b"a{2,1}", b"[", b"a{99999999999999999999}", b"(" * 4000]
)
def test_a_bad_expression_is_found_before_it_is_asked(pattern: bytes) -> None:
    question = tcp(1, (ExpectRegex(pattern),))
    assert expression_fault(question)
    outcome = ask(question)
    assert (outcome.verdict, outcome.is_judgement) == (Verdict.BAD_EXPRESSION, False)


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP, Transport.PROGRAM])
def test_a_probe_is_broken_off_when_nobody_wants_it_any_more(transport: Transport) -> None:
    reading, writing = os.pipe()
    threading.Timer(0.1, os.close, (writing,)).start()
    began = now()
    with tcp_server(says_nothing) as tcp_port, udp_server(lambda _: []) as udp_port:
        port = udp_port if transport is Transport.UDP else tcp_port
        question = Question("127.0.0.1", port, transport, GREETING, 30.0, argv=("sleep", "30"))
        with pytest.raises(ToldToEnd):
            Asked(question, doors(orders_fd=reading)).__enter__()
    os.close(reading)
    assert now() - began < 2.0


def test_a_byte_in_the_orders_breaks_nothing_off() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"!")
    with tcp_server(greets(b"220")) as port, Asked(tcp(port, GREETING), doors(None, reading)) as o:
        assert o.is_healthy
    os.close(writing)
    os.close(reading)


def test_nothing_is_left_open() -> None:
    def left() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = left()
    for make in (refusing_port, silent_udp_server, from_server(greets(b"220"), *GREETING)):
        make()
    assert left() == before


def test_a_block_that_fails_leaves_no_socket() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(ZeroDivisionError), Asked(tcp(listener.getsockname()[1]), doors()):
            raise ZeroDivisionError
        assert len(os.listdir("/proc/self/fd")) == before + 1
