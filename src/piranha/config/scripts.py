"""A `script { ... }` block: its lines become the steps of a dialogue, with all that is wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from piranha.config.complaints import Complaints, Weight, did_you_mean
from piranha.config.document import Block, Entry, shown
from piranha.config.keywords import AT, Keyword, Kind, Place
from piranha.config.values import READERS, Names, show_duration
from piranha.script.expressions import is_for_streams, line_fault, stream_fault
from piranha.script.steps import (
    READ_LIMIT,
    Close,
    ExpectAny,
    Expectation,
    ExpectBytes,
    ExpectLine,
    ExpectLineRegex,
    ExpectPrefix,
    ExpectRegex,
    ExpectStreamRegex,
    Send,
    SkipUntil,
    StartTls,
    Step,
    Wait,
)


@dataclass(frozen=True, slots=True)
class PlacedStep:
    """A step, and where it stands."""

    step: Step
    line: int = field(repr=False)
    column: int = field(repr=False)
    """Not shown: a digest of the file's meaning is made from what is."""


def _expect(text: bytes) -> Step:
    return ExpectAny() if text == b"*" else ExpectPrefix(text)


def _expect_regex(pattern: bytes) -> Step:
    return ExpectStreamRegex(pattern) if is_for_streams(pattern) else ExpectLineRegex(pattern)


_STEPS: dict[str, Callable[[Any], Step]] = {
    "send": Send,
    "expect": _expect,
    "expect_line": ExpectLine,
    "expect_regex": _expect_regex,
    "expect_bytes": ExpectBytes,
    "skip_until": SkipUntil,
    "wait": Wait,
    "starttls": lambda _nothing: StartTls(),
    "close": lambda _nothing: Close(),
}


def read_script(
    block: Block, complaints: Complaints, names: Names
) -> tuple[tuple[PlacedStep, ...], bool]:
    """The steps in their order without those that could not be read, and whether all could be."""
    reader = _ScriptReader(complaints, names)
    is_sound = bool(block.entries) and not (block.blocks or block.words or block.name)
    for inner in block.blocks:
        text = f'a block "{shown(inner.keyword)}" cannot stand in a script, expected steps'
        complaints.add(inner.line, inner.column, "error", text)
    if block.name or block.words:
        text = 'a script has no name and stands on lines of its own, expected "script {"'
        complaints.add(block.line, block.column, "error", text)
    elif not block.entries and not block.blocks:
        complaints.add(block.line, block.column, "error", "the script is empty, expected steps")
    placed = [(reader.step(entry), entry) for entry in block.entries]
    steps = tuple(PlacedStep(step, e.line, e.column) for step, e in placed if step is not None)
    return steps, is_sound and len(steps) == len(placed)


class _ScriptReader:
    def __init__(self, complaints: Complaints, names: Names) -> None:
        self._complaints = complaints
        self._names = names

    def step(self, entry: Entry) -> Step | None:
        row = AT[Place.SCRIPT].get(entry.keyword)
        if row is None:
            hint = did_you_mean(entry.keyword, AT[Place.SCRIPT])
            text = f'"{shown(entry.keyword)}" is no step of a script, expected one of lvs.cf(5)'
            return self._refuse(entry, text + hint)
        if (row.kind is Kind.BARE) != entry.is_bare:
            form = entry.keyword if row.kind is Kind.BARE else f"{entry.keyword} = value"
            return self._refuse(entry, f'{entry.keyword} cannot be written so, expected "{form}"')
        value = True if entry.is_bare else self._value(entry, row)
        if value is None:
            return None
        if value == b"":
            return self._refuse(entry, f"{entry.keyword} is empty, expected a text")
        step = _STEPS[entry.keyword](value)
        return self._sound(step, entry)

    def _value(self, entry: Entry, row: Keyword) -> Any:
        value = entry.value
        if value.text_after_quote:
            text = "more text after the closing quote, expected the end of the line or a # comment"
            self._complaints.add(value.line, value.text_after_quote, "error", text)
            return None

        def say(weight: Weight, offset: int, text: str) -> None:
            self._complaints.add(value.line, value.column + offset, weight, text)

        return READERS[row.kind](value, row, self._names, say)

    def _sound(self, step: Step, entry: Entry) -> Step | None:
        """The step, unless nothing could ever fulfil it whatever the server does."""
        fault = ""
        match step:
            case ExpectStreamRegex(pattern):
                fault = stream_fault(pattern)
            case ExpectLineRegex(pattern):
                fault = line_fault(pattern)
            case ExpectLine(text) if b"\n" in text:
                fault = "has a line end, but a line is compared without it"
        if fault:
            return self._refuse(entry, f"{entry.keyword} {fault}: {_REMEDY[entry.keyword]}")
        return step

    def _refuse(self, entry: Entry, text: str) -> Step | None:
        self._complaints.add(entry.value.line, entry.value.column, "error", text)
        return None


