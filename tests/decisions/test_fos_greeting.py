"""Stories of a pulse that comes and goes, and of the end of fos."""

from piranha.decisions.fos_events import (
    PulseCame,
    PulseLeft,
)
from piranha.wire.order_line import Quit
from piranha.wire.report_line import (
    Armed,
    Hello,
    Released,
    Serving,
    Taken,
)
from tests.decisions.group_story import OTHER_VIP, GroupStory, service

WEB, FTP = service("web"), service("ftp", vip=OTHER_VIP)


def test_asked_to_end_it_releases_first() -> None:
    story = GroupStory(WEB).serve()
    story.order(Quit())
    assert not story.has_left
    story.end_commands()
    assert story.told == [Released(1, "fos was asked to end")]
    assert story.has_left


def test_asked_to_end_with_nothing_held_it_leaves_at_once() -> None:
    story = GroupStory(WEB)
    story.order(Quit())
    assert story.has_left


def test_without_pulse_it_serves_until_the_permission_ends_and_leaves_ten_seconds_later() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.give(PulseLeft())
    story.pass_time(3.4)
    assert story.vips == ["10.0.0.10"]
    story.pass_time(0.2)
    story.end_commands()
    assert story.vips == []
    story.pass_time(9.9)
    assert not story.has_left
    story.pass_time(0.2)
    assert story.has_left


def test_a_pulse_that_came_back_keeps_an_armed_fos() -> None:
    story = GroupStory(WEB)
    story.give(PulseLeft())
    story.pass_time(5.0)
    story.give(PulseCame(pid=7))
    story.pass_time(60.0)
    assert not story.has_left


def test_a_new_pulse_is_told_everything() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.give(PulseLeft())
    story.probe("web", is_healthy=False)
    story.forget()
    story.give(PulseCame(pid=7))
    hello, armed, taken, verdict, serving = story.told
    assert isinstance(hello, Hello)
    assert (hello.epoch, hello.until, hello.services) == (1, 103.5, {"web": "judged"})
    assert armed == Armed()
    assert taken == Taken(1, 0.0)
    assert not verdict.is_healthy  # type: ignore[union-attr]
    assert serving == Serving(1, 0.0)


def test_a_new_pulse_inside_the_permission_is_no_failover() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.give(PulseLeft())
    story.pass_time(2.0)
    story.give(PulseCame(pid=7))
    story.forget()
    story.pass_time(20.0, is_permitted=True)
    assert story.vips == ["10.0.0.10"]
    assert "stop web" not in story.done
