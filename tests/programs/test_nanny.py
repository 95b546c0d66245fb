"""nanny as fos forks it, and as a person starts it."""

import gc
import os
import re
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from piranha.probes.question import Question, Transport
from piranha.programs.nanny import ask, run_for_fos, warm_up
from piranha.script.steps import ExpectPrefix, Send, steps_of
from piranha.system import children
from piranha.system.children import Child
from piranha.wire import nanny_line
from piranha.wire.nanny_line import NannyReport
from tests.probes.servers import (
    answers,
    closed_port,
    greets,
    never_stops,
    now,
    says_nothing,
    tcp,
    tcp_server,
)

HTTP = steps_of(b"GET / HTTP/1.0\r\n\r\n", b"HTTP")
MAN_PAGE = Path(__file__).resolve().parents[2] / "man" / "nanny.8"


def nanny(*words: str, seconds: float = 20.0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "piranha.programs.nanny", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)


class Forked:
    """A nanny of a fos that is this test."""

    def __init__(self, question: Question, interval: float, phase: float = 0.0) -> None:
        self._reports, report_write = os.pipe()
        order_read, self.orders = os.pipe()
        self.child: Child = children.fork(
            lambda: run_for_fos(question, interval, phase, report_write, order_read),
            f"nanny: {question.service} -> {question.target}",
            keep_fds=(report_write, order_read),
        )
        os.close(report_write)
        os.close(order_read)
        self._lines: list[bytes] = []

    def next_report(self, seconds: float = 5.0) -> NannyReport:
        while not self._lines:
            ready, _, _ = select.select([self._reports], [], [], seconds)
            assert ready, "no report in time"
            *self._lines, rest = os.read(self._reports, 65_536).split(b"\n")
            assert rest == b"", "a line is written as a whole"
        return nanny_line.decode(self._lines.pop(0))

    def end(self) -> int | None:
        """Close the orders, and see how it ends."""
        os.close(self.orders)
        select.select([self.child.pidfd], [], [], 5.0)
        status = children.reap(self.child)
        os.close(self._reports)
        return status


