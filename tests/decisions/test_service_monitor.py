"""Stories of the partner's services as the standby sees them."""

from dataclasses import replace

from piranha.decisions import service_monitor
from piranha.decisions.events import TimePassed
from piranha.decisions.fos_effects import FosEffect, Leave, ProbeAtOnce, StartNanny, StopNanny, Tell
from piranha.decisions.fos_events import (
    FosEvent,
    NannyLost,
    NannyReported,
    OrderGiven,
    PulseCame,
    PulseLeft,
)
from piranha.wire.nanny_line import NannyReport
from piranha.wire.order_line import ProbeNow, Quit
from piranha.wire.report_line import Armed, Hello, ServiceVerdict
from tests.decisions.group_story import service

WEB, FTP = service("web"), service("ftp")


class MonitorStory:
    def __init__(self, *services: object) -> None:
        self.now = 100.0
        started = service_monitor.start("site", services, False, self.now)  # type: ignore[arg-type]
        self.monitoring, self.effects = started[0], list(started[1])

    def give(self, event: FosEvent) -> list[FosEffect]:
        self.monitoring, effects = service_monitor.step(self.monitoring, event, self.now)
        self.effects += effects
        return list(effects)

    def probe(self, name: str, is_healthy: bool) -> list[tuple[bool, int]]:
        """What pulse is told after a probe: health and probes in a row."""
        verdict = "answered" if is_healthy else "refused"
        report = NannyReport(name, verdict, is_healthy, True, "after 0.001 s", 0.001, 1)
        reports = [e.report for e in self.give(NannyReported(report)) if isinstance(e, Tell)]
        return [(r.is_healthy, r.probes) for r in reports if isinstance(r, ServiceVerdict)]

    def pass_time(self, seconds: float) -> list[FosEffect]:
        end, done = self.now + seconds, []
        while (at := service_monitor.wake_at(self.monitoring)) <= end:
            self.now = max(self.now, at)
            done += self.give(TimePassed())
            if Leave() in done:
                break
        self.now = end
        return done


def test_each_service_has_its_nanny() -> None:
    assert MonitorStory(WEB, FTP).effects == [StartNanny(WEB), StartNanny(FTP)]


def test_changes_are_told_and_every_probe_of_a_failure() -> None:
    story = MonitorStory(WEB)
    assert story.probe("web", True) == [(True, 1)]
    assert story.probe("web", True) == []
    assert story.probe("web", False) == [(False, 1)]
    assert story.probe("web", False) == [(False, 2)]
    assert story.probe("web", False) == [(False, 3)]
    assert story.probe("web", True) == [(True, 1)]


def test_after_a_first_bad_probe_the_second_comes_soon() -> None:
    story = MonitorStory(replace(WEB, interval_seconds=60.0))
    story.probe("web", True)
    story.probe("web", False)
    assert story.pass_time(0.5) == [ProbeAtOnce("web")]


def test_fall_bad_probes_are_needed() -> None:
    story = MonitorStory(replace(WEB, fall=3))
    story.probe("web", True)
    assert [story.probe("web", False) for _ in range(4)] == [[], [], [(False, 3)], [(False, 4)]]


def test_a_probe_at_once_is_answered_whatever_it_says() -> None:
    story = MonitorStory(WEB)
    story.probe("web", True)
    assert story.give(OrderGiven(ProbeNow("web"))) == [ProbeAtOnce("web")]
    assert story.probe("web", True) == [(True, 2)]


def test_a_lost_nanny_is_replaced_and_pulse_is_not_told() -> None:
    story = MonitorStory(WEB)
    story.give(NannyLost("web", "killed by signal 9"))
    assert story.pass_time(0.2) == [StartNanny(WEB), ProbeAtOnce("web")]


def test_pulse_is_greeted_with_all_that_is_known() -> None:
    story = MonitorStory(WEB, FTP)
    story.probe("web", False)
    hello, armed, verdict = [e.report for e in story.give(PulseCame(7)) if isinstance(e, Tell)]
    assert isinstance(hello, Hello)
    assert (hello.mode, hello.group, hello.pid, hello.epoch) == ("monitor", "site", 7, 0)
    assert armed == Armed()
    assert isinstance(verdict, ServiceVerdict)
    assert not verdict.is_healthy


def test_it_ends_when_its_pulse_has_gone_or_never_comes() -> None:
    assert MonitorStory(WEB).give(PulseLeft()) == [Leave()]
    assert MonitorStory(WEB).give(OrderGiven(Quit())) == [Leave()]
    assert Leave() in MonitorStory().pass_time(10.0)


def test_a_new_file_touches_only_what_is_asked_otherwise() -> None:
    story = MonitorStory(WEB, FTP)
    other = replace(FTP, port=2121)
    _, effects = service_monitor.follow_file(story.monitoring, (replace(WEB, fall=3), other), 101.0)
    assert effects == (StartNanny(other),)
    _, effects = service_monitor.follow_file(story.monitoring, (WEB,), 101.0)
    assert effects == (StopNanny("ftp"),)
