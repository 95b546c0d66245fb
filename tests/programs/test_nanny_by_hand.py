"""What a nanny tells a person, and what it runs, when probes end one after the other."""

import pytest

from piranha.probes.verdict import Outcome, Verdict
from piranha.programs.nanny_by_hand import NannyByHand
from piranha.programs.nanny_options import read_options
from piranha.terms import Severity
from piranha.wire.exit_status import ExitStatus
from tests.programs.conftest import Log

PROGRAM = "nanny"
UP = Outcome(Verdict.ANSWERED, "expected ..., got ..., after 0.001 s", 0.001)
DOWN = Outcome(Verdict.REFUSED, "connection refused, after 0.001 s", 0.001)
UNASKED = Outcome(Verdict.SYSTEM_REFUSED, "too many open files, after 0.000 s", 0.0)


def nanny(*words: str) -> NannyByHand:
    return NannyByHand(read_options(["-h", "127.0.0.1", "-c", *words]))


def after(one: NannyByHand, *outcomes: Outcome) -> None:
    for number, outcome in enumerate(outcomes, 1):
        one.follow(outcome, number)


def test_only_changes_are_logged(log: Log) -> None:
    after(nanny(), UP, UP, DOWN, DOWN, UP)
    assert log.entries == [
        (Severity.INFO, f"nanny: 127.0.0.1:80: unknown -> up: answered: {UP.evidence}"),
        (Severity.WARNING, f"nanny: 127.0.0.1:80: up -> down: refused: {DOWN.evidence}"),
        (Severity.INFO, f"nanny: 127.0.0.1:80: down -> up: answered: {UP.evidence}"),
    ]


def test_changes_may_be_suppressed(log: Log) -> None:
    after(nanny("-T"), UP, DOWN, UP)
    assert log.entries == []


def test_a_question_that_cannot_be_asked_is_told_once_and_changes_nothing(
    log: Log,
) -> None:
    after(nanny(), UP, UNASKED, UNASKED, UP)
    assert [severity for severity, _ in log.entries] == [Severity.INFO, Severity.ERROR]
    assert log.lines[1].endswith("cannot ask: system refused: too many open files, after 0.000 s")


def test_commands_are_run_at_changes_only(capfd: pytest.CaptureFixture[str]) -> None:
    one = nanny("-T", "-R", "echo up %h $PIRANHA_PORT", "-D", "sh -c 'echo down $PIRANHA_PORT'")
    after(one, DOWN, UP, UP, DOWN, DOWN)
    assert capfd.readouterr().out == "up 127.0.0.1 $PIRANHA_PORT\ndown 80\n"


def test_a_command_that_cannot_start_is_told(log: Log) -> None:
    after(nanny("-T", "-R", "./no-such-command"), UP)
    assert log.entries == [
        (Severity.ERROR, "nanny: 127.0.0.1:80: startup command: No such file or directory")
    ]


def test_what_would_be_done_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    nanny("-x", "220", "-p", "25", "-t", "2", "-D", "logger %n").announce()
    assert capsys.readouterr().out.splitlines() == [
        "asking 127.0.0.1:25 by tcp, for at most 2 s",
        'expecting "220"',
        "every 2 s",
        "running at shutdown: logger 127.0.0.1:25",
    ]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(UP, ExitStatus.OK), (DOWN, ExitStatus.FAILED), (UNASKED, ExitStatus.REFUSED)],
)
def test_the_only_probe_is_told_by_words_and_status(
    outcome: Outcome, status: ExitStatus, capsys: pytest.CaptureFixture[str]
) -> None:
    assert nanny("--once").finish(outcome) is status
    assert capsys.readouterr().out == (
        f"nanny: 127.0.0.1:80: {outcome.verdict}: {outcome.evidence}\n"
    )
