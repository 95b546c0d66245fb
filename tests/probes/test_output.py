"""What a program wrote, and how it ended, as an answer."""

from piranha.probes.output import OUTPUT_LIMIT, ProgramOutput
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import ExpectPrefix, ExpectRegex, Step


def after(
    steps: tuple[Step, ...], said: bytes, status: int | None, complained: bytes = b""
) -> Outcome:
    """How a run ends that wrote this and then ended so; status None: it did not end in 2 s."""
    output = ProgramOutput(steps, 100.0, 2.0)
    output.received(said, 100.001)
    if complained:
        output.complained(complained, 100.001)
    if status is not None:
        output.exited(status, 100.002)
    output.time_passed(102.0)
    assert output.outcome is not None
    return output.outcome


OK = (ExpectPrefix(b"OK"),)


def test_where_output_is_expected_it_decides() -> None:
    outcome = after(OK, b"OK, 3 users\n", 0)
    assert outcome.verdict is Verdict.ANSWERED
    assert outcome.evidence == (r'expected "OK", got "OK, 3 users\n", exit status 0, after 0.002 s')


def test_the_exit_status_does_not_matter_where_output_is_expected() -> None:
    assert after(OK, b"OK", 3).verdict is Verdict.ANSWERED
    assert after(OK, b"DOWN", 0).verdict is Verdict.WRONG_ANSWER
    assert after(OK, b"", 0).verdict is Verdict.WRONG_ANSWER


def test_where_nothing_is_expected_exit_status_0_is_health() -> None:
    assert after((), b"whatever", 0).verdict is Verdict.SUCCEEDED
    assert after((), b"whatever", 1).verdict is Verdict.PROGRAM_FAILED


def test_complaints_and_signals_are_evidence() -> None:
    outcome = after((), b"", -9, complained=b"no route\n")
    assert outcome.verdict is Verdict.PROGRAM_FAILED
    assert outcome.evidence == r'got nothing, complaint "no route\n", signal 9, after 0.002 s'


def test_complaints_are_compared_with_nothing() -> None:
    assert after(OK, b"OK", 0, complained=b"warning: old\n").verdict is Verdict.ANSWERED
    assert after(OK, b"", 0, complained=b"OK").verdict is Verdict.WRONG_ANSWER


def test_an_expression_sees_the_whole_output() -> None:
    assert after((ExpectRegex(b"^b$"),), b"a\nb\n", 0).verdict is Verdict.WRONG_ANSWER
    assert after((ExpectRegex(b"(?m)^b$"),), b"a\nb\n", 0).verdict is Verdict.ANSWERED


def test_a_program_that_does_not_end_times_out() -> None:
    outcome = after(OK, b"OK", None)
    assert outcome.verdict is Verdict.PROGRAM_TIMED_OUT
    assert outcome.evidence == 'got "OK", still running, after 2.000 s'


def test_endless_output_is_too_much() -> None:
    assert after((), b"x" * (OUTPUT_LIMIT + 1), 0).verdict is Verdict.TOO_MUCH
    assert after((), b"", 0, complained=b"x" * (OUTPUT_LIMIT + 1)).verdict is Verdict.TOO_MUCH
    assert after((), b"x" * OUTPUT_LIMIT, 0).verdict is Verdict.SUCCEEDED
