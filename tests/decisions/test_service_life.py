"""Stories of start and stop commands: which runs when, and which is killed."""

from dataclasses import replace

from piranha.config.settings import Standby
from piranha.decisions.group_standing import Phase
from piranha.wire.report_line import (
    Released,
    Taken,
)
from tests.decisions.group_story import OTHER_VIP, GroupStory, service

WEB, FTP = service("web"), service("ftp", vip=OTHER_VIP)


def test_the_vips_are_up_before_any_command_runs() -> None:
    story = GroupStory(WEB)
    story.permit()
    assert story.standing.running is not None
    assert story.told == [Taken(1, 0.0)]


def test_stop_first_0_leaves_the_stop_command_out() -> None:
    story = GroupStory(replace(WEB, stop_first=False))
    story.permit()
    story.end_commands()
    assert story.done == ["announce 10.0.0.10", "start web", "nanny web"]


def test_a_service_without_commands_is_only_watched() -> None:
    story = GroupStory(replace(WEB, start_cmd=(), stop_cmd=()))
    story.permit()
    assert story.done == ["announce 10.0.0.10", "nanny web"]
    assert story.standing.phase is Phase.SERVING


def test_a_hot_standby_service_is_neither_started_nor_stopped() -> None:
    story = GroupStory(replace(WEB, standby=Standby.HOT), FTP)
    story.permit()
    story.end_commands()
    assert "start web" not in story.done
    story.release()
    story.end_commands()
    assert "stop web" not in story.done
    assert story.standing.phase is Phase.ARMED


def test_a_start_command_that_runs_when_the_release_comes_is_killed_and_stopped() -> None:
    story = GroupStory(WEB, FTP)
    story.permit()
    story.end_command()
    story.forget()
    story.release()
    assert story.done == ["kill web"]
    story.end_command(is_success=False, outcome="killed by signal 9")
    assert story.done == ["kill web", "stop web"]
    story.end_command()
    assert story.told == [Released(1, "switchover")]
    assert "stop ftp" not in story.done, "it was never started"


def test_a_stop_command_that_runs_when_the_release_comes_counts_as_the_stop() -> None:
    story = GroupStory(WEB)
    story.permit()
    story.forget()
    story.release()
    story.end_command()
    assert story.done == ["drop 10.0.0.10"]
    assert story.told == [Released(1, "switchover")]


def test_a_stop_command_that_hangs_is_killed_after_its_timeout() -> None:
    story = GroupStory(WEB).serve(seconds=100.0)
    story.release()
    story.pass_time(30.0)
    assert story.done[-1] == "kill web"
    story.end_command(is_success=False, outcome="killed by signal 9")
    assert story.told == [Released(1, "switchover")]
