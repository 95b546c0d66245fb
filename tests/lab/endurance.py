"""What one nanny's probes cost and leave behind: processor time of each, growth over very many."""

import gc
import resource
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from piranha.probes.question import Question, Transport
from piranha.programs.nanny import ask
from piranha.script.steps import ExpectLine, Send
from piranha.system import children
from tests.lab.crowd import serve

STEPS = (Send(b"GET / HTTP/1.0\r\n\r\n"), ExpectLine(b"HTTP/1.0 200"))
SETTLING_PROBES = 1_000


@dataclass(frozen=True, slots=True)
class Endurance:
    """What was measured."""

    milliseconds: float
    """Of the processor, for one probe over loopback: connect, send, expect, a polite end."""
    growth_kilobytes: int
    """Of resident memory, without the garbage collector, which fos turns off."""


def measure(probes: int) -> Endurance:
    """Ask so often; raises AssertionError when a probe of a healthy server was not healthy."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        server = children.fork(lambda: serve(listener), "server", (listener.fileno(),))
        question = Question("127.0.0.1", listener.getsockname()[1], Transport.TCP, STEPS, 5.0)
        gc.disable()
        try:
            _ask(question, SETTLING_PROBES)
            used, resident = _used_seconds(), _resident_kilobytes()
            _ask(question, probes)
            used = _used_seconds() - used
            return Endurance(used / probes * 1000, _resident_kilobytes() - resident)
        finally:
            gc.enable()
            children.kill(server)


def _ask(question: Question, probes: int) -> None:
    for _ in range(probes):
        outcome = ask(question)
        assert outcome.is_healthy, outcome


def _used_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _resident_kilobytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024
