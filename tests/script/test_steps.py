"""Variables in steps are filled in once for each service; old texts keep their percent signs."""

import pytest

from piranha.script.steps import (
    Close,
    ExpectLineRegex,
    ExpectPrefix,
    ExpectRegex,
    Send,
    SkipUntil,
    Step,
    filled,
    filled_text,
    literal,
    steps_of,
)

VALUES = {"h": "10.0.0.1", "p": "25", "v": "10.0.0.9", "n": "mail", "%": "%"}


@pytest.mark.parametrize(
    ("step", "meant"),
    [
        (Send(b"EHLO %n at %h:%p for %v, 100 %%, %x"),
         Send(b"EHLO mail at 10.0.0.1:25 for 10.0.0.9, 100 %, %x")),
        (ExpectPrefix(b"%n"), ExpectPrefix(b"mail")),
        (SkipUntil(b"%p"), SkipUntil(b"25")),
        (ExpectLineRegex(b"^%h$"), ExpectLineRegex(rb"^10\.0\.0\.1$")),
        (Close(), Close()),
    ],
)  # fmt: skip
def test_variables_are_filled_in(step: Step, meant: Step) -> None:
    assert filled((step,), VALUES) == (meant,)


def test_a_command_word_is_filled_in_the_same_way() -> None:
    assert filled_text("--host=%h %%", VALUES) == "--host=10.0.0.1 %"


@pytest.mark.parametrize("use_regex", [False, True])
def test_what_is_literal_comes_out_as_it_went_in(use_regex: bool) -> None:
    steps = steps_of(b"100 %% %h", b"%n", use_regex)
    assert filled(literal(steps), VALUES) == steps
    assert isinstance(steps[1], ExpectRegex) == use_regex
