"""Every recipe at real servers: a healthy one is never called sick, a frozen one never healthy."""

import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Bearing, Verdict
from piranha.script.steps import Expectation, Send
from piranha.wire.exit_status import ExitStatus
from tests.zoo import visits
from tests.zoo.all_animals import ANIMALS
from tests.zoo.animal import Animal, Kept, network_of, version, version_of
from tests.zoo.conftest import IS_WHOLE, SEEN, Cage
from tests.zoo.results import Seen
from tests.zoo.sick import server, splitting
from tests.zoo.visits import LATE_SECONDS

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: servers run in network namespaces"),
]

PROBES = 100 if IS_WHOLE else 20
SICK_TIMEOUT_SECONDS = 1.0 if IS_WHOLE else 0.3
SETTLE_SECONDS = 1.0 if IS_WHOLE else 0.1
"""Until a server has written its log."""
TRIES = 3
SHOWN_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Case:
    """A recipe at a server."""

    animal: Animal
    recipe: str

    @property
    def lines(self) -> str:
        return self.animal.recipes[self.recipe]


CASES = [
    Case(animal, recipe)
    for animal in ANIMALS
    if IS_WHOLE or animal.in_ci
    for recipe in animal.recipes
]

LEARNED: dict[tuple[str, str], set[str]] = {
    ("http-proxy", "tinyproxy"): {""},  # it is none for who asks it as a web server
    ("redis", "stunnel"): {""},  # on a port of its own, and it waits for the client
    ("redis", "ssh -L"): {""},
    ("smtp-starttls", "postfix"): {"smtp"},
    ("smtp-starttls", "exim4"): {"smtp"},
    ("postgresql-login", "postgresql"): {"postgresql"},
    ("nfs3", "nfs-ganesha"): {"nfs"},
    ("radius", "freeradius"): {""},  # needs a secret
    ("snmp-public", "snmpd"): {"snmp"},
    ("dns", "knot"): {""},  # asked over TCP here, and over UDP by the recipe
}
"""Which recipes may be found for a recipe and a server where it is another one; "": none."""


class Visited:
    """A case whose server runs and has answered once."""

    def __init__(self, case: Case, kept: Kept, folder: Path) -> None:
        self.case = case
        self.kept = kept
        self._folder = folder

    def question(self, *more: str) -> Question:
        """What is asked; `more` lines of the block win."""
        given = [line for line in self.case.lines.split("; ") if line]
        named = {line.split(" =")[0] for line in more}
        lines = [line for line in given if line.split(" =")[0] not in named]
        return visits.question(self.case.recipe, "; ".join([*lines, *more]), self._folder)

    def piranhactl(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """What a person types on this node; the file is that of the last question."""
        argv = [sys.executable, "-m", "piranha.programs.piranhactl"]
        argv += ["-c", str(self._folder / "lvs.cf"), *words]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60.0, check=False)

    def wait_until_ready(self) -> None:
        question = self.question()
        protocol = "tcp" if is_over_tcp(question) else "udp"
        end = time.monotonic() + self.case.animal.ready_seconds
        seen = None
        while time.monotonic() < end:
            if self.kept.listens(question.port, protocol):
                seen = visits.ask(question)[0]
                if seen.is_healthy:
                    return
            time.sleep(0.05)
        pytest.fail(f"it never was healthy: {seen}\n" + "\n".join(self.kept.logged()[-20:]))


@pytest.fixture(
    scope="module", params=CASES, ids=[f"{case.recipe} at {case.animal.name}" for case in CASES]
)
def visited(
    request: pytest.FixtureRequest, cage: Cage, tmp_path_factory: pytest.TempPathFactory
) -> object:
    case: Case = request.param
    if missing := missing_packages(case.animal):
        pytest.skip(f"not installed: {' '.join(missing)} (make zoo installs every server)")
    kept = cage.hold(case.animal)
    with network_of(kept.host.pid):
        visited = Visited(case, kept, tmp_path_factory.mktemp("visits"))
        visited.wait_until_ready()
        yield visited


def missing_packages(animal: Animal) -> list[str]:
    """Those that are not installed."""
    return [package for package in animal.packages if not version_of(package)]


