"""Feeding, not feeding, and what is said of it; the time is a number here."""

from pathlib import Path

import pytest

from piranha.programs.watchdog_feeder import WatchdogFeeder, timeout_for

OBJECTION = "web: the permission ended 0.10 s ago, the VIPs may be here still"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "watchdog"
    path.touch()
    return path


@pytest.fixture
def feeder(file: Path) -> WatchdogFeeder:
    made = WatchdogFeeder()
    made.use(str(file), 3.5)
    return made


def test_the_timeout_is_the_lease_in_whole_seconds() -> None:
    assert [timeout_for(lease) for lease in (0.2, 1.0, 3.5, 4.0)] == [1, 1, 4, 4]


def test_it_is_fed_four_times_in_its_timeout(feeder: WatchdogFeeder, file: Path) -> None:
    start = feeder.due_at
    for tenth in range(41):
        feeder.tend(start + tenth / 10, "")
    assert file.read_bytes() == b"\0" * 5


def test_an_objection_ends_the_feeding_and_is_told_once(
    feeder: WatchdogFeeder, file: Path, lines: list[str]
) -> None:
    start = feeder.due_at
    feeder.tend(start, "")
    for tick in range(10, 200):
        feeder.tend(start + tick / 10, OBJECTION)
    assert file.read_bytes() == b"\0"
    told = f"not fed any more, this node is reset within 4 s: {OBJECTION}"
    assert sum(told in line for line in lines) == 1
    feeder.tend(start + 20.1, "")
    assert file.read_bytes() == b"\0\0"
    assert "fed again" in lines[-1]


def test_the_moment_in_which_fos_drops_is_not_told(
    feeder: WatchdogFeeder, lines: list[str]
) -> None:
    start = feeder.due_at
    feeder.tend(start, OBJECTION)
    feeder.tend(start + 0.1, OBJECTION)
    feeder.tend(start + 0.2, "")
    assert not any("not fed any more" in line for line in lines)


def test_the_end_is_told_to_the_device_only_if_it_is_in_order(
    feeder: WatchdogFeeder, file: Path
) -> None:
    feeder.tend(feeder.due_at, "")
    feeder.close(is_orderly=False)
    assert file.read_bytes() == b"\0"
    feeder.use(str(file), 3.5)
    feeder.tend(feeder.due_at, "")
    feeder.close(is_orderly=True)
    assert file.read_bytes() == b"\0V"


def test_a_device_that_cannot_be_opened_is_tried_again(tmp_path: Path, lines: list[str]) -> None:
    feeder = WatchdogFeeder()
    feeder.use(str(tmp_path / "late"), 1.0)
    start = feeder.due_at
    feeder.tend(start, "")
    feeder.tend(start + 10, "")
    assert sum("nothing resets this node if it hangs" in line for line in lines) == 1
    (tmp_path / "late").touch()
    feeder.tend(start + 20, "")
    assert (tmp_path / "late").read_bytes() == b"\0"


def test_a_reload_without_it_switches_it_off(feeder: WatchdogFeeder, file: Path) -> None:
    feeder.tend(feeder.due_at, "")
    feeder.use(None, 3.5)
    assert file.read_bytes() == b"\0V"
    assert feeder.due_at == float("inf")
