"""Whether the commands of a group can be run, looked at ahead of need."""

from dataclasses import replace
from pathlib import Path

from piranha.config.settings import Group, Standby
from piranha.programs.fos_arming import command_complaints
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


def test_a_program_that_others_may_write_makes_the_node_unfit(tmp_path: Path) -> None:
    program = tmp_path / "start"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o777)
    loose = replace(WEB, start_cmd=(str(program),), stop_cmd=())
    assert list(command_complaints(Group("sites", (loose,)))) == [
        f"web: start_cmd: {program} is not to be trusted: everybody may write it (mode 0777): "
        f"chmod o-w {program}"
    ]
