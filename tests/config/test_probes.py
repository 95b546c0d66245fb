"""What a block, its recipe and the old keywords say together of how a service is asked."""

import pytest

from piranha.config.reading import Reading, read_settings
from piranha.config.settings import Monitor, Protocol, Service
from piranha.config.values import Names
from piranha.script.steps import ExpectLine, ExpectPrefix, Send, StartTls, TlsTerms
from tests.config.lvs_cf import GLOBAL, complaints, service, web

MAIL = b"""\
# A mail server.
recipe mail {
    proves = "that it greets"
    port = 25
    timeout = 7
    script {
        expect_line = "220"
        send = "QUIT\\r\\n"
    }
}
"""
OWN = MAIL.decode().replace("recipe mail", "recipe own")


def read(*lines: str, before: str = "") -> Reading:
    names = Names(recipes=lambda: ("mail",), recipe={"mail": MAIL}.get)
    return read_settings((GLOBAL + before + web(*lines)).encode(), "lvs.cf", names)


def asked(*lines: str, before: str = "") -> Service:
    reading = read(*lines, before=before)
    assert reading.settings is not None, [str(c) for c in reading.complaints]
    return reading.settings.groups[0].services[0]


def said(*lines: str) -> list[str]:
    return [str(complaint) for complaint in read(*lines).complaints]


def test_a_recipe_gives_other_defaults() -> None:
    found = asked("monitor = mail")
    assert (found.port, found.protocol, found.timeout_seconds) == (25, Protocol.TCP, 7.0)
    assert found.probe.monitor is Monitor.TCP
    assert found.probe.steps == (ExpectLine(b"220"), Send(b"QUIT\r\n"))


def test_what_the_block_gives_counts_more() -> None:
    found = asked("monitor = mail", "port = 2525", "timeout = 3")
    assert (found.port, found.timeout_seconds) == (2525, 3.0)
    own = asked("monitor = mail", "script {", '    expect = "x"', "}")
    assert own.probe.steps == (ExpectPrefix(b"x"),)


def test_a_recipe_can_stand_in_the_file_itself() -> None:
    assert asked("monitor = own", before=OWN).probe.steps[0] == ExpectLine(b"220")
    mine = OWN.replace("recipe own", "recipe mail").replace("220", "221")
    assert asked("monitor = mail", before=mine).probe.steps[0] == ExpectLine(b"221")


def test_an_unknown_recipe_is_named_with_what_may_be_meant() -> None:
    (text,) = said("monitor = mial")
    assert text.startswith('lvs.cf:9:15: there is no recipe "mial", expected one of piranhactl')
    assert text.endswith('did you mean "mail"?')


def test_texts_beside_the_script_of_a_recipe_are_refused() -> None:
    assert said("monitor = mail", "expect = 220") == [
        "lvs.cf:10:14: expect is not used beside the script of monitor = mail, expected one of them"
    ]


def test_a_recipe_that_cannot_be_read_is_told_where_it_is_named() -> None:
    names = Names(recipe={"bad": b"recipe bad {\n prot = 1\n}\n"}.get)
    reading = read_settings((GLOBAL + web("monitor = bad")).encode(), "lvs.cf", names)
    assert str(reading.complaints[0]).startswith('lvs.cf:9:15: recipe bad:2:2: "prot" is unknown')


def test_the_tag_of_a_service_follows_what_its_recipe_means() -> None:
    first, other = (asked("monitor = own", before=OWN.replace("220", n)) for n in ("220", "221"))
    moved = asked("monitor = own", before="\n\n" + OWN)
    assert first.tag != other.tag
    assert first.tag == moved.tag


def test_an_old_block_has_the_tag_that_it_always_had() -> None:
    assert service("port = 25", "expect = 220").tag == 0x15B0EC9


@pytest.mark.parametrize(
    ("monitor", "protocol"),
    [("tcp", "tcp"), ("udp", "udp"), ("none", "tcp"), ("program", "tcp")],
)
def test_a_monitor_says_what_is_spoken(monitor: str, protocol: str) -> None:
    found = service(
        f"monitor = {monitor}", *(["send_program = /bin/ask %h"] if monitor == "program" else [])
    )
    assert (found.probe.monitor, found.protocol) == (monitor, protocol)


def test_a_named_monitor_means_just_that_on_port_80_too() -> None:
    assert service("monitor = tcp").probe.steps == ()


def test_what_is_only_started_and_stopped_has_no_nanny() -> None:
    found = service("monitor = none")
    assert not found.is_asked_here
    assert not found.is_asked_there
    assert service().is_asked_here
    assert service().is_asked_there


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["monitor = udp", "protocol = tcp"],
         "protocol is tcp, but monitor = udp speaks udp, expected no protocol beside it"),
        (["monitor = none", "expect = x"], "warning: expect has no use with monitor = none, "
         "expected it gone"),
        (["monitor = program"], "monitor = program without a program, expected send_program"),
        (["monitor = tcp", "send_program = /bin/ask %h"],
         "send_program has no use with monitor = tcp, expected it gone"),
        (["monitor = program", "send_program = /bin/ask %h", "match = x"],
         "match has no use with monitor = program, expected it gone"),
        (["monitor = tcp", 'match = "a\\n"'],
         "match has a line end, but is applied to one line without it: it can never match, "
         "expected an expression for one line"),
        (["tls_days = 3"], "warning: tls_days without tls, expected tls = 1 or a step starttls"),
    ],
)  # fmt: skip
def test_keywords_that_do_not_go_together_are_told(lines: list[str], text: str) -> None:
    assert any(line.split(": ", 1)[1] == text for line in complaints(GLOBAL + web(*lines)))


def test_a_recipe_names_a_way_to_ask_and_no_other_recipe() -> None:
    found = complaints(OWN.replace("port", "monitor = dsn\n    port") + GLOBAL + web())
    assert found[0].endswith('in a recipe, did you mean "dns"?')


def test_tls_begins_the_dialogue_or_stands_in_the_middle_of_it() -> None:
    first = service("tls = 1", "tls_name = www.example.org", "expect = x").probe
    assert first.steps == (StartTls(), ExpectPrefix(b"x"))
    assert first.tls == TlsTerms(name="www.example.org", warning_days=14)
    assert service("monitor = tls").probe.steps == (StartTls(),)
    lines = ("script {", '    expect_line = "220"', "    starttls", '    expect_line = "250"', "}")
    assert service(*lines).probe.steps[1] == StartTls()
    assert service(*lines, "tls_verify = 0").probe.tls == TlsTerms(warning_days=None)
    verified = service("tls = 1", "tls_verify = 1", "tls_ca = /ca.pem", "tls_days = 3").probe.tls
    assert verified == TlsTerms("", True, 3, "/ca.pem")
    assert service("expect = x").probe.tls is None


def test_tls_is_begun_once() -> None:
    lines = ("tls = 1", "script {", "    starttls", '    expect = "x"', "}")
    assert complaints(GLOBAL + web(*lines)) == [
        "lvs.cf:11:9: the dialogue is encrypted already, expected starttls once"
    ]


def test_tls_is_not_begun_before_a_recipe_that_begins_it_itself() -> None:
    upgrading = OWN.replace("        send", "        starttls\n        send")
    (text,) = [str(c) for c in read("monitor = own", "tls = 1", before=upgrading).complaints]
    assert text.endswith(
        "tls is 1, but monitor = own makes the handshake in mid-dialogue, expected one of them"
    )
