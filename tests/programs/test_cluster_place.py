"""Which cluster a command is about."""

from pathlib import Path

import pytest

from piranha.errors import UsageError
from piranha.programs.cluster_place import find_place
from piranha.programs.piranhactl_options import read_options


@pytest.fixture(autouse=True)
def directories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setattr("piranha.defaults.CONFIG_FILE", tmp_path / "lvs.cf")
    (tmp_path / "run").mkdir()
    return tmp_path


def cluster(*words: str) -> str:
    return find_place(read_options([*words, "status"])).cluster


def test_a_name_that_is_given_is_believed(directories: Path) -> None:
    place = find_place(read_options(["--cluster", "two", "status"]))
    assert place.control == directories / "run" / "two.control"
    assert place.moves == directories / "state" / "two-moves.jsonl"


def test_the_file_names_the_cluster_even_if_it_is_wrong_otherwise(directories: Path) -> None:
    (directories / "x.cf").write_text('nonsense\ncluster = "one"\n')
    assert cluster("-c", str(directories / "x.cf")) == "one"


def test_a_file_without_a_name_means_the_default(directories: Path) -> None:
    (directories / "lvs.cf").write_text("service = fos\n")
    assert cluster() == "piranha"


def test_without_the_usual_file_the_only_running_pulse_is_meant(directories: Path) -> None:
    (directories / "run" / "solo.control").touch()
    assert cluster() == "solo"
    (directories / "run" / "duo.control").touch()
    with pytest.raises(UsageError, match=r"names a running one \(duo, solo\)"):
        cluster()


def test_a_file_that_was_asked_for_must_be_there(directories: Path) -> None:
    (directories / "run" / "solo.control").touch()
    with pytest.raises(UsageError, match="No such file"):
        cluster("-c", str(directories / "missing.cf"))
