"""Stories of a new file while a group is served: only what changed is touched."""

from dataclasses import replace

from piranha.config.settings import Monitor, Probe, Service, Standby
from piranha.decisions.fos_events import RulesChanged
from piranha.script.steps import ExpectPrefix
from piranha.wire.report_line import ServiceState
from tests.decisions.group_story import OTHER_VIP, GroupStory, rules, service

WEB, FTP = service("web"), service("ftp", vip=OTHER_VIP)


def reload(story: GroupStory, *services: Service) -> None:
    story.rules = rules(*services)
    story.give(RulesChanged())


def test_the_same_file_touches_nothing() -> None:
    story = GroupStory(WEB, FTP).serve(1000.0)
    reload(story, WEB, FTP)
    assert story.effects == []


def test_a_new_service_is_started_with_its_vip() -> None:
    story = GroupStory(WEB).serve(1000.0)
    reload(story, WEB, FTP)
    assert story.vips == ["10.0.0.10", "10.0.0.11"]
    story.end_commands()
    assert story.done == ["stop ftp", "announce 10.0.0.11", "start ftp", "nanny ftp"]


def test_a_service_that_is_gone_from_the_file_is_stopped_and_then_its_vip_goes() -> None:
    story = GroupStory(WEB, FTP).serve(1000.0)
    reload(story, WEB)
    assert story.vips == ["10.0.0.10", "10.0.0.11"]
    story.end_commands()
    assert story.done == ["no nanny ftp", "stop ftp", "drop 10.0.0.11"]
    assert list(story.standing.lives) == ["web"]
    assert story.vips == ["10.0.0.10"]


def test_a_vip_that_another_service_still_uses_stays() -> None:
    mail = service("mail")
    story = GroupStory(WEB, mail).serve(1000.0)
    reload(story, WEB)
    story.end_commands()
    assert story.done == ["no nanny mail", "stop mail"]


def test_another_question_only_replaces_the_nanny() -> None:
    story = GroupStory(WEB).serve(1000.0)
    reload(story, replace(WEB, probe=Probe(Monitor.TCP, (ExpectPrefix(b"220"),))))
    assert story.done == ["nanny web"]
    assert story.state("web") is ServiceState.JUDGED


def test_other_limits_touch_nothing_and_count_from_now_on() -> None:
    story = GroupStory(WEB).serve(1000.0)
    reload(story, replace(WEB, fall=2, stop_cmd=("/web", "halt")))
    assert story.done == []
    story.probe("web", is_healthy=False)
    assert story.told == []


def test_another_start_command_restarts_the_service_with_the_old_stop_command() -> None:
    story = GroupStory(WEB, FTP).serve(1000.0)
    reload(story, replace(WEB, start_cmd=("/new", "start"), stop_cmd=("/new", "stop")), FTP)
    runs = [effect for effect in story.effects if hasattr(effect, "command")]
    assert runs[0].service.stop_cmd == ("/web", "stop")  # type: ignore[union-attr]
    story.end_commands()
    assert story.done == ["stop web", "start web"]
    story.forget()
    story.release()
    runs = [effect for effect in story.effects if hasattr(effect, "command")]
    assert runs[0].service.name == "ftp"  # type: ignore[union-attr]


def test_a_service_that_moves_to_another_vip_is_restarted_and_the_old_vip_goes_last() -> None:
    story = GroupStory(WEB).serve(1000.0)
    reload(story, replace(WEB, vip=OTHER_VIP))
    assert story.vips == ["10.0.0.10", "10.0.0.11"]
    story.end_commands()
    assert story.vips == ["10.0.0.11"]


def test_from_warm_to_hot_standby_touches_nothing() -> None:
    story = GroupStory(WEB).serve(1000.0)
    reload(story, replace(WEB, standby=Standby.HOT))
    assert story.done == []


def test_a_service_that_is_back_in_the_file_while_it_stops_is_started_again() -> None:
    story = GroupStory(WEB, FTP).serve(1000.0)
    reload(story, WEB)
    reload(story, WEB, FTP)
    story.end_commands()
    assert story.done[-3:] == ["stop ftp", "start ftp", "nanny ftp"]
    assert story.vips == ["10.0.0.10", "10.0.0.11"]


def test_a_new_file_during_a_release_counts_for_the_next_period() -> None:
    story = GroupStory(WEB).serve(1000.0)
    story.release()
    reload(story, WEB, FTP)
    story.end_commands()
    assert list(story.standing.lives) == ["web", "ftp"]
    story.permit(epoch=2)
    assert story.vips == ["10.0.0.10", "10.0.0.11"]


def test_a_new_file_while_nothing_is_held_counts_at_the_next_permission() -> None:
    story = GroupStory(WEB)
    reload(story, FTP)
    story.permit()
    assert story.vips == ["10.0.0.11"]