def test_a_healthy_server_is_never_called_sick(
    visited: Visited, request: pytest.FixtureRequest
) -> None:
    time.sleep(SETTLE_SECONDS)
    before = Counter(visited.kept.logged())
    question = visited.question()
    probes = PROBES if expects_anything(question) or question.transport is Transport.TCP else 5
    seen = visits.ask(question, probes)  # each to a mute port takes a second
    assert len(seen) == probes
    assert [visit for visit in seen if not visit.is_healthy] == []
    time.sleep(SETTLE_SECONDS)
    left = list((Counter(visited.kept.logged()) - before).elements())
    case = visited.case
    request.config.stash[SEEN].append(
        Seen(
            case.recipe,
            case.animal.name,
            version(case.animal),
            round(statistics.median(visit.seconds for visit in seen) * 1000, 1),
            len(left),
            left[-1][:SHOWN_CHARACTERS] if left else "",
        )
    )
    print("\n".join(left[-6:]))


def test_a_person_is_shown_what_the_daemons_see(visited: Visited) -> None:
    question = visited.question()
    shown = visited.piranhactl("probe", "zoo", "--node", "A")
    assert shown.returncode == ExitStatus.OK, shown.stdout + shown.stderr
    first, *dialogue, last = shown.stdout.splitlines()
    assert f"= asking {question.target} by {question.transport}" in first
    assert any(" > " in line for line in dialogue) or not sends_anything(question)
    assert any(" < " in line for line in dialogue) or not expects_anything(question)
    verdict = last.split(" = ")[1].split(":")[0]
    assert verdict in {str(one) for one in Verdict if one.bearing is Bearing.HEALTHY}


def test_a_greeting_in_single_bytes_changes_nothing(visited: Visited) -> None:
    question = visited.question()
    if question.transport is not Transport.TCP:
        return  # datagrams are never cut
    with server(splitting(question.port, 0.0005)) as port:
        seen = visits.ask(visited.question(f"port = {port}"))[0]
    assert seen.is_healthy, seen


def test_a_byte_a_second_is_sick(visited: Visited) -> None:
    question = visited.question()
    if question.transport is not Transport.TCP:
        return
    timeout = f"timeout = {SICK_TIMEOUT_SECONDS}"
    with server(splitting(question.port, 1.0)) as port:
        for _ in range(TRIES):
            seen = visits.ask(visited.question(f"port = {port}", timeout))[0]
            if seen.seconds <= SICK_TIMEOUT_SECONDS + LATE_SECONDS:
                break
    assert seen.is_sick or not expects_anything(question), seen
    assert seen.seconds <= SICK_TIMEOUT_SECONDS + LATE_SECONDS


def test_a_frozen_server_is_sick_in_time(visited: Visited) -> None:
    question = visited.question(f"timeout = {SICK_TIMEOUT_SECONDS}")
    visited.kept.freeze()
    try:
        for _ in range(TRIES):
            seen = visits.ask(question)[0]
            if seen.seconds <= SICK_TIMEOUT_SECONDS + LATE_SECONDS:
                break
    finally:
        visited.kept.thaw()
    assert seen.is_sick or not expects_anything(question), seen
    assert seen.seconds <= SICK_TIMEOUT_SECONDS + LATE_SECONDS
    visited.wait_until_ready()


if IS_WHOLE:  # each listens for two seconds; it is not skipped, as a skip is a failure in CI

    def test_what_is_learned_of_a_server_is_a_recipe_that_fits(visited: Visited) -> None:
        question = visited.question()
        udp = [] if is_over_tcp(question) else ["--udp"]
        learned = visited.piranhactl("learn", f"127.0.0.1:{question.port}", *udp)
        found = re.search(r"^    monitor = (\S+)$", learned.stdout, flags=re.MULTILINE)
        recipe, server = visited.case.recipe, visited.case.animal.name
        fits = LEARNED.get((recipe, server), {recipe})
        assert (found[1] if found else "") in fits, learned.stdout + learned.stderr
        assert (learned.returncode == ExitStatus.OK) == bool(found)


def is_over_tcp(question: Question) -> bool:
    if question.dns is not None:
        return question.dns.is_over_tcp
    return question.transport is Transport.TCP


def sends_anything(question: Question) -> bool:
    """False where the server speaks alone."""
    is_stream = question.transport is Transport.TCP
    return not is_stream or any(isinstance(step, Send) for step in question.steps)


def expects_anything(question: Question) -> bool:
    """False for discard: it never answers, so nobody can tell it from a frozen one."""
    is_scripted = question.transport in (Transport.TCP, Transport.UDP)
    return not is_scripted or any(isinstance(step, Expectation) for step in question.steps)