_REMEDY = {
    "expect_regex": "it can never match, or not surely; expected an expression for one line, or "
    "one for an open stream that begins with (?s) and ends in a definite byte",
    "expect_line": "it can never match, expected the beginning of one line",
}

Finding = tuple[int, int, str]
"""Line, column, sentence."""


def script_faults(
    steps: tuple[PlacedStep, ...], timeout_seconds: float, has_tls: bool
) -> list[Finding]:
    """What cannot work in a dialogue over a stream, in its order."""
    found: list[Finding] = []
    must_read = 0
    is_closed = False
    for number, placed in enumerate(steps, 1):
        step, at = placed.step, (placed.line, placed.column)
        match step:
            case Wait():
                if fault := waits_fault(steps[:number], timeout_seconds):
                    found.append((*at, f"the waits {fault}"))
            case Send() | StartTls() | Close() if is_closed:
                found.append((*at, "nothing can be sent after close, expected it before"))
            case StartTls() if has_tls:
                found.append((*at, "the dialogue is encrypted already, expected starttls once"))
        has_tls = has_tls or isinstance(step, StartTls)
        is_closed = is_closed or isinstance(step, Close)
        must_read += _least_bytes(step)
        if must_read > READ_LIMIT:
            text = f"{must_read} bytes must have come, but a probe reads {READ_LIMIT} at most"
            found.append((*at, f"{text}, expected less: it can never match"))
            must_read = -READ_LIMIT
    return found


def waits_fault(steps: tuple[PlacedStep, ...], timeout_seconds: float) -> str:
    """What is wrong with the waits of these steps, all together; empty: nothing."""
    waits = [placed.step.seconds for placed in steps if isinstance(placed.step, Wait)]
    if not waits or sum(waits) < timeout_seconds:
        return ""
    return (
        f"last {show_duration(sum(waits))}, expected less than the timeout "
        f"({show_duration(timeout_seconds)}): the rest never comes to pass"
    )


def _least_bytes(step: Step) -> int:
    match step:
        case ExpectBytes(count):
            return count
        case ExpectPrefix(text) | ExpectLine(text) | SkipUntil(text):
            return len(text)
    return 0


def datagram_steps(
    steps: tuple[PlacedStep, ...],
) -> tuple[tuple[PlacedStep, ...], list[Finding]]:
    """The same for UDP, where each datagram is judged by itself, and what has no meaning there."""
    found: list[Finding] = []
    taken: list[PlacedStep] = []
    for placed in steps:
        match placed.step:
            case ExpectLineRegex(pattern) | ExpectStreamRegex(pattern):
                taken.append(replace(placed, step=ExpectRegex(pattern)))
            case Send() | ExpectPrefix() | ExpectAny():
                taken.append(placed)
            case _:
                text = "this step is for streams, expected send, expect or expect_regex over UDP"
                found.append((placed.line, placed.column, text))
    return tuple(taken), found


def expects_nothing(steps: tuple[PlacedStep, ...]) -> bool:
    return not any(isinstance(placed.step, Expectation) for placed in steps)
