"""`piranhactl learn`: what a service says leads to the recipe that fits, and to a good block."""

import os
import socket

import pytest

from piranha.config.reading import read_settings
from piranha.config.values import Names
from piranha.errors import UsageError
from piranha.programs import piranhactl
from piranha.programs.recipe_files import recipe_names, recipe_text
from piranha.programs.service_learning import (
    Place,
    block_text,
    candidates,
    first_line,
    place_of,
    service_of,
)
from tests.probes.servers import answers, closed_port, greets, says_nothing, tcp_server


@pytest.fixture(autouse=True)
def _rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives up root's rights; a test that did could not go on."""
    monkeypatch.setattr(os, "geteuid", lambda: 65_534)


def mail(connection: socket.socket) -> None:
    """A mail server on a port of its own choice."""
    connection.sendall(b"220 mail ready\r\n")
    for line in connection.makefile("rb"):
        if line.startswith(b"QUIT"):
            connection.sendall(b"221 bye\r\n")
            return
        is_known = line.startswith(b"EHLO")
        connection.sendall(b"250-mail\r\n250 fine\r\n" if is_known else b"502 what?\r\n")


def learn(port: int, *words: str) -> int:
    return piranhactl.main(["learn", f"127.0.0.1:{port}", *words])


def test_a_greeting_leads_to_its_recipe(capfd: pytest.CaptureFixture[str]) -> None:
    with tcp_server(mail) as port:
        assert learn(port) == 0
    said = capfd.readouterr().out
    assert r"< 220 mail ready\r\n" in said
    assert f"    monitor = smtp\n    port = {port}\n" in said


def test_a_server_that_waits_for_the_client_may_be_a_web_server(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with tcp_server(answers(b"HTTP/1.1 200 OK\r\n\r\nhello")) as port:
        assert learn(port) == 0
    assert "    monitor = http\n" in capfd.readouterr().out


def test_over_udp_the_recipes_of_the_port_are_tried() -> None:
    place = place_of("127.0.0.1:53", True, 1.0)
    assert candidates(place, b"") == ("dns",)
    place = place_of("127.0.0.1:123", True, 1.0)
    assert candidates(place, b"") == ("ntp",)


def test_where_the_client_speaks_first_the_port_alone_leads_to_its_recipe() -> None:
    place = place_of("127.0.0.1:22", False, 1.0)
    assert candidates(place, b"SSH-2.0-OpenSSH_9.2\r\n")[0] == "ssh"


def test_an_unknown_greeting_becomes_a_script(capfd: pytest.CaptureFixture[str]) -> None:
    with tcp_server(greets(b'HELLO"x" 1.0\r\n')) as port:
        assert learn(port) == 10
    said = capfd.readouterr().out
    assert r'expect_line = "HELLO\"x\""' in said


@pytest.mark.parametrize("words", [(), ("--timeout", "0.5")])
def test_nobody_there_and_nobody_who_speaks(words: tuple[str, ...]) -> None:
    with closed_port() as port:
        assert learn(port, *words) == 10
    with tcp_server(says_nothing) as port:
        assert learn(port, "--timeout", "0.3") == 10


@pytest.mark.parametrize("target", ["nothing", "host:", ":25", "h:0", "h:99999", "h:no-such-port"])
def test_what_is_no_place_is_wrong_use(target: str) -> None:
    with pytest.raises(UsageError):
        place_of(target, False, 1.0)


def test_a_place_has_an_address_and_a_port() -> None:
    assert place_of("[::1]:25", False, 1.0) == Place("::1", 25, False, 1.0)
    assert place_of("127.0.0.1:smtp", True, 1.0) == Place("127.0.0.1", 25, True, 1.0)


def test_recipes_of_the_port_come_first() -> None:
    assert candidates(Place("127.0.0.1", 25, False, 1.0), b"220 hi\r\n")[0] == "smtp"
    assert "smtp" not in candidates(Place("127.0.0.1", 25, False, 1.0), b"SSH-2.0-x\r\n")
    assert len(candidates(Place("127.0.0.1", 1, False, 1.0), b"220 hi\r\n")) <= 6


@pytest.mark.parametrize("name", recipe_names())
def test_every_block_that_may_be_proposed_is_a_good_one(name: str) -> None:
    block = block_text(name, Place("127.0.0.1", 4711, False, 1.0))
    text = f"service = fos\nprimary = 10.0.0.1\nbackup = 10.0.0.2\n{block}\n"
    reading = read_settings(text.encode(), "lvs.cf", Names(recipe=recipe_text))
    assert [str(complaint) for complaint in reading.complaints] == []
    assert service_of(block).port == 4711


def test_a_proposed_line_is_the_first_word() -> None:
    assert first_line(b"* OK [CAP] ready\r\n") == b"*"
    assert first_line(b"\r\n") == b""
