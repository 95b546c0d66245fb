"""A service that is asked and whose process is watched."""

import pytest

from piranha.decisions.joint_report import is_end, joint_report
from piranha.wire.nanny_line import NannyReport

ANSWERS = NannyReport("web", "answered", True, True, "got 200", 0.001, 7)
SILENT = NannyReport("web", "timed out in expect", False, True, "got nothing", 2.0, 7)
RUNS = NannyReport("web", "runs", True, True, "pid 7 runs", 0.001, 3)
ENDED = NannyReport("web", "process ended", False, True, "pid 7 has ended", 0.001, 3)
UNSEEN = NannyReport("web", "system refused", False, False, "permission denied", 0.001, 3)


@pytest.mark.parametrize("watched", [None, RUNS, UNSEEN])
@pytest.mark.parametrize("asked", [ANSWERS, SILENT])
def test_what_runs_or_was_not_seen_changes_nothing(
    asked: NannyReport, watched: NannyReport | None
) -> None:
    assert joint_report(asked, watched) == asked


def test_workers_that_outlive_their_master_are_no_service() -> None:
    joint = joint_report(ANSWERS, ENDED)
    assert (joint.is_healthy, joint.verdict) == (False, "process ended")
    assert joint.evidence == "pid 7 has ended; yet it answers: got 200"
    assert (joint.seconds, joint.sequence) == (ANSWERS.seconds, ANSWERS.sequence)


def test_a_service_that_does_not_answer_keeps_its_own_evidence() -> None:
    assert joint_report(SILENT, ENDED) == SILENT


def test_only_a_look_that_was_possible_says_that_it_has_ended() -> None:
    assert is_end(ENDED)
    assert not is_end(RUNS)
    assert not is_end(UNSEEN)
