"""What a command line of nanny asks for, and what it is refused for."""

import pytest

from piranha.errors import SystemRefusedError, UsageError
from piranha.probes.question import Question, Transport
from piranha.programs.nanny_options import NannyOptions, read_options
from piranha.script.steps import ExpectAny, ExpectPrefix, ExpectRegex, Send


def options(*words: str) -> NannyOptions:
    return read_options(["-h", "127.0.0.1", *words])


def question(*words: str) -> Question:
    return options(*words).question


def test_port_80_has_its_question_where_nothing_else_is_said() -> None:
    asked = question()
    assert (asked.port, asked.transport) == (80, Transport.TCP)
    assert asked.steps == (Send(b"GET / HTTP/1.0\r\n\r\n"), ExpectPrefix(b"HTTP"))
    assert question("-x", "*").steps == (ExpectAny(),)
    assert question("-u").steps == ()
    assert question("-e", "check %h").steps == ()


def test_strings_have_the_escapes_of_the_file() -> None:
    asked = question("-p", "25", "-s", r"QUIT\r\n\x00", "-x", r"220\x20")
    assert asked.steps == (Send(b"QUIT\r\n\0"), ExpectPrefix(b"220 "))


def test_an_expression_is_taken_as_it_is_written() -> None:
    asked = question("-p", "25", "-x", r"^220 .*\r$", "--use-regex")
    assert asked.steps == (ExpectRegex(rb"^220 .*\r$"),)


def test_the_timeout_is_the_interval_unless_it_is_given() -> None:
    assert (options().interval_seconds, question().timeout_seconds) == (10.0, 10.0)
    assert question("-t", "2.5").timeout_seconds == 2.5
    assert question("-t", "2", "--timeout", "250ms").timeout_seconds == 0.25


def test_a_program_asks_instead() -> None:
    asked = question("--send_program", "check -v '%h %p'", "-x", "OK")
    assert (asked.transport, asked.argv) == (Transport.PROGRAM, ("check", "-v", "%h %p"))
    assert question("-e", "true").transport is Transport.PROGRAM


def test_ports_and_hosts_may_be_names() -> None:
    assert question("-p", "smtp").port == 25
    assert read_options(["-h", "localhost", "-p", "1"]).question.host in ("127.0.0.1", "::1")


def test_the_manner_of_asking() -> None:
    assert options().is_detached
    assert not options("-n").is_detached
    assert options("-n").logs_to_stdout
    assert not options("-c").is_detached
    assert not options("-c").logs_to_stdout
    assert options("--once").is_once
    assert options("--norun").is_test_start
    assert options("-T").is_suppressed
    assert options("-R", "echo 'it is' up").startup == ("echo", "it is", "up")


@pytest.mark.parametrize(
    "words",
    [
        ["-a", "15"],
        ["-f", "1"],
        ["-I", "/sbin/ipvsadm"],
        ["-Mm"],
        ["-q"],
        ["-r", "8080"],
        ["-S", "1"],
        ["-U", "uptime"],
        ["--weight=5"],
    ],
)
def test_options_of_the_load_balancer_are_refused_with_a_sentence(words: list[str]) -> None:
    with pytest.raises(UsageError, match="belongs to load balancing, which this suite does not"):
        options(*words)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["-p", "0"], "0 is no port"),
        (["-p", "65536"], "65536 is no port"),
        (["-p", "no-such-service"], "neither a number nor in services"),
        (["-t", "0"], "no duration"),
        (["-t", "soon"], "no duration"),
        (["-x", "(a", "--use-regex"], "unterminated subpattern"),
        (["-x", "a" * 4097, "--use-regex"], "4097 bytes"),
        (["-s", "a" * 65_537], "65537 bytes"),
        (["-e", "check", "-u"], "asks by itself"),
        (["-e", "check", "-s", "x"], "asks by itself"),
        (["-e", " "], "names no program"),
        (["-e", "check 'x"], "no closing quotation"),
        (["--serve", "x"], "unrecognized"),
        (["word"], "unrecognized"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        options(*words)


def test_an_address_is_needed() -> None:
    with pytest.raises(UsageError, match="-h/--server"):
        read_options([])


def test_a_name_that_nobody_knows_may_be_known_later() -> None:
    with pytest.raises(SystemRefusedError, match=r"cannot resolve .*invalid"):
        read_options(["-h", "no-such-host.invalid"])
