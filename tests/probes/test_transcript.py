"""A dialogue as a person sees it."""

from piranha.probes.doors import Note
from piranha.probes.question import Question, Transport
from piranha.probes.transcript import ending, heading, lines_of, plan_of
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import steps_of

SMTP = Question("10.0.0.1", 25, Transport.TCP, steps_of(b"QUIT\r\n", b"220"), 2.5)


def test_the_heading_says_whom_and_how_long() -> None:
    assert heading(SMTP) == "10.0.0.1:25 by tcp, for at most 2.5 s"


def test_the_plan_lists_the_steps() -> None:
    assert list(plan_of(SMTP)) == [
        "asking 10.0.0.1:25 by tcp, for at most 2.5 s",
        r'sending "QUIT\r\n"',
        'expecting "220"',
    ]


def test_what_was_sent_and_received_has_a_line_for_each_line() -> None:
    assert list(lines_of(Note(0.031, "received", b"220-one\r\n220 two"))) == [
        r"   0.031 < 220-one\r\n",
        "   0.031 < 220 two",
    ]
    assert list(lines_of(Note(1.5, "sent", b"\x1b[2J"))) == [r"   1.500 > \x1b[2J"]


def test_an_empty_datagram_is_seen() -> None:
    assert list(lines_of(Note(0.0, "received"))) == ["   0.000 < (an empty datagram)"]


def test_long_data_is_cut_and_counted() -> None:
    lines = list(lines_of(Note(0.0, "received", b"x" * 5_000)))
    assert len(lines) == 2
    assert lines[1].endswith("... and 3000 bytes more")


def test_other_happenings_are_told_in_words() -> None:
    assert list(lines_of(Note(0.001, "connected"))) == ["   0.001 = connected"]
    assert list(lines_of(Note(0.0, "expecting", text='"220"'))) == ['   0.000 = expecting "220"']


def test_the_end_is_the_verdict_with_evidence_and_meaning() -> None:
    evidence = 'expected "220", got "421", after 0.031 s'
    assert ending(Outcome(Verdict.WRONG_ANSWER, evidence, 0.031)) == (
        f"   0.031 = wrong answer: {evidence} (it answered, but not as expected)"
    )
