"""Stories of one service in its group: first wait, failure, local restarts, repair, adoption."""

from dataclasses import replace
from itertools import pairwise

from piranha.config.settings import OnFailure, Standby
from piranha.decisions.fos_effects import Tell
from piranha.decisions.group_standing import Phase
from piranha.wire.order_line import ProbeNow, Repair
from piranha.wire.report_line import ServiceMoved, ServiceState, ServiceVerdict
from tests.decisions.group_story import OTHER_VIP, GroupStory, service

WEB, FTP = service("web"), service("ftp", vip=OTHER_VIP)


def started(*services: object) -> GroupStory:
    """Every command has succeeded, nothing has answered yet; permitted for a long time."""
    story = GroupStory(*services)  # type: ignore[arg-type]
    story.permit(seconds=1000.0)
    story.end_commands()
    story.forget()
    return story


def verdicts(story: GroupStory) -> list[tuple[str, bool, int]]:
    return [
        (report.service, report.is_healthy, report.probes)
        for report in story.told
        if isinstance(report, ServiceVerdict)
    ]


# First wait


def test_the_first_good_answer_makes_a_service_judged() -> None:
    story = started(WEB)
    assert story.state("web") is ServiceState.STARTED
    story.probe("web", is_healthy=True)
    assert story.moves == [("web", ServiceState.JUDGED)]


def test_bad_probes_do_not_count_during_the_first_wait() -> None:
    story = started(WEB)
    for _ in range(4):
        story.pass_time(1.0)
        story.probe("web", is_healthy=False)
    assert verdicts(story) == []
    assert story.state("web") is ServiceState.STARTED


def test_a_service_that_does_not_answer_within_its_first_wait_has_failed() -> None:
    story = started(WEB)
    story.pass_time(2.0)
    story.probe("web", is_healthy=False)
    story.pass_time(3.0)
    assert verdicts(story) == [("web", False, 1)]
    assert story.state("web") is ServiceState.JUDGED
    assert story.said == [
        "debug web: refused: after 0.001 s",
        "debug web: started -> judged: no good answer within its first_wait of 5 s: after 0.001 s",
        "warning web: fails: no good answer within its first_wait of 5 s: after 0.001 s",
    ]


def test_a_service_that_does_not_answer_yet_is_asked_again_soon() -> None:
    story = started(replace(WEB, interval_seconds=60.0))
    story.probe("web", is_healthy=False)
    watch = story.life("web").watch
    assert watch is not None
    assert watch.ask_at == story.now + 0.5


def test_a_start_command_that_fails_is_a_failed_service_and_the_others_are_still_started() -> None:
    story = GroupStory(WEB, FTP)
    story.permit(seconds=1000.0)
    story.end_command()
    story.end_command(is_success=False, outcome="exit status 3")
    story.end_commands()
    assert verdicts(story) == [("web", False, 1)]
    assert story.standing.phase is Phase.SERVING
    assert "warning web: fails: start command: exit status 3 (0.000 s, limit 30 s)" in story.said
    story.probe("web", is_healthy=True)
    assert verdicts(story)[-1] == ("web", True, 1)


def test_a_start_command_that_hangs_is_killed_and_has_failed() -> None:
    story = GroupStory(WEB)
    story.permit(seconds=1000.0)
    story.end_command()
    story.pass_time(30.0)
    assert story.done[-1] == "kill web"
    story.end_command(is_success=False, outcome="killed by signal 9")
    assert verdicts(story) == [("web", False, 1)]
    expected = "start command: killed: not done within its start_timeout (30.000 s, limit 30 s)"
    assert f"warning web: fails: {expected}" in story.said


def test_a_stop_command_that_fails_at_a_takeover_is_logged_and_the_start_follows() -> None:
    story = GroupStory(WEB)
    story.permit()
    story.end_command(is_success=False, outcome="exit status 5")
    assert story.done[-1] == "start web"
    assert story.said[-1] == (
        "warning web: stop command: exit status 5 (0.000 s, limit 30 s); going on"
    )


# Failure


