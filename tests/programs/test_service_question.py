"""From a service of the file to the question that a nanny asks."""

from dataclasses import replace
from ipaddress import ip_address

from piranha.config.settings import Monitor, Probe
from piranha.probes.question import Transport
from piranha.programs.service_question import question_of
from piranha.script.steps import ExpectLine, ExpectPrefix, Send, TlsTerms, literal, steps_of
from tests.programs.example_settings import WEB

LOCALHOST = ip_address("127.0.0.1")


def test_the_question_is_that_of_the_file() -> None:
    probe = Probe(Monitor.TCP, literal(steps_of(b"HELO %h", b"250")))
    question = question_of(replace(WEB, probe=probe), LOCALHOST)
    assert (question.host, question.port, question.transport) == ("127.0.0.1", 80, Transport.TCP)
    assert question.steps == (Send(b"HELO %h"), ExpectPrefix(b"250"))
    assert (question.service, question.vip) == ("web", "10.0.0.10")


def test_a_script_has_its_variables_filled_in() -> None:
    probe = Probe(Monitor.TCP, (Send(b"%n %v:%p %%"), ExpectLine(b"%h")))
    question = question_of(replace(WEB, probe=probe), LOCALHOST)
    assert question.steps == (Send(b"web 10.0.0.10:80 %"), ExpectLine(b"127.0.0.1"))


def test_a_program_is_asked_instead_where_the_file_names_one() -> None:
    probe = Probe(Monitor.PROGRAM, program=("/check", "%h"))
    question = question_of(replace(WEB, probe=probe), LOCALHOST)
    assert (question.transport, question.argv) == (Transport.PROGRAM, ("/check", "%h"))


def test_udp_is_asked_by_udp() -> None:
    question = question_of(replace(WEB, probe=Probe(Monitor.UDP)), LOCALHOST)
    assert question.transport is Transport.UDP


def test_the_terms_of_tls_go_with_the_question() -> None:
    terms = TlsTerms(name="www.example.org")
    question = question_of(replace(WEB, probe=Probe(Monitor.TLS, tls=terms)), LOCALHOST)
    assert (question.transport, question.tls) == (Transport.TCP, terms)
