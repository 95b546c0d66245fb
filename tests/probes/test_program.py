"""Probes by real programs: what they write, how they end, and that nothing of them stays."""

import os
from pathlib import Path

import psutil
import pytest

from piranha.probes.asking import Asked
from piranha.probes.doors import Note
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import ExpectPrefix, Step
from tests.probes.servers import doors, now


def run(*argv: str, steps: tuple[Step, ...] = (), timeout: float = 5.0) -> Outcome:
    question = Question(
        "10.0.0.1", 25, Transport.PROGRAM, steps, timeout, "mail", "10.0.0.10", argv
    )
    with Asked(question, doors()) as outcome:
        return outcome


def shell(script: str, steps: tuple[Step, ...] = (), timeout: float = 5.0) -> Outcome:
    return run("sh", "-c", script, steps=steps, timeout=timeout)


def dies_soon(pid: int) -> bool:
    """True when the process has ended, or is a zombie: its parent has only not looked yet."""
    deadline = now() + 1.0
    while now() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
    return False


def test_the_output_is_compared_and_the_variables_are_filled_in() -> None:
    outcome = run("echo", "%h", "%p", "%v", "%n", steps=(ExpectPrefix(b"10.0.0.1 25 "),))
    assert outcome.verdict is Verdict.ANSWERED
    assert r'got "10.0.0.1 25 10.0.0.10 mail\n", exit status 0' in outcome.evidence


def test_the_environment_says_what_is_asked() -> None:
    outcome = shell('echo "$PIRANHA_SERVICE $PIRANHA_HOST $PIRANHA_PORT $PIRANHA_VIP"')
    assert r'got "mail 10.0.0.1 25 10.0.0.10\n"' in outcome.evidence


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("exit 0", Verdict.SUCCEEDED),
        ("exit 3", Verdict.PROGRAM_FAILED),
        ("kill -9 $$", Verdict.PROGRAM_FAILED),
        ("exec >&- 2>&-; sleep 0.05; exit 0", Verdict.SUCCEEDED),
        ("echo complaint >&2", Verdict.SUCCEEDED),
        ("yes", Verdict.TOO_MUCH),
        ("yes >&2", Verdict.TOO_MUCH),
    ],
)
def test_the_end_of_a_program_is_its_verdict(script: str, verdict: Verdict) -> None:
    outcome = shell(script)
    assert outcome.verdict is verdict, outcome.evidence


def test_a_program_that_is_not_there_says_nothing_of_the_service() -> None:
    outcome = run("./no-such-program")
    assert outcome.verdict is Verdict.NO_SUCH_PROGRAM
    assert not outcome.is_judgement
    assert "no-such-program: no such file or directory" in outcome.evidence


def test_a_file_that_is_no_program_is_none(tmp_path: Path) -> None:
    (tmp_path / "check").write_text("not executable")
    assert run(str(tmp_path / "check")).verdict is Verdict.NO_SUCH_PROGRAM


def test_at_the_deadline_its_whole_group_is_killed() -> None:
    outcome = shell("sleep 60 & echo $!; wait", timeout=0.3)
    assert outcome.verdict is Verdict.PROGRAM_TIMED_OUT
    assert outcome.seconds < 0.6
    pid = int(outcome.evidence.split('"')[1].split("\\n")[0])
    assert dies_soon(pid)


def test_what_it_leaves_running_does_not_hold_the_probe_up() -> None:
    began = now()
    outcome = shell("sleep 60 & echo $!")
    assert outcome.verdict is Verdict.SUCCEEDED
    assert now() - began < 2.0
    assert dies_soon(int(outcome.evidence.split('"')[1].split("\\n")[0]))


def test_no_descriptor_and_no_child_is_left() -> None:
    before, children = len(os.listdir("/proc/self/fd")), psutil.Process().children()
    for script in ("exit 0", "sleep 9"):
        shell(script, timeout=0.1)
    run("./no-such-program")
    assert len(os.listdir("/proc/self/fd")) == before
    assert psutil.Process().children() == children


def test_whoever_watches_sees_the_program() -> None:
    notes: list[Note] = []
    question = Question("::1", 1, Transport.PROGRAM, argv=("echo", "hello"))
    with Asked(question, doors(notes.append)):
        pass
    assert [(n.kind, n.text or n.data) for n in notes[1:]] == [
        ("started", "echo hello"),
        ("received", b"hello\n"),
        ("ended", "exit status 0"),
    ]