@contextmanager
def forked(question: Question, interval: float, phase: float = 0.0) -> Iterator[Forked]:
    one = Forked(question, interval, phase)
    try:
        yield one
    finally:
        try:
            os.kill(one.child.pid, signal.SIGKILL)
            os.waitpid(one.child.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass


def test_a_forked_nanny_reports_each_probe() -> None:
    serving = tcp_server(answers(b"HTTP/1.0 200 OK\r\n"))
    with serving as port, forked(tcp(port, HTTP), 0.05) as one:
        reports = [one.next_report() for _ in range(3)]
        assert one.end() == 0
    assert [report.sequence for report in reports] == [1, 2, 3]
    assert {(r.service, r.verdict, r.is_healthy) for r in reports} == {("mail", "answered", True)}


def test_a_byte_means_probe_now() -> None:
    with closed_port() as port, forked(tcp(port), 60.0) as one:
        assert one.next_report().sequence == 1
        os.write(one.orders, b"\n")
        report = one.next_report()
        assert (report.sequence, report.verdict) == (2, "refused")
        assert one.end() == 0


def test_it_ends_with_fos_even_in_the_middle_of_a_probe() -> None:
    steps = (ExpectPrefix(b"x"),)
    with tcp_server(says_nothing) as port, forked(tcp(port, steps, 30.0), 60.0) as one:
        began = now()
        assert one.end() == 0
        assert now() - began < 2.0


def test_it_outlives_a_server_that_resets_while_it_sends() -> None:
    """A forked child has SIGPIPE at its default, which would kill it."""

    def slams_the_door(connection: object) -> None:
        del connection

    steps = (Send(b"x" * 65_536),) * 100 + (ExpectPrefix(b"x"),)
    with tcp_server(slams_the_door) as port, forked(tcp(port, steps), 0.02) as one:
        for _ in range(5):
            report = one.next_report()
            assert report.verdict in ("reset", "closed early", "timed out in send")
        assert one.end() == 0


def test_after_the_fork_nothing_is_imported() -> None:
    """What is imported later is memory that no other nanny shares."""
    code = (
        "import socket, sys\n"
        "from piranha.programs import nanny\n"
        "from piranha.probes.question import *\n"
        "from piranha.script.queries import DhcpKind, DnsQuery\n"
        "from piranha.script.steps import steps_of\n"
        "from piranha.system import children\n"
        "channel = socket.socket(type=socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)\n"
        "more = dict(argv=('true',), dns=DnsQuery('a.b', 'A'), secret=b'x', watched='x',\n"
        "    dhcp=DhcpQuestion(DhcpKind.DISCOVER, 'lo', channel.fileno()))\n"
        "children.prepare_to_fork()\n"
        "before = set(sys.modules)\n"
        "for transport in Transport:\n"
        "    for steps in ((), steps_of(b'x', b'x'), steps_of(None, b'^x$', True)):\n"
        "        for host in ('127.0.0.1', '::1'):\n"
        "            nanny.ask(Question(host, 1, transport, steps, 0.2, **more))\n"
        "print(sorted(set(sys.modules) - before), {'logging', 'threading'} & set(sys.modules))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("[] set()\n", "")


def test_fifty_nannies_have_at_most_two_megabytes_each() -> None:
    """In a process of its own: what pytest has loaded is not what fos has."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.programs.nanny_memory", "50"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        cwd=MAN_PAGE.parents[1],
    )
    sizes = [int(size) for size in ran.stdout.split()]
    assert len(sizes) == 50
    assert max(sizes) <= 2_000, f"private kB: {sorted(sizes)}"


def test_fifty_nannies_that_ask_by_tls_share_what_the_library_needs() -> None:
    """Without the session before the fork they have 4.9 MB each."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.programs.nanny_memory", "50", "tls"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        cwd=MAN_PAGE.parents[1],
    )
    sizes = [int(size) for size in ran.stdout.split()]
    assert len(sizes) == 50
    assert max(sizes) <= 3_500, f"private kB: {sorted(sizes)}"


def test_warming_up_takes_no_time_and_leaves_nothing() -> None:
    before = len(os.listdir("/proc/self/fd"))
    began = now()
    warm_up()
    assert now() - began < 0.5
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_probe_costs_half_a_millisecond_of_our_time() -> None:
    with tcp_server(answers(b"HTTP/1.0 200 OK\r\n")) as port:
        question = tcp(port, HTTP)
        for _ in range(20):
            ask(question)
        before = resource.getrusage(resource.RUSAGE_THREAD)
        for _ in range(200):
            assert ask(question).is_healthy
        after = resource.getrusage(resource.RUSAGE_THREAD)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used / 200 <= 0.0005


def test_probes_leave_nothing_behind_in_memory() -> None:
    """Not even without the garbage collector, which fos turns off."""

    def objects_after(probes: int) -> int:
        for _ in range(probes):
            ask(question)
        return len(gc.get_objects())

    with tcp_server(answers(b"HTTP/1.0 200 OK\r\n")) as port:
        question = tcp(port, HTTP)
        gc.collect()
        gc.disable()
        try:
            first = objects_after(50)
            assert objects_after(300) <= first + 20
        finally:
            gc.enable()


def test_once_says_with_its_exit_status_whether_the_service_is_healthy() -> None:
    with tcp_server(greets(b"220 mail ready\r\n")) as port:
        healthy = nanny("--once", "-h", "127.0.0.1", "-p", str(port), "-x", "220")
        sick = nanny("--once", "-h", "127.0.0.1", "-p", str(port), "-x", "250")
    assert (healthy.returncode, healthy.stderr) == (0, "")
    assert re.fullmatch(
        rf'nanny: 127\.0\.0\.1:{port}: answered: expected "220", '
        r'got "220 mail ready\\r\\n", after 0\.\d{3} s\n',
        healthy.stdout,
    )
    assert sick.returncode == 10
    assert "wrong answer" in sick.stdout


def test_a_person_sees_the_dialogue() -> None:
    with tcp_server(answers(b"421 too busy\r\n")) as port:
        words = ["-n", "-v", "--once", "-h", "127.0.0.1", "-p", str(port)]
        ran = nanny(*words, "-s", r"HELO me\r\n", "-x", "220")
    without_times = re.sub(r" +\d\.\d{3}", "T", ran.stdout)
    assert without_times.splitlines() == [
        f"T = asking 127.0.0.1:{port} by tcp, for at most 10 s",
        "T = connected",
        r"T > HELO me\r\n",
        'T = expecting "220"',
        r"T < 421 too busy\r\n",
        'T = wrong answer: expected "220", got "421 too busy\\r\\n", afterT s'
        " (it answered, but not as expected)",
    ]
    assert ran.returncode == 10


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["--once"], 100, "nanny: the following arguments are required: -h/--server"),
        (["-h", "::1", "-w", "3"], 100, "nanny: -w belongs to load balancing"),
        (["-h", "x.invalid", "--once"], 111, "nanny: cannot resolve x.invalid: "),
        (["-h", "::1", "-e", "./nothing", "--once"], 111, "no such program: ./nothing: "),
        (["-h", "::1", "--test-start"], 0, "asking [::1]:80 by tcp, for at most 10 s\n"),
        (["--version"], 0, "nanny "),
        (["--help"], 0, "usage: nanny -h ADDRESS"),
        (["-?"], 0, "usage: nanny -h ADDRESS"),
    ],
)
def test_other_ends_have_their_exit_status(words: list[str], status: int, text: str) -> None:
    ran = nanny(*words)
    assert text in ran.stdout + ran.stderr
    assert ran.returncode == status
    assert "Traceback" not in ran.stderr


