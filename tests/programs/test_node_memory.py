"""What survives a restart of pulse."""

from pathlib import Path

import pytest

from piranha.programs.node_memory import Expired, NodeMemory, memory_path


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return memory_path(tmp_path, "default")


def test_epochs_hold_and_ignored_services_survive(path: Path, complaints: list[str]) -> None:
    before = NodeMemory(path, complaints.append)
    before.remember_epoch("web", 3)
    before.remember_epoch("ftp", 1)
    before.remember_epoch("web", 4)
    before.hold(2000.0)
    before.ignore("http", None)
    after = NodeMemory(path, complaints.append)
    assert after.content == before.content
    assert after.content.epochs == {"web": 4, "ftp": 1}
    assert (after.content.is_held, after.content.held_until) == (True, 2000.0)
    assert after.content.ignored == {"http": None}
    assert complaints == []


def test_a_hold_ends_when_it_is_ended_or_its_date_has_come(
    path: Path, complaints: list[str]
) -> None:
    memory = NodeMemory(path, complaints.append)
    memory.hold(None)
    assert memory.next_end() is None
    memory.end_hold()
    assert not NodeMemory(path, complaints.append).content.is_held
    memory.hold(2000.0)
    assert memory.expire(1999.9) == Expired(False, ())
    assert memory.expire(2000.0) == Expired(True, ())
    assert not NodeMemory(path, complaints.append).content.is_held


def test_the_nearest_end_is_the_next_one(path: Path, complaints: list[str]) -> None:
    memory = NodeMemory(path, complaints.append)
    memory.hold(3000.0)
    memory.ignore("http", 2000.0)
    memory.ignore("ftp", None)
    assert memory.next_end() == 2000.0
    assert memory.expire(2500.0) == Expired(False, ("http",))
    assert memory.content.ignored == {"ftp": None}
    memory.heed("ftp")
    assert memory.content.ignored == {}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "it is not JSON"),
        (b"[]", "it is not a JSON object"),
        (b'{"epochs": {"web": "3"}}', "epochs: expected a whole number"),
        (b'{"version": 2}', "version 2, expected 1"),
    ],
)
def test_a_damaged_file_is_named_and_not_used(
    path: Path, complaints: list[str], content: bytes, complaint: str
) -> None:
    path.write_bytes(content)
    memory = NodeMemory(path, complaints.append)
    assert memory.content.epochs == {}
    assert len(complaints) == 1
    assert complaint in complaints[0]
    memory.remember_epoch("web", 1)
    assert NodeMemory(path, complaints.append).content.epochs == {"web": 1}


def test_a_file_that_cannot_be_written_does_not_stop_pulse(
    tmp_path: Path, complaints: list[str]
) -> None:
    memory = NodeMemory(tmp_path / "missing" / "default.json", complaints.append)
    memory.remember_epoch("web", 1)
    assert memory.content.epochs == {"web": 1}
    assert "cannot write" in complaints[0]


def test_each_run_of_pulse_has_a_greater_number_whatever_the_date(
    path: Path, complaints: list[str]
) -> None:
    dates = (1000.0, 1000.0, 2000.0, 5.0)
    runs = [NodeMemory(path, complaints.append).new_incarnation(date) for date in dates]
    assert runs == sorted(set(runs))
    assert runs[2] >> 32 == 2000
    assert len({run & 0xFFFFFFFF for run in runs}) == len(runs), "the lower half is random"
    assert complaints == []


def test_the_newest_run_of_the_partner_survives(path: Path, complaints: list[str]) -> None:
    NodeMemory(path, complaints.append).remember_partner(7 << 32)
    assert NodeMemory(path, complaints.append).content.partner_incarnation == 7 << 32
