"""Stories of `monitor = none`: a service that is started and stopped and never asked."""

from dataclasses import replace

from piranha.config.settings import Monitor, Probe
from piranha.decisions import service_monitor
from piranha.decisions.fos_events import RulesChanged
from piranha.decisions.group_standing import Phase
from piranha.wire.report_line import ServiceState, ServiceVerdict
from tests.decisions.group_story import OTHER_VIP, GroupStory, rules, service

WALL = service("wall", probe=Probe(Monitor.NONE))
ASKED = replace(WALL, probe=Probe(Monitor.TCP))
FTP = service("ftp", vip=OTHER_VIP)


def test_it_counts_as_well_once_it_is_started() -> None:
    story = GroupStory(WALL)
    story.permit()
    story.end_commands()
    assert story.done == ["announce 10.0.0.10", "stop wall", "start wall"]
    assert story.state("wall") is ServiceState.JUDGED
    assert story.standing.phase is Phase.SERVING


def test_the_services_after_it_do_not_wait_for_it() -> None:
    story = GroupStory(WALL, FTP)
    story.permit()
    story.end_commands()
    assert story.done[-2:] == ["start ftp", "nanny ftp"]


def test_it_has_failed_when_its_start_command_has() -> None:
    story = GroupStory(WALL)
    story.permit()
    story.end_command()
    story.end_command(is_success=False, outcome="exit status 1")
    (verdict,) = [report for report in story.told if isinstance(report, ServiceVerdict)]
    assert (verdict.is_healthy, verdict.verdict) == (False, "start failed")
    assert not any(words.startswith("nanny") for words in story.done)


def test_a_later_fos_starts_it_again_as_nobody_can_look_whether_it_stands() -> None:
    story = GroupStory(WALL)
    story.permit(is_adoption=True)
    story.end_commands()
    assert "start wall" in story.done
    assert story.state("wall") is ServiceState.JUDGED


def test_it_is_stopped_like_any_other() -> None:
    story = GroupStory(WALL).serve()
    story.release()
    story.end_commands()
    assert "stop wall" in story.done
    assert story.standing.phase is Phase.ARMED


def reload(story: GroupStory, fresh: object) -> None:
    story.rules = rules(fresh)  # type: ignore[arg-type]
    story.give(RulesChanged())


def test_a_new_file_can_have_it_asked_and_no_longer_asked() -> None:
    story = GroupStory(WALL).serve(1000.0)
    reload(story, ASKED)
    assert story.done == ["nanny wall"]
    story.probe("wall", is_healthy=True)
    story.forget()
    reload(story, WALL)
    assert story.done == ["no nanny wall"]
    assert story.state("wall") is ServiceState.JUDGED


def test_the_other_node_does_not_ask_it_either() -> None:
    monitoring, effects = service_monitor.start("site", [WALL], False, 100.0)
    assert (dict(monitoring.watches), effects) == ({}, ())