def test_changes_are_logged_and_commands_run() -> None:
    """The first answer is good, all others are bad."""
    greetings = iter([b"220 ready\r\n"])

    def behave(connection: object) -> None:
        greets(next(greetings, b"421 busy\r\n"))(connection)  # type: ignore[arg-type]

    with tcp_server(behave) as port:
        words = ["-h", "127.0.0.1", "-p", str(port), "-x", "220", "-t", "0.05", "-n"]
        commands = ["-V", "10.0.0.9", "-R", "echo started %v", "-D", "sh -c 'echo stopped; exit 3'"]
        command = [sys.executable, "-m", "piranha.programs.nanny", *words, *commands]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        process.terminate()
        assert process.wait(10) == 0
    target = f"nanny: 127.0.0.1:{port}: "
    assert lines[0].split(target)[1].startswith("unknown -> up: answered: expected ")
    assert lines[1] == "started 10.0.0.9\n"
    assert lines[2].split(target)[1].startswith("up -> down: wrong answer: ")
    assert lines[3] == "stopped\n"
    assert lines[4].split(target)[1] == "shutdown command failed: exit status 3\n"


def test_an_interrupt_ends_it_at_once_in_the_middle_of_a_probe() -> None:
    with tcp_server(says_nothing) as port:
        command = [sys.executable, "-m", "piranha.programs.nanny", "-n", "-v"]
        command += ["-h", "127.0.0.1", "-p", str(port), "-x", "220", "-t", "60"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        while "expecting" not in process.stdout.readline():
            pass
        began = now()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert now() - began < 2.0
        process.stdout.close()


def test_a_flood_is_shown_in_small() -> None:
    with tcp_server(never_stops) as port:
        ran = nanny("-v", "--once", "-h", "127.0.0.1", "-p", str(port), "-x", "q", "--use-regex")
    assert "too much" in ran.stdout
    assert len(ran.stdout) < 200_000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give rights up")
def test_by_hand_it_asks_without_root_rights() -> None:
    ran = nanny("--once", "-v", "-h", "::1", "-e", "id -un")
    assert "< nobody" in ran.stdout


def test_the_manual_explains_every_verdict() -> None:
    from piranha.probes.verdict import Verdict

    page = MAN_PAGE.read_text(encoding="utf-8")
    entries = set(re.findall(r"^\.It Sy (.+)$", page, flags=re.MULTILINE))
    assert entries >= {verdict.words for verdict in Verdict}


def test_a_question_is_asked_the_same_way_by_hand() -> None:
    with closed_port() as port:
        outcome = ask(Question("127.0.0.1", port, Transport.TCP))
    assert outcome.verdict.words == "refused"
