"""pulse keeps its fos processes: started, found again, judged, ended. Real processes, fake fos."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from piranha.decisions.events import Event, FosFound, FosLost, FosReported
from piranha.programs.fos_keeper import FosKeeper, fos_command, socket_path
from piranha.programs.fos_seat import FosSeat, Phase, Place
from piranha.system import clock
from piranha.system.loop import Loop
from piranha.terms import Severity, Side
from piranha.wire.order_line import Permit, Release
from piranha.wire.report_line import Armed, FosMode, Held, Released, Taken
from tests.programs.conftest import Log

FAKE_FOS = Path(__file__).with_name("fake_fos.py")
HUNG_SECONDS = 0.3
ACTIVE, MONITOR = FosMode.ACTIVE, FosMode.MONITOR


class Scene:
    """A keeper with a loop of its own, what it told, and what it logged."""

    def __init__(self, directory: Path, behaviour: str, lines: list[str]) -> None:
        self.loop = Loop()
        self.events: list[Event] = []
        self.cleared: list[str] = []
        self.lines = lines
        self.environment = {
            "FAKE_FOS": behaviour,
            "FAKE_FOS_DIRECTORY": str(directory),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        place = Place(
            loop=self.loop,
            emit=self.events.append,
            clear_leftovers=self.cleared.append,
            command=lambda group, mode: [
                sys.executable, str(FAKE_FOS), f"--{mode}", "--group", group,
            ],
            environment=self.environment,
            hung_seconds=HUNG_SECONDS,
        )  # fmt: skip
        self.keeper = FosKeeper(place, lambda g, m: socket_path(directory, "test", g, m))

    def until(self, is_so: Callable[[], bool], seconds: float = 10.0) -> None:
        limit = clock.now() + seconds
        while not is_so():
            assert clock.now() < limit, (self.events, self.lines)
            self.loop.turn(min(limit, self.keeper.wake_at()))
            self.keeper.tend()

    def of(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def seat(self, mode: FosMode = ACTIVE) -> FosSeat:
        seat = self.keeper.seat("web", mode)
        assert seat is not None
        return seat

    def phase(self, mode: FosMode = ACTIVE) -> Phase:
        return self.seat(mode).phase

    def pid(self, mode: FosMode = ACTIVE) -> int:
        return self.seat(mode).pid

    def start(self) -> None:
        self.keeper.find(["web"])
        self.until(lambda: FosReported("web", ACTIVE, Armed()) in self.events)

    def close(self) -> None:
        for seat in self.keeper:
            if seat.pid:
                os.kill(seat.pid, signal.SIGKILL)
        with contextlib.suppress(AssertionError):
            self.until(lambda: not any(seat.pid for seat in self.keeper), 1.0)
        self.loop.close()


@pytest.fixture
def scene(tmp_path: Path, lines: list[str]) -> Iterator[Callable[[str], Scene]]:
    scenes: list[Scene] = []

    def make(behaviour: str = "well") -> Scene:
        scenes.append(Scene(tmp_path, behaviour, lines))
        return scenes[-1]

    yield make
    for made in scenes:
        made.keeper.end(2.0)
        made.close()


def permit(scene: Scene, epoch: int = 3) -> None:
    scene.keeper.order("web", ACTIVE, Permit(epoch, {"partner": clock.now() + 60.0}))


def test_a_fos_is_started_heard_and_obeys(scene: Callable[[str], Scene]) -> None:
    it = scene("well")
    it.start()
    assert it.cleared == ["web"]
    assert isinstance(it.events[0], FosFound)
    assert it.events[0].hello.pid == it.pid()
    permit(it)
    it.until(lambda: FosReported("web", ACTIVE, Taken(3, 0.001)) in it.events)
    it.until(lambda: it.seat().said.held_epoch == 3)
    it.keeper.order("web", ACTIVE, Release(3, False, "asked"))
    it.until(lambda: FosReported("web", ACTIVE, Released(3, "asked")) in it.events)
    assert it.of(FosLost) == []


def test_a_killed_fos_is_started_again_at_once_and_then_after_growing_pauses(
    scene: Callable[[str], Scene],
) -> None:
    it = scene("well")
    it.start()
    first = it.pid()
    os.kill(first, signal.SIGKILL)
    it.until(lambda: len(it.of(FosFound)) == 2)
    assert it.of(FosLost) == [FosLost("web", ACTIVE, "killed by SIGKILL")]
    assert it.pid() not in (0, first)
    os.kill(it.pid(), signal.SIGKILL)
    it.until(lambda: len(it.of(FosLost)) == 2)
    assert it.phase() is Phase.PAUSING
    assert 0.3 < it.keeper.wake_at() - clock.now() <= 0.5
    assert "pulse: web: fos --active ended: killed by SIGKILL; it is started again in 0.5 s" in (
        it.lines
    )


def test_a_fos_that_refuses_its_configuration_waits_for_a_reload(
    scene: Callable[[str], Scene],
) -> None:
    it = scene("exit 100")
    it.keeper.find(["web"])
    it.until(lambda: bool(it.of(FosLost)))
    lost = it.of(FosLost)[0]
    assert isinstance(lost, FosLost)
    assert (lost.is_permanent, it.phase()) == (True, Phase.REFUSED)
    assert it.keeper.wake_at() == float("inf")
    it.environment["FAKE_FOS"] = "well"
    it.keeper.reload({"web": 1.0})
    it.until(lambda: it.phase() is Phase.HEARD)


def test_a_program_that_cannot_be_started_is_tried_again(
    scene: Callable[[str], Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = scene("well")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    it.keeper.find(["web"])
    it.until(lambda: len(it.of(FosLost)) == 2)
    lost = it.of(FosLost)[1]
    assert isinstance(lost, FosLost)
    assert "cannot start /nowhere/python: No such file or directory" in lost.reason
    assert it.phase() is Phase.PAUSING


def test_the_next_pulse_finds_a_living_fos_and_clears_nothing(
    scene: Callable[[str], Scene],
) -> None:
    before = scene("well")
    before.start()
    permit(before, 7)
    before.until(lambda: FosReported("web", ACTIVE, Taken(7, 0.001)) in before.events)
    pid = before.pid()
    before.keeper.abandon()
    before.loop.close()
    after = scene("well")
    after.keeper.find(["web"])
    (found,) = after.of(FosFound)
    assert isinstance(found, FosFound)
    assert (found.hello.pid, found.hello.epoch) == (pid, 7)
    assert after.cleared == []
    os.kill(pid, signal.SIGKILL)
    after.until(lambda: len(after.of(FosFound)) == 2)
    assert after.of(FosLost) == [FosLost("web", ACTIVE, "it is gone")]


def test_what_an_earlier_pulse_left_hung_is_killed_before_we_begin(
    scene: Callable[[str], Scene],
) -> None:
    before = scene("well")
    before.start()
    pid = before.pid()
    os.kill(pid, signal.SIGSTOP)
    before.keeper.abandon()
    before.loop.close()
    after = scene("well")
    after.keeper.find(["web"])
    assert after.cleared == ["web"]
    assert after.pid() != pid
    after.until(lambda: bool(after.of(FosFound)))


def test_a_stale_socket_is_no_obstacle(scene: Callable[[str], Scene], tmp_path: Path) -> None:
    import socket

    left = socket.socket(socket.AF_UNIX)
    left.bind(str(socket_path(tmp_path, "test", "web", ACTIVE)))
    left.close()
    it = scene("well")
    it.start()
    assert it.phase() is Phase.HEARD


def test_a_fos_that_should_hold_and_says_nothing_is_killed(
    scene: Callable[[str], Scene],
) -> None:
    it = scene("hanging")
    it.start()
    pid, at = it.pid(), clock.now()
    permit(it)
    it.until(lambda: bool(it.of(FosLost)))
    assert HUNG_SECONDS <= clock.now() - at < HUNG_SECONDS + 2.0
    lost = it.of(FosLost)[0]
    assert isinstance(lost, FosLost)
    assert lost.reason.startswith("hung: no report of held VIPs for 0.3")
    it.until(lambda: it.phase() is Phase.HEARD)
    assert it.pid() != pid


def test_that_it_still_holds_is_no_event(scene: Callable[[str], Scene]) -> None:
    it = scene("well")
    it.start()
    permit(it)
    it.until(lambda: it.seat().said.held_epoch == 3)
    assert not any(isinstance(e, FosReported) and isinstance(e.report, Held) for e in it.events)


def test_an_armed_fos_may_be_silent(scene: Callable[[str], Scene]) -> None:
    it = scene("well")
    it.start()
    assert it.keeper.wake_at() == float("inf")


def test_who_does_not_speak_our_language_is_killed(scene: Callable[[str], Scene]) -> None:
    it = scene("babbling")
    it.keeper.find(["web"])
    it.until(lambda: bool(it.of(FosLost)))
    lost = it.of(FosLost)[0]
    assert isinstance(lost, FosLost)
    assert "does not speak our language" in lost.reason
    assert it.of(FosFound) == []


def test_a_monitor_runs_only_while_it_is_wanted(scene: Callable[[str], Scene]) -> None:
    it = scene("well")
    it.start()
    it.keeper.run_monitor("web", True)
    it.until(lambda: FosReported("web", MONITOR, Armed()) in it.events)
    it.keeper.run_monitor("web", False)
    it.until(lambda: it.phase(MONITOR) is Phase.AWAY)
    assert it.of(FosLost) == []


def test_a_monitor_wanted_again_while_it_ends_is_started_again(
    scene: Callable[[str], Scene],
) -> None:
    it = scene("well")
    it.start()
    it.keeper.run_monitor("web", True)
    it.until(lambda: it.phase(MONITOR) is Phase.HEARD)
    pid = it.pid(MONITOR)
    it.keeper.run_monitor("web", False)
    it.keeper.run_monitor("web", True)
    it.until(lambda: it.pid(MONITOR) != pid and it.phase(MONITOR) is Phase.HEARD)
    assert it.of(FosLost) == []


def test_a_fos_that_is_only_starting_can_be_dismissed(scene: Callable[[str], Scene]) -> None:
    it = scene("well")
    it.start()
    it.keeper.run_monitor("web", True)
    at = clock.now()
    it.keeper.run_monitor("web", False)
    it.until(lambda: it.phase(MONITOR) is Phase.AWAY)
    assert clock.now() - at < 1.0
    assert it.of(FosLost) == []


def test_the_fos_of_a_removed_group_quits(scene: Callable[[str], Scene]) -> None:
    it = scene("well")
    it.start()
    it.keeper.reload({"ftp": 1.0})
    it.until(lambda: len(it.of(FosFound)) == 2 and not any(s.group == "web" for s in it.keeper))
    assert it.of(FosLost) == []


def test_all_end_when_asked_and_the_deaf_are_killed(scene: Callable[[str], Scene]) -> None:
    it = scene("well")
    it.start()
    it.keeper.run_monitor("web", True)
    it.until(lambda: it.phase(MONITOR) is Phase.HEARD)
    os.kill(it.pid(), signal.SIGSTOP)
    it.keeper.end(0.3)
    assert not any(seat.is_running for seat in it.keeper)
    assert it.of(FosLost) == []


def test_fos_is_called_with_its_group_and_the_side(tmp_path: Path) -> None:
    command = fos_command(None, tmp_path / "lvs.cf", Side.BACKUP, is_verbose=True)
    assert command("web", MONITOR) == [
        sys.executable, "-m", "piranha.programs.fos", "--monitor", "--nofork", "-v",
        "-c", f"{tmp_path}/lvs.cf", "--group", "web", "--node", "backup",
    ]  # fmt: skip
    given = fos_command("/opt/fos", tmp_path / "lvs.cf", Side.PRIMARY, is_verbose=False)
    assert given("web", ACTIVE)[:3] == ["/opt/fos", "--active", "--nofork"]


def test_nobody_is_told_below_warning_of_a_loss(scene: Callable[[str], Scene], log: Log) -> None:
    it = scene("exit 3")
    it.keeper.find(["web"])
    it.until(lambda: bool(it.of(FosLost)))
    assert [severity for severity, _ in log.entries] == [Severity.WARNING]
