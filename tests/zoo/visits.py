"""Asks as a nanny asks: a question from a block of lvs.cf, in a forked child without rights."""

import contextlib
import json
import os
import select
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from piranha.probes.asking import Asked
from piranha.probes.doors import Doors
from piranha.probes.question import Question
from piranha.probes.verdict import Bearing, Verdict
from piranha.programs.config_file import read_config_file
from piranha.programs.fos_nannies import NANNY_USER
from piranha.programs.service_question import opened, question_of
from piranha.system import children, clock

LATE_SECONDS = 0.05
"""How much later than its timeout a verdict may come."""
LIMIT_SECONDS = 60.0
"""For a child that asks; it never comes to that."""
FILE = """\
service = fos
primary = 127.0.0.1
backup = 127.0.0.2
failover zoo {{
    active = 1
    address = 127.0.0.9 lo:1
    start_cmd = /bin/true
    stop_cmd = /bin/true
    monitor = {recipe}
    {lines}
}}
"""


SECRET = "testing123"
"""What a server and the nanny share."""


@dataclass(frozen=True, slots=True)
class Visit:
    """How one probe ended."""

    verdict: Verdict
    evidence: str
    seconds: float
    """Until the verdict, as the child's own clock has it."""

    @property
    def is_healthy(self) -> bool:
        return self.verdict.bearing is Bearing.HEALTHY

    @property
    def is_sick(self) -> bool:
        return self.verdict.bearing is Bearing.SICK


def question(recipe: str, lines: str, folder: Path, host: str = "127.0.0.1") -> Question:
    """What fos would have a nanny ask for `monitor = RECIPE` and these further lines, in which
    {folder}/secret is a file with the secret."""
    secret, path = folder / "secret", folder / "lvs.cf"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    lines = lines.replace("{folder}", str(folder))
    path.write_text(FILE.format(recipe=recipe, lines=lines.replace("; ", "\n    ")))
    reading = read_config_file(path)
    assert reading.settings is not None, [str(complaint) for complaint in reading.complaints]
    service = reading.settings.groups[0].services[0]
    return opened(question_of(service, host))  # type: ignore[arg-type]


def ask(question: Question, times: int = 1) -> list[Visit]:
    """Ask so many times, one after the other, in one child."""
    return ask_all([question], times)[0]


def ask_all(questions: Sequence[Question], times: int = 1) -> list[list[Visit]]:
    """Ask all of them at the same time, each in a child of its own. None begins before all are
    there: servers are threads of ours, and a child that is forked while one of them works may
    inherit a lock of OpenSSL that nobody ever opens."""
    gate, barrier = os.pipe()
    asked = [_start(question, times, gate) for question in questions]
    os.close(barrier)
    os.close(gate)
    return [_finish(child, reading) for child, reading in asked]


def _start(question: Question, times: int, gate: int) -> tuple[children.Child, int]:
    reading, writing = os.pipe()
    user = children.find_user(NANNY_USER)

    def body() -> int:
        if os.geteuid() == 0:
            children.drop_rights(user)
        os.read(gate, 1)  # until it is closed
        for _ in range(times):
            with Asked(question, Doors(clock.now, children)) as outcome:
                said = [outcome.verdict.name, outcome.evidence, outcome.seconds]
                os.write(writing, json.dumps(said).encode() + b"\n")
        return 0

    child = children.fork(body, "zoo: visitor", (writing, gate))
    os.close(writing)
    return child, reading


def _finish(child: children.Child, reading: int) -> list[Visit]:
    end = clock.now() + LIMIT_SECONDS
    said = bytearray()
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    while poll.poll(max(0.0, end - clock.now()) * 1000) and (piece := os.read(reading, 65_536)):
        said += piece
    os.close(reading)
    children.kill(child)
    poll = select.poll()
    poll.register(child.pidfd, select.POLLIN)
    poll.poll(1000)
    with contextlib.suppress(ChildProcessError):
        children.reap(child)
    visits = (json.loads(line) for line in said.splitlines())
    return [Visit(Verdict[name], evidence, seconds) for name, evidence, seconds in visits]
