"""Scripts become steps; what can never work in them is told with its place."""

import pytest

from piranha.script.steps import (
    Close,
    ExpectAny,
    ExpectBytes,
    ExpectLine,
    ExpectLineRegex,
    ExpectPrefix,
    ExpectRegex,
    ExpectSomeLine,
    ExpectStreamRegex,
    Send,
    SkipUntil,
    Wait,
)
from tests.config.lvs_cf import GLOBAL, complaints, service, web


def script(*steps: str) -> str:
    return "script {\n" + "".join(f"        {step}\n" for step in steps) + "    }"


def said(*lines: str) -> list[str]:
    """Complaints about a block with these lines, without the file's name."""
    return [line.removeprefix("lvs.cf:") for line in complaints(GLOBAL + web(*lines))]


def test_every_step_is_read_in_its_order() -> None:
    probe = service(
        script(
            "expect = *",
            'expect = "220"',
            'expect_line = "220"',
            r'expect_regex = "^2\d\d$"',
            r'expect_regex = "(?s)^.{4}\x0a"',
            "expect_bytes = 4",
            'skip_until = "login: "',
            "wait = 250ms",
            r'send = "%n\r\n"',
            'send = hex"00 FF 0a"',
            "close",
        )
    ).probe
    assert probe.steps == (
        ExpectAny(),
        ExpectPrefix(b"220"),
        ExpectLine(b"220"),
        ExpectLineRegex(rb"^2\d\d$"),
        ExpectStreamRegex(rb"(?s)^.{4}\x0a"),
        ExpectBytes(4),
        SkipUntil(b"login: "),
        Wait(0.25),
        Send(b"%n\r\n"),
        Send(b"\0\xff\n"),
        Close(),
    )


def test_a_match_is_looked_for_behind_the_dialogue() -> None:
    lines = ('match = "^Hello"', script('expect_line = "HTTP"'))
    assert service(*lines).probe.steps == (ExpectLine(b"HTTP"), ExpectSomeLine(b"^Hello"))


def test_by_udp_an_expression_sees_a_whole_datagram() -> None:
    lines = ("protocol = udp", script("send = x", 'expect_regex = "^a$"'))
    assert service(*lines).probe.steps == (Send(b"x"), ExpectRegex(b"^a$"))


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("sent = x", '10:16: "sent" is no step of a script, expected one of lvs.cf(5), did you '
         'mean "send"?'),
        ("send", '10:13: send cannot be written so, expected "send = value"'),
        ("close = 1", '10:17: close cannot be written so, expected "close"'),
        ('send = ""', "10:17: send is empty, expected a text"),
        ("expect_bytes = 0", "10:24: expect_bytes is 0, expected at least 1"),
        ("expect_bytes = 65537", "10:24: expect_bytes is 65537, expected at most 65536"),
        ('send = hex"0"', '10:20: send is "hex"0"", expected pairs of hexadecimal digits: '
         'hex"0d 0a"'),
        ('send = hex"0g"', '10:21: send is "hex"0g"", expected pairs of hexadecimal digits: '
         'hex"0d 0a"'),
        ('send = "a" b', "10:20: more text after the closing quote, expected the end of the "
         "line or a # comment"),
        ('expect_regex = "(a"', "10:25: expect_regex: missing ), unterminated subpattern at "
         "position 0, expected a regular expression"),
        ('server x {', None),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_read_is_told(step: str, expected: str | None) -> None:
    if expected is None:
        found = said(script("expect = x", step, "}"))
        assert found == ['11:9: a block "server" cannot stand in a script, expected steps']
    else:
        assert said(script(step, "expect = x")) == [expected]


STREAM = (
    ": it can never match, or not surely; expected an expression for one line, or one for an open "
    "stream that begins with (?s) and ends in a definite byte"
)


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        (r"(?s)ready$", "has an end that later bytes can undo"),
        (r"(?s)ready\Z", "has an end that later bytes can undo"),
        (r"(?s)ready\b", "has an end that later bytes can undo"),
        (r"(?s)ready(?=x)", "looks around, at bytes that may not have come yet"),
        (r"(?s)(?<!x)ready", "looks around, at bytes that may not have come yet"),
        (r"(?s)220.*", "ends in a repetition, which reads on for as long as more comes"),
        (r"(?s)(220 a+)", "ends in a repetition, which reads on for as long as more comes"),
        (r"(?s)a{2,}", "ends in a repetition, which reads on for as long as more comes"),
        (r"220 ready\r\n", "has a line end, but is applied to one line without it"),
        (r"220\x0a", "has a line end, but is applied to one line without it"),
    ],
)
def test_an_expression_that_segments_could_change_is_refused(pattern: str, fault: str) -> None:
    assert said(script(f'expect_regex = "{pattern}"')) == [f"10:25: expect_regex {fault}{STREAM}"]


