"""Whether the commands of a group can be run, looked at ahead of need."""

from dataclasses import replace
from pathlib import Path

import pytest

from piranha.config.settings import Group, Standby
from piranha.programs.fos_arming import command_complaints, command_fault
from tests.programs.example_settings import WEB


def test_what_can_be_run_is_no_complaint() -> None:
    assert list(command_complaints(Group("sites", (WEB,)))) == []


def test_a_service_without_commands_is_no_complaint() -> None:
    bare = replace(WEB, start_cmd=(), stop_cmd=())
    assert list(command_complaints(Group("sites", (bare,)))) == []


def test_each_command_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    broken = replace(WEB, start_cmd=(str(plain),), stop_cmd=("/no/such/program", "stop"))
    assert list(command_complaints(Group("sites", (broken,)))) == [
        f"web: start_cmd: {plain} is not executable",
        "web: stop_cmd: /no/such/program does not exist",
    ]


def test_hot_standby_services_are_never_started_here() -> None:
    hot = replace(WEB, start_cmd=("/no/such/program",), standby=Standby.HOT)
    assert list(command_complaints(Group("sites", (hot,)))) == []


def test_a_bare_name_is_sought_in_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert command_fault("true") == ""
    assert command_fault("no-such-program") == "is not in PATH"


def test_a_directory_is_not_a_program(tmp_path: Path) -> None:
    assert command_fault(str(tmp_path)) == "is not executable"
