"""What the keywords of a failover block ask."""

from dataclasses import replace

from piranha.probes.question import Question, Transport, expanded
from piranha.script.steps import ExpectAny, ExpectPrefix, ExpectRegex, Send, steps_of

SMTP = Question("10.0.0.1", 25, Transport.TCP, service="mail", vip="10.0.0.10")


def test_send_goes_first_and_the_answer_is_compared() -> None:
    assert steps_of(b"HELO x\r\n", b"220") == (Send(b"HELO x\r\n"), ExpectPrefix(b"220"))


def test_an_asterisk_is_any_answer_with_and_without_regex() -> None:
    assert steps_of(None, b"*") == (ExpectAny(),)
    assert steps_of(None, b"*", use_regex=True) == (ExpectAny(),)


def test_with_use_regex_the_answer_is_searched() -> None:
    assert steps_of(None, b"^220", use_regex=True) == (ExpectRegex(b"^220"),)


def test_empty_strings_ask_for_nothing() -> None:
    assert steps_of(b"", b"") == steps_of(None, None) == ()


def test_variables_are_filled_in_once() -> None:
    assert expanded("%h:%p %v %n %%h 100%", SMTP) == "10.0.0.1:25 10.0.0.10 mail %h 100%"
    assert expanded("%n", replace(SMTP, service="%h")) == "%h"


def test_other_uses_of_the_percent_sign_stay() -> None:
    assert expanded("date +%H:%M", SMTP) == "date +%H:%M"


def test_the_target_is_named_as_people_write_it() -> None:
    assert SMTP.target == "10.0.0.1:25"
    assert replace(SMTP, host="fd00::1").target == "[fd00::1]:25"
    program = replace(SMTP, transport=Transport.PROGRAM, argv=("check_mail", "%h"))
    assert program.target == "check_mail"