@pytest.mark.parametrize(
    "pattern",
    [
        r"^220 .*ready$",
        r"(?=x)",
        r"a+",
        r"(?s)^.{4}\x0a",
        r"(?s)a{3}",
        r"(?s)\$",
        r"(?s)[$*]",
        r"\\n",
    ],
)
def test_a_sound_expression_is_taken(pattern: str) -> None:
    assert said(script(f'expect_regex = "{pattern}"')) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([script()], "9:5: the script is empty, expected steps"),
        (["script { close }"], '9:5: a script has no name and stands on lines of its own, '
         'expected "script {"'),
        ([script("expect = x"), script("expect = y")], "12:5: there is a script already, "
         "expected one"),
        ([script("expect = x", "close", "send = y")], "12:16: nothing can be sent after close, "
         "expected it before"),
        (["timeout = 2", script("wait = 1", "wait = 1s", "expect = x")],
         "12:16: the waits last 2 s, expected less than the timeout (2 s): the rest never comes "
          "to pass"),
        ([script("expect_bytes = 65536", "expect = x")],
         "11:18: 65537 bytes must have come, but a probe reads 65536 at most, expected less: it "
          "can never match"),
        ([script(r'expect_line = "a\nb"')],
         "10:24: expect_line has a line end, but a line is compared without it: it can never "
          "match, expected the "
         "beginning of one line"),
        (["protocol = udp", script("send = x", 'expect_line = "a"')],
         "12:24: this step is for streams, expected send, expect or expect_regex over UDP"),
        (["send = x", script("expect = x")], "9:12: send is not used beside a script, expected "
         "one of them"),
        (["expect = x", script("expect = x")], "9:14: expect is not used beside a script, "
         "expected one of them"),
        ([script("send = x")], "9:5: warning: the script expects nothing of the server, "
         "expected a step that does"),
        (["send_program = /bin/ask %h", script("expect = x")],
         "10:5: script has no use with monitor = program, expected it gone"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_told(lines: list[str], expected: str) -> None:
    found = said(*lines)
    assert len(found) == 1
    place, text = found[0].split(": ", 1)
    assert (text, place.split(":")[0]) == (
        expected.split(": ", 1)[1],
        expected.split(":", 1)[0],
    )


def test_a_recipe_that_says_what_it_misses_may_expect_nothing() -> None:
    recipe = "recipe own {\n    port = 9\n    " + script("send = x") + "\n}\n"
    silent = "warning: the script expects nothing of the server, expected a step that does"
    told = complaints(GLOBAL + recipe + web("monitor = own"))
    assert [line.split(": ", 1)[1] for line in told] == [silent]
    honest = recipe.replace("port = 9", 'port = 9\n    misses = "that a process reads it"')
    assert complaints(GLOBAL + honest + web("monitor = own")) == []


PATIENT = "recipe own {\n    port = 9\n    timeout = 5\n    " + script(
    "wait = 1", "send = x", "wait = 1.5s", "expect = y"
)
PATIENT += "\n}\n"


def said_of_a_block(recipe: str, *lines: str) -> list[str]:
    """Line, column and sentence, the lines counted from the end of the recipe."""
    told = complaints(GLOBAL + recipe + web(*lines))
    before = (GLOBAL + recipe).count("\n")
    parts = [line.split(":", 3) for line in told]
    return [f"{int(line) - before}:{column}:{text}" for _, line, column, text in parts]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["monitor = own"], []),
        (["monitor = own", "timeout = 2.6"], []),
        (["monitor = own", "timeout = 2.5"],
         ["7:15: the waits of monitor = own last 2.5 s, expected less than the timeout (2.5 s): "
          "the rest never comes to pass"]),
        (["monitor = own", "timeout = 2.5", script("wait = 2", "expect = y")], []),
    ],
)  # fmt: skip
def test_a_blocks_timeout_leaves_its_recipe_the_time_to_wait(
    lines: list[str], expected: list[str]
) -> None:
    assert said_of_a_block(PATIENT, *lines) == expected


def test_a_recipe_that_never_has_the_time_is_told_so_and_with_it_each_block() -> None:
    told = said_of_a_block(PATIENT.replace("timeout = 5", "timeout = 2"), "monitor = own")
    waits = "last 2.5 s, expected less than the timeout (2 s): the rest never comes to pass"
    assert told == [f"-3:9: the waits {waits}", f"6:15: the waits of monitor = own {waits}"]
