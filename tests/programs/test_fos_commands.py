"""Start and stop commands: their words, their environment, how they end and what they say."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from piranha.decisions.fos_events import Command, CommandEnded
from piranha.programs.fos_commands import (
    CommandPlace,
    ServiceCommands,
    command_argv,
    command_environment,
    unit_name,
)
from piranha.programs.transient_units import inherited_environment
from piranha.system import clock
from piranha.system.loop import Loop
from tests.programs.example_settings import WEB

PROGRAM = "fos"
DIRECTLY = CommandPlace(
    "piranha", "sites", "primary", in_units=False, environment={"PATH": "/usr/bin:/bin"}
)
IN_UNITS = replace(DIRECTLY, in_units=True)
LIMIT_SECONDS = 10.0


class Run:
    """Commands in a loop of their own, how each ended, and what was logged."""

    def __init__(self, lines: list[str]) -> None:
        self.loop = Loop()
        self.ended: list[CommandEnded] = []
        self.lines = lines
        self.commands = ServiceCommands(self.loop, DIRECTLY, self.ended.append)

    def __call__(self, *argv: str) -> CommandEnded:
        """Run this as a start command to its end."""
        self.commands.run(replace(WEB, start_cmd=argv), Command.START)
        self.wait_until(lambda: bool(self.ended))
        return self.ended.pop()

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        limit = clock.now() + LIMIT_SECONDS
        while not is_so():
            assert clock.now() < limit
            self.loop.turn(limit)


@pytest.fixture
def run(lines: list[str]) -> Iterator[Run]:
    made = Run(lines)
    yield made
    made.commands.close()
    made.loop.close()


def test_a_command_is_its_own_words_without_a_shell() -> None:
    assert command_argv(DIRECTLY, replace(WEB, stop_cmd=("/a", "$b;c")), Command.STOP, "u") == (
        "/a",
        "$b;c",
    )


def test_under_systemd_it_is_a_unit_that_leaves_daemons_alone() -> None:
    argv = command_argv(IN_UNITS, replace(WEB, start_cmd=("/a", "b")), Command.START, "piranha-1")
    assert argv[0] == "systemd-run"
    assert {"--wait", "--pipe", "--unit=piranha-1", "--property=KillMode=process"} <= set(argv)
    assert "--setenv=PIRANHA_SERVICE=web" in argv
    assert argv[argv.index("--") :] == ("--", "/a", "b")


def test_a_unit_is_named_after_its_service_in_letters_that_systemd_takes() -> None:
    assert unit_name("web_1", Command.START, 7, 2) == "piranha-web_1-start-7-2"
    assert unit_name("a/b ä", Command.STOP, 7, 3) == "piranha-a_b__-stop-7-3"


def test_a_command_finds_its_service_in_the_environment_and_nothing_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/x")
    monkeypatch.setenv("PATH", "/bin")
    place = replace(DIRECTLY, environment=inherited_environment())
    environment = command_environment(place, WEB)
    assert environment["PIRANHA_SERVICE"] == "web"
    assert environment["PIRANHA_VIP"] == "10.0.0.10"
    assert environment["PIRANHA_PORT"] == "80"
    assert environment["PIRANHA_GROUP"] == "sites"
    assert environment["PIRANHA_NODE"] == "primary"
    assert environment["PATH"] == "/bin"
    assert "NOTIFY_SOCKET" not in environment


def test_a_command_that_succeeds(run: Run) -> None:
    assert run("/bin/true") == CommandEnded("web", Command.START, True, "exit status 0")


def test_a_command_that_fails(run: Run) -> None:
    assert run("/bin/sh", "-c", "exit 3") == CommandEnded(
        "web", Command.START, False, "exit status 3"
    )


def test_a_command_that_cannot_be_run(run: Run) -> None:
    ended = run("/no/such/program")
    assert not ended.is_success
    assert ended.outcome == "cannot start /no/such/program: No such file or directory"


def test_a_command_that_is_killed_takes_what_it_started_with_it(run: Run, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"sleep 50 & echo $! > {pid_file}; sleep 51"
    run.commands.run(replace(WEB, start_cmd=("/bin/sh", "-c", script)), Command.START)
    limit = clock.now() + LIMIT_SECONDS
    while not (pid_file.exists() and pid_file.read_text().strip()) and clock.now() < limit:
        run.loop.turn(clock.now() + 0.01)
    run.commands.kill()
    run.wait_until(lambda: bool(run.ended))
    assert run.ended[0].outcome == f"killed by signal {int(signal.SIGKILL)}"
    grandchild = Path(f"/proc/{pid_file.read_text().strip()}/stat")
    limit = clock.now() + LIMIT_SECONDS
    while grandchild.exists() and ") Z " not in grandchild.read_text():
        assert clock.now() < limit
        run.loop.turn(clock.now() + 0.01)


def test_what_it_says_is_logged_line_by_line(run: Run) -> None:
    run("/bin/sh", "-c", "echo one; echo two >&2; printf three")
    assert run.lines == [
        "fos: web: start command says: one",
        "fos: web: start command says: two",
        "fos: web: start command says: three",
    ]


def test_what_a_start_command_leaves_behind_is_still_heard(run: Run) -> None:
    run("/bin/sh", "-c", "(sleep 0.2; echo late) & echo soon")
    run.wait_until(lambda: len(run.lines) == 2)
    assert run.lines[-1] == "fos: web: start command says: late"