def test_a_judged_service_fails_after_fall_bad_probes_in_a_row() -> None:
    story = GroupStory(replace(WEB, fall=2)).serve(1000.0)
    story.probe("web", is_healthy=False)
    assert verdicts(story) == []
    story.probe("web", is_healthy=False)
    assert verdicts(story) == [("web", False, 2)]
    story.probe("web", is_healthy=False)
    assert verdicts(story) == [("web", False, 2)]


def test_a_failed_service_is_well_after_rise_good_probes_in_a_row() -> None:
    story = GroupStory(replace(WEB, rise=2)).serve(1000.0)
    story.probe("web", is_healthy=False)
    story.probe("web", is_healthy=True)
    assert verdicts(story) == [("web", False, 1)]
    story.probe("web", is_healthy=True)
    assert verdicts(story) == [("web", False, 1), ("web", True, 2)]


def test_a_probe_that_could_not_be_asked_says_nothing_of_the_service() -> None:
    story = GroupStory(WEB).serve(1000.0)
    story.probe("web", is_healthy=False, is_judgement=False)
    assert verdicts(story) == []
    assert story.said == ["warning web: cannot be asked: refused: after 0.001 s"]


def test_a_probe_at_once_is_always_answered() -> None:
    story = GroupStory(WEB).serve(1000.0)
    story.order(ProbeNow("web"))
    story.probe("web", is_healthy=True)
    assert verdicts(story) == [("web", True, 2)]
    story.probe("web", is_healthy=True)
    assert len(verdicts(story)) == 1


def test_during_the_first_wait_a_probe_at_once_never_says_failed() -> None:
    story = started(WEB)
    story.order(ProbeNow("web"))
    story.probe("web", is_healthy=False)
    assert verdicts(story) == []


def test_a_failed_hot_standby_service_is_told_and_not_restarted() -> None:
    story = GroupStory(replace(WEB, standby=Standby.HOT, local_restarts=3)).serve(1000.0)
    story.probe("web", is_healthy=False)
    assert verdicts(story) == [("web", False, 1)]
    assert story.done == []


# Local restarts


def test_a_failed_service_is_restarted_here_as_often_as_the_file_says() -> None:
    story = GroupStory(replace(WEB, local_restarts=2)).serve(1000.0)
    for _ in range(2):
        story.probe("web", is_healthy=False)
        assert story.state("web") is ServiceState.REPAIRING
        story.end_commands()
        story.probe("web", is_healthy=True)
        assert story.state("web") is ServiceState.JUDGED
    assert verdicts(story) == []
    story.probe("web", is_healthy=False)
    assert verdicts(story) == [("web", False, 1)]


def test_pulse_hears_how_long_a_repair_may_take() -> None:
    story = GroupStory(replace(WEB, local_restarts=1)).serve(1000.0)
    story.probe("web", is_healthy=False)
    reports = [effect.report for effect in story.effects if isinstance(effect, Tell)]
    moved = next(report for report in reports if isinstance(report, ServiceMoved))
    assert moved.state is ServiceState.REPAIRING
    assert moved.seconds == 30.0 + 30.0 + 5.0
    assert moved.detail == "local restart 1 of 1: after 0.001 s"


def test_a_restart_that_does_not_help_uses_up_the_next_one() -> None:
    story = GroupStory(replace(WEB, local_restarts=2)).serve(1000.0)
    story.probe("web", is_healthy=False)
    story.end_commands()
    story.pass_time(5.0)
    assert story.state("web") is ServiceState.REPAIRING
    story.end_command()
    story.end_command(is_success=False, outcome="exit status 1")
    assert verdicts(story) == [("web", False, 1)]


def test_a_service_that_stood_for_long_has_its_restarts_back() -> None:
    story = GroupStory(replace(WEB, local_restarts=1)).serve(1000.0)
    for _ in range(3):
        story.probe("web", is_healthy=False)
        story.end_commands()
        story.probe("web", is_healthy=True)
        for _ in range(60):
            story.pass_time(1.0)
            story.probe("web", is_healthy=True)
    assert verdicts(story) == []


