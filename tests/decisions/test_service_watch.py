"""Stories of nannies: a lost or silent one is replaced, and the service is not blamed."""

from piranha.decisions.fos_events import NannyLost, NannyReported
from piranha.wire.nanny_line import NannyReport
from piranha.wire.report_line import ServiceVerdict
from tests.decisions.group_story import OTHER_VIP, GroupStory, service

WEB, FTP = service("web"), service("ftp", vip=OTHER_VIP)


def verdicts(story: GroupStory) -> list[tuple[str, bool, int]]:
    return [
        (report.service, report.is_healthy, report.probes)
        for report in story.told
        if isinstance(report, ServiceVerdict)
    ]


def test_a_lost_nanny_is_replaced_and_nothing_else_happens() -> None:
    story = GroupStory(WEB).serve(1000.0)
    story.give(NannyLost("web", "killed by signal 9"))
    story.pass_time(0.1)
    assert [line for line in story.done if not line.startswith("announce")] == ["nanny web"]
    assert verdicts(story) == []
    expected = "its nanny is lost: killed by signal 9; the next one starts in 0.1 s"
    assert story.said == [f"warning web: {expected}"]


def test_nannies_that_are_lost_at_once_again_and_again_come_back_ever_later() -> None:
    story = GroupStory(WEB).serve(1000.0)
    for _ in range(10):
        story.give(NannyLost("web", "exit status 101"))
        watch = story.life("web").watch
        assert watch is not None
        assert watch.replace_at is not None
        pause = watch.replace_at - story.now
        story.pass_time(pause)
    assert pause == 10.0


def test_a_nanny_that_is_silent_for_longer_than_a_probe_can_take_is_replaced() -> None:
    story = GroupStory(WEB).serve(1000.0)
    story.pass_time(3.9)
    assert story.done == ["announce 10.0.0.10"] * 5
    story.forget()
    story.pass_time(0.2)
    assert story.done == ["no nanny web", "nanny web"]
    assert verdicts(story) == []


def test_what_a_probe_warns_of_is_said_once_and_changes_nothing() -> None:
    story = GroupStory(WEB).serve(1000.0)

    def probe(warning: str) -> None:
        report = NannyReport("web", "answered", True, True, "after 0.001 s", 0.001, 1, warning)
        story.give(NannyReported(report))

    for warning in ("ends in 3 days", "ends in 3 days", "", "ends in 2 days"):
        probe(warning)
    warned = [line for line in story.said if line.startswith("warning")]
    assert warned == ["warning web: ends in 3 days", "warning web: ends in 2 days"]
    assert verdicts(story) == []
