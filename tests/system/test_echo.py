"""Who answers to ICMP echo? A real kernel does, at the other end of a cable."""

import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from piranha.system.echo import Echo, EchoReply
from tests.system.network import Cable

pytestmark = pytest.mark.lab

Readable = Callable[[Any], bool]
THERE, THERE6, FREE = (ip_address(t) for t in ("10.0.0.2", "2001:db8::2", "10.0.0.9"))


@pytest.fixture
def addressed(cable: Cable) -> Cable:
    for end, number in ((cable.here, 1), (cable.there, 2)):
        end.run(f"ip address add 10.0.0.{number}/24 dev eth0")
        end.run(f"ip address add 2001:db8::{number}/64 dev eth0 nodad")
    return cable


@pytest.fixture
def echo(addressed: Cable) -> Iterator[Echo]:
    assert addressed
    made = Echo(4)
    yield made
    made.close()


@pytest.mark.parametrize("address", [THERE, THERE6])
@pytest.mark.usefixtures("addressed")
def test_an_answer_names_its_question(readable: Readable, address: Any) -> None:
    echo = Echo(address.version)
    assert echo.ask(address, 17) == ""
    assert readable(echo)
    assert echo.replies() == [EchoReply(str(address), 17)]
    assert echo.replies() == []
    echo.close()


def test_a_free_address_and_answers_to_others_are_not_heard(echo: Echo, readable: Readable) -> None:
    other = Echo(4)
    other.ask(THERE, 1)
    assert readable(other)
    echo.ask(FREE, 2)
    echo.ask(THERE, 3)
    assert readable(echo)
    assert echo.replies() == [EchoReply("10.0.0.2", 3)]
    assert other.replies() == [EchoReply("10.0.0.2", 1)]
    other.close()


def test_what_cannot_be_sent_is_said(echo: Echo) -> None:
    assert echo.ask(ip_address("192.0.2.1"), 1) == "Network is unreachable"


def test_a_reply_without_our_token_is_not_believed(
    addressed: Cable, echo: Echo, readable: Readable
) -> None:
    identifier = echo._identifier
    with addressed.there.entered():
        forger = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    head = bytes([0, 0]) + bytes(2) + identifier.to_bytes(2, "big") + (5).to_bytes(2, "big")
    total = sum(int.from_bytes(head[i : i + 2], "big") for i in range(0, 8, 2))
    total = (total & 0xFFFF) + (total >> 16)
    forged = head[:2] + (~total & 0xFFFF).to_bytes(2, "big") + head[4:] + bytes(8)
    forger.sendto(forged, ("10.0.0.1", 0))
    assert readable(echo)
    assert echo.replies() == []
    forger.close()
