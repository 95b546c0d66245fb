"""What pulse does by the clock."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from piranha.decisions import node
from piranha.decisions.events import HoldChanged, IgnoreChanged, SwitchAsked
from piranha.decisions.node_state import NodeState
from piranha.programs.node_memory import NodeMemory
from piranha.programs.pulse_timers import NEVER, Endings, ForcedTakeover, Watchdog
from piranha.programs.rules_from import rules_from
from piranha.system import clock
from piranha.terms import Role, Side
from piranha.wire.report_line import FosMode
from tests.programs.example_settings import SETTINGS

pytestmark = pytest.mark.usefixtures("log")


def test_without_a_watchdog_nothing_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    assert Watchdog().due_at == NEVER


def test_the_watchdog_is_told_twice_in_its_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(1.0)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    watchdog = Watchdog()
    now = clock.now()
    watchdog.tend(now)
    assert manager.recv(100) == b"WATCHDOG=1"
    assert watchdog.due_at == now + 1.0
    manager.close()


def test_holds_end_by_the_date(tmp_path: Path) -> None:
    memory = NodeMemory(tmp_path / "memory", pytest.fail)
    endings = Endings(memory)
    memory.hold(clock.wall() + 100.0)
    memory.ignore("web", clock.wall() - 1.0)
    now = clock.now()
    assert endings.tend(now) == [IgnoreChanged("web", False)]
    assert endings.due_at == now + 60.0
    memory.hold(clock.wall() + 5.0)
    endings.look_again()
    assert endings.tend(clock.now()) == []
    assert endings.due_at == pytest.approx(clock.now() + 5.0, abs=0.5)
    memory.hold(clock.wall() - 0.1)
    endings.look_again()
    assert endings.tend(clock.now()) == [HoldChanged(False, "its end")]


@pytest.mark.parametrize("step", [86400.0, -86400.0])
def test_who_sets_the_date_neither_ends_a_hold_nor_keeps_it(
    step: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = NodeMemory(tmp_path / "memory", pytest.fail)
    endings = Endings(memory)
    memory.hold(clock.wall() + 7200.0)
    memory.ignore("web", clock.wall() - 1.0)
    true = clock.wall
    monkeypatch.setattr(clock, "wall", lambda: true() + step)
    assert endings.tend(clock.now()) == [IgnoreChanged("web", False)]
    assert memory.content.is_held
    assert memory.content.held_until == pytest.approx(clock.wall() + 7200.0, abs=1.0)


def test_a_date_is_followed_before_anything_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = NodeMemory(tmp_path / "memory", pytest.fail)
    endings = Endings(memory)
    memory.hold(clock.wall() + 7200.0)
    endings.tend(clock.now())
    true = clock.wall
    monkeypatch.setattr(clock, "wall", lambda: true() + 86400.0)
    assert endings.due_at > clock.now()
    endings.follow_date()
    assert memory.content.held_until == pytest.approx(clock.wall() + 7200.0, abs=1.0)


def test_what_an_earlier_run_has_left_ends_by_the_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without a battery starts in 1970, and learns the date later."""
    NodeMemory(tmp_path / "memory", pytest.fail).hold(clock.wall() + 7200.0)
    endings = Endings(NodeMemory(tmp_path / "memory", pytest.fail))
    true = clock.wall
    monkeypatch.setattr(clock, "wall", lambda: true() + 86400.0)
    assert endings.tend(clock.now()) == [HoldChanged(False, "its end")]


class Keeper:
    """Seats whose fos is armed, or not."""

    def __init__(self, is_armed: bool) -> None:
        self.said = self
        self.is_armed = is_armed

    def seat(self, _group: str, _mode: FosMode) -> "Keeper":
        return self


def state(role: Role) -> NodeState:
    rules = rules_from(SETTINGS, Side.PRIMARY)
    start = node.start(rules, 1, {}, False, clock.now())
    return replace(start, groups=tuple(replace(group, role=role) for group in start.groups))


def asked(forced: ForcedTakeover, role: Role, is_armed: bool, later: float = 0.0) -> list[object]:
    return list(forced.tend(clock.now() + later, state(role), Keeper(is_armed)))  # type: ignore[arg-type]


def test_a_forced_takeover_waits_for_fos_and_a_keepalive() -> None:
    forced = ForcedTakeover(["sites"], 2.0)
    assert asked(forced, Role.LISTENING, is_armed=True) == []
    assert forced.due_at <= clock.now() + 0.05
    assert asked(forced, Role.LISTENING, is_armed=False, later=3.0) == []
    event = SwitchAsked("sites", "--forceactive", is_forced=True)
    assert asked(forced, Role.LISTENING, is_armed=True, later=4.0) == [event]
    assert forced.due_at == NEVER


def test_a_standby_has_heard_its_partner_and_need_not_wait() -> None:
    forced = ForcedTakeover(["sites", "files"], 2.0)
    assert len(asked(forced, Role.STANDBY, is_armed=True)) == 2


def test_what_serves_already_is_not_forced() -> None:
    forced = ForcedTakeover(["sites"], 2.0)
    assert asked(forced, Role.ACTIVE, is_armed=True) == []
    assert forced.due_at == NEVER


def test_nothing_is_forced_without_the_wish() -> None:
    assert ForcedTakeover([], 2.0).due_at == NEVER