def test_restarts_that_came_back_are_used_up_again_by_one_failure() -> None:
    story = GroupStory(replace(WEB, local_restarts=1)).serve(1000.0)
    for _ in range(61):
        story.pass_time(1.0)
        story.probe("web", is_healthy=True)
    story.probe("web", is_healthy=False)
    story.end_commands()
    story.pass_time(5.0)
    assert verdicts(story) == [("web", False, 1)]


def test_on_failure_restart_never_moves_the_group_and_pauses_ever_longer() -> None:
    story = GroupStory(replace(WEB, on_failure=OnFailure.RESTART)).serve(1000.0)
    restarted_at = []
    story.probe("web", is_healthy=False)
    for _ in range(4):
        while story.standing.running is None:
            story.pass_time(0.25)
        restarted_at.append(story.now)
        story.end_command()
        story.end_command(is_success=False, outcome="exit status 1")
    assert verdicts(story) == []
    assert [b - a for a, b in pairwise(restarted_at)] == [1.0, 2.0, 4.0]


def test_during_a_repair_probes_mean_nothing() -> None:
    story = GroupStory(replace(WEB, local_restarts=1)).serve(1000.0)
    story.probe("web", is_healthy=False)
    story.probe("web", is_healthy=True)
    story.probe("web", is_healthy=False)
    assert story.state("web") is ServiceState.REPAIRING
    assert verdicts(story) == []


def test_the_other_services_are_first_started_before_one_is_repaired() -> None:
    story = GroupStory(replace(WEB, local_restarts=1), FTP)
    story.permit(seconds=1000.0)
    story.end_command()
    story.end_command(is_success=False, outcome="exit status 1")
    story.end_commands()
    commands = [line for line in story.done if line.split()[0] in ("stop", "start")]
    assert commands == ["stop web", "start web", "stop ftp", "start ftp", "stop web", "start web"]


def test_pulse_can_have_a_failed_service_started_again() -> None:
    story = GroupStory(WEB).serve(1000.0)
    story.order(Repair("web"))
    assert story.done == []
    story.probe("web", is_healthy=False)
    story.order(Repair("web"))
    story.end_commands()
    assert story.done == ["stop web", "start web"]
    story.probe("web", is_healthy=True)
    assert verdicts(story) == [("web", False, 1), ("web", True, 1)]


def test_a_repair_that_does_not_help_is_told_again() -> None:
    story = GroupStory(WEB).serve(1000.0)
    story.probe("web", is_healthy=False)
    story.order(Repair("web"))
    story.end_commands()
    story.pass_time(5.0)
    assert [healthy for _, healthy, _ in verdicts(story)] == [False, False]


# Adoption


def test_services_that_still_answer_are_adopted_and_left_alone() -> None:
    story = GroupStory(WEB, FTP)
    story.permit(1000.0, is_adoption=True)
    assert story.standing.phase is Phase.STARTING
    story.probe("ftp", is_healthy=True)
    story.probe("web", is_healthy=True)
    assert story.standing.phase is Phase.SERVING
    assert [line for line in story.done if line.startswith(("stop", "start"))] == []
    assert story.state("web") is ServiceState.JUDGED


def test_vips_that_are_still_in_the_kernel_mean_adoption_too() -> None:
    story = GroupStory(WEB)
    story.kernel["10.0.0.10"] = story.now + 1.0
    story.permit(1000.0)
    assert story.standing.running is None
    story.probe("web", is_healthy=True)
    assert story.standing.phase is Phase.SERVING


def test_of_adopted_services_only_those_that_do_not_answer_are_started() -> None:
    story = GroupStory(WEB, FTP)
    story.permit(1000.0, is_adoption=True)
    story.probe("ftp", is_healthy=True)
    story.probe("web", is_healthy=False)
    story.end_commands()
    assert [line for line in story.done if line.startswith(("stop", "start"))] == [
        "stop web",
        "start web",
    ]


def test_an_adoption_without_any_probe_is_given_up() -> None:
    story = GroupStory(WEB)
    story.permit(1000.0, is_adoption=True)
    story.pass_time(3.0)
    assert story.done[-1] == "stop web"
