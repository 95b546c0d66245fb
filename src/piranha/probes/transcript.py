"""Pure: a dialogue as people who test with telnet want to see it, line by line."""

from collections.abc import Iterator

from piranha.probes.doors import Note
from piranha.probes.matching import matchers_of
from piranha.probes.question import Question
from piranha.probes.verdict import Outcome
from piranha.script.spelling import quoted, spelled
from piranha.script.steps import Close, Send, StartTls, Wait

_SHOWN_BYTES = 2_000
"""Of one piece of the dialogue; the rest is only counted."""


def heading(question: Question) -> str:
    """Whom we ask, and how: 10.0.0.1:25 by tcp, for at most 10 s."""
    return f"{question.target} by {question.transport}, for at most {question.timeout_seconds:g} s"


def plan_of(question: Question) -> Iterator[str]:
    """One line for the question and one for each of its steps."""
    yield f"asking {heading(question)}"
    for step in question.steps:
        match step:
            case Send(data):
                yield f"sending {quoted(data)}"
            case Wait(seconds):
                yield f"waiting {seconds:g} s"
            case StartTls():
                yield "making a TLS handshake"
            case Close():
                yield "closing our side"
            case _:
                yield from (f"expecting {m.wanted}" for m in matchers_of((step,)) if m)


def lines_of(note: Note) -> Iterator[str]:
    """The lines for one thing that happened; sent lines begin with >, received ones with <."""
    match note.kind:
        case "sent":
            yield from _data_lines(note, ">")
        case "received":
            yield from _data_lines(note, "<")
        case _:
            yield _line(note.seconds, "=", f"{note.kind} {note.text}".rstrip())


def ending(outcome: Outcome) -> str:
    """The verdict, what it means, and what shows it."""
    verdict = outcome.verdict
    return _line(outcome.seconds, "=", f"{verdict}: {outcome.evidence} ({verdict.phrase})")


def _data_lines(note: Note, mark: str) -> Iterator[str]:
    if not note.data:
        yield _line(note.seconds, mark, "(an empty datagram)")
    for line in note.data[:_SHOWN_BYTES].splitlines(keepends=True):
        yield _line(note.seconds, mark, spelled(line))
    left_out = len(note.data) - _SHOWN_BYTES
    if left_out > 0:
        yield _line(note.seconds, mark, f"... and {left_out} bytes more")


def _line(seconds: float, mark: str, text: str) -> str:
    return f"{seconds:8.3f} {mark} {text}"
