"""The file of a running pulse: copied for every fos, read again, and refused whole."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from piranha.config.reading import read_settings
from piranha.programs import file_trial
from piranha.programs.file_in_force import FileInForce
from piranha.programs.pulse_options import read_options
from piranha.programs.pulse_setup import Setup
from piranha.system import clock
from piranha.system.loop import Loop
from piranha.terms import Side
from piranha.wire.aside import EntryTold, SectionAsked, SectionTold, Talk
from tests.decisions.test_partner_link import a_beat
from tests.simulation.world import Timing, rules_for

FILE = """\
serial_no = 1
service = fos
primary = 10.0.0.1
backup = 10.0.0.2
keepalive = 2
deadtime = 5
failover web {
    active = 1
    address = 10.0.0.10 eth0:1
    port = 80
    start_cmd = "/bin/true"
    stop_cmd = "/bin/true"
}
"""
OTHER = FILE.replace("port = 80", "port = 8080")


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "lvs.cf"
    path.write_text(FILE)
    return path


def in_force(
    path: Path,
    loop: Loop,
    put: Callable[[], None],
    say: Callable[[Talk], None] = lambda _talk: None,
) -> FileInForce:
    reading = read_settings(FILE.encode(), "lvs.cf")
    assert reading.settings is not None
    options = read_options(["-c", str(path)])
    run = path.parent
    setup = Setup(options, reading.settings, reading.document, Side.PRIMARY, run, run)
    return FileInForce(setup, loop, say, put)


def test_what_the_partner_answers_is_said_when_it_comes(
    path: Path, loop: Loop, lines: list[str]
) -> None:
    """Nothing else may be due for a long time."""
    asked: list[Talk] = []
    file = in_force(path, loop, lambda: None, asked.append)
    here = {"failover web": b"here"}
    rules = replace(rules_for(Side.PRIMARY, Timing(2.0, 5.0)), digests=here)
    now = clock.now()
    file.hear(rules, a_beat(1, digests={"failover web": b"there"}), now)
    assert now <= file.wake_at() <= clock.now()
    file.tend()
    (question,) = asked
    assert isinstance(question, SectionAsked)
    other = EntryTold("port", "8080", False, b"")
    file.hear_aside(SectionTold(question.number, 0, 1, True, (other,)), clock.now())
    assert any("failover web differs: " in line and "8080" in line for line in lines)


def port_of(file: FileInForce) -> int:
    return file.running.settings.groups[0].services[0].port


def test_every_fos_reads_a_copy_of_what_is_in_force(path: Path, loop: Loop) -> None:
    file = in_force(path, loop, lambda: pytest.fail("nothing is new"))
    path.write_text("half writ")
    file.begin()
    assert file.accepted_path.read_text() == FILE


def test_a_good_file_is_copied_before_it_is_put_in_force(
    path: Path, loop: Loop, lines: list[str]
) -> None:
    seen: list[tuple[int, str]] = []
    file = in_force(
        path, loop, lambda: seen.append((port_of(file), file.accepted_path.read_text()))
    )
    file.begin()
    path.write_text(OTHER)
    is_applied, said = file.reload()
    assert is_applied
    assert seen == [(8080, OTHER)]
    assert [line.removeprefix("pulse: reload: ") for line in lines[-len(said) :]] == said


def test_a_bad_file_is_refused_whole(path: Path, loop: Loop, lines: list[str]) -> None:
    file = in_force(path, loop, lambda: pytest.fail("it is refused"))
    file.begin()
    path.write_text(OTHER.replace("deadtime = 5", "deadtime = five"))
    is_applied, said = file.reload()
    assert not is_applied
    assert port_of(file) == 80
    assert file.accepted_path.read_text() == FILE
    assert f"{path} is refused: 1 error; the running configuration stays" in said[-1]
    assert lines[-1].endswith(said[-1])


def test_a_trial_that_is_over_brings_the_old_file_back_in_force(
    path: Path, loop: Loop, lines: list[str]
) -> None:
    ports: list[int] = []
    file = in_force(path, loop, lambda: ports.append(port_of(file)))
    file.begin()
    file_trial.put_in_place(path, OTHER.encode(), FILE.encode(), 0.05)
    file.reload()
    assert file.wake_at() < clock.now() + 1.0
    clock.sleep_until(file.wake_at())
    file.tend()
    assert ports == [8080, 80]
    assert any("was not confirmed: going back" in line for line in lines)
    limit = clock.now() + 20
    while file_trial.read_trial(path) is not None and clock.now() < limit:
        loop.turn(clock.now() + 0.1)
    assert path.read_text() == FILE
