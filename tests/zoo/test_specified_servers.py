"""Recipes whose servers Debian does not have, at servers that say what the protocol specifies."""

import os
from pathlib import Path

import pytest

from tests.zoo import visits
from tests.zoo.animal import network_of
from tests.zoo.sick import CLOSE, HEAR, LINE, Part, server, splitting, talk

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: servers run in network namespaces"),
]

TIMEOUT_SECONDS = 0.5


def mongodb_answer() -> bytes:
    """OP_MSG, an answer to our request, with one document (BSON): doubles, flags, the end."""
    fields = (
        b"\x08helloOk\x00\x01\x08isWritablePrimary\x00\x01\x10maxWireVersion\x00\x15\x00\x00\x00"
    )
    fields += b"\x01ok\x00" + bytes.fromhex("000000000000f03f")
    document = (len(fields) + 5).to_bytes(4, "little") + fields + b"\x00"
    body = bytes(4) + b"\x00" + document
    head = (16 + len(body)).to_bytes(4, "little") + (7).to_bytes(4, "little")
    return head + b"ARIP" + (2013).to_bytes(4, "little") + body


def kafka_answer() -> bytes:
    """ApiVersionsResponse, version 0: no error, two APIs with their versions."""
    apis = (2).to_bytes(4, "big") + bytes.fromhex("0000 0000 0009 0012 0000 0003")
    body = bytes.fromhex("50495241 0000") + apis
    return len(body).to_bytes(4, "big") + body


def minecraft_answer() -> bytes:
    """Status response: a varint length, packet 0, a string with its varint length."""
    text = b'{"version":{"name":"1.20.1","protocol":763},"players":{"max":20,"online":0},'
    text += b'"description":{"text":"' + b"x" * 100 + b'"}}'
    packet = b"\x00" + varint(len(text)) + text
    return varint(len(packet)) + packet


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit: more follow."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


HEALTH = (
    b'{"cluster_name":"logs","status":"yellow","timed_out":false,"number_of_nodes":1,'
    b'"active_shards_percent_as_number":50.0}'
)
SPECIFIED: dict[str, tuple[str, tuple[Part, ...]]] = {
    "mongodb": ("mongodb", (52, mongodb_answer())),
    "kafka": ("kafka", (21, kafka_answer())),
    "minecraft": ("minecraft", (18, minecraft_answer())),
    "elasticsearch": (
        "elasticsearch",
        (
            HEAR,
            b"HTTP/1.0 200 OK\r\nX-elastic-product: Elasticsearch\r\n"
            b"content-type: application/json; charset=UTF-8\r\ncontent-length: 117\r\n\r\n",
            HEALTH,
            CLOSE,
        ),
    ),
    "whois, as RIPE": (
        "whois",
        (LINE, b"% This is a database.\r\n\r\n%ERROR:101: no entries found\r\n\r\n", CLOSE),
    ),
    "whois, as Verisign": (
        "whois",
        (LINE, b'No match for "PIRANHA.INVALID".\r\n>>> Last update of whois database\r\n', CLOSE),
    ),
    "telnet with a banner": (
        "telnet",
        (b"\xff\xfd\x18\xff\xfd\x20", HEAR, b"\xff\xfb\x01\r\nUnix\r\n\r\nhost login: "),
    ),
    "ssh with lines before its version": (
        "ssh",
        (b"welcome\r\nto all\r\nSSH-2.0-x\r\n" + bytes.fromhex("0000000c0414") + bytes(10),),
    ),
    "ldap with long lengths": (
        "ldap",
        (14, bytes.fromhex("308400000010 020101 618400000007 0a0100 0400 0400")),
    ),
    "smtp with a greeting of many lines": (
        "smtp",
        (b"220-one\r\n220-two\r\n220 three\r\n", LINE, b"250-a\r\n250 b\r\n", LINE, b"221 bye\r\n"),
    ),
}


@pytest.mark.parametrize("name", SPECIFIED)
def test_what_the_protocol_specifies_is_healthy(name: str, tmp_path: Path) -> None:
    recipe, parts = SPECIFIED[name]

    def ask(port: int, seconds: float) -> visits.Visit:
        lines = f"port = {port}; timeout = {seconds}"
        return visits.ask(visits.question(recipe, lines, tmp_path))[0]

    with network_of(None), server(talk(*parts)) as port:
        seen = [ask(port, 5.0)]
        with server(splitting(port, 0.0005)) as splitter:
            seen.append(ask(splitter, 5.0))
        with server(splitting(port, 1.0)) as dripper:
            dripped = ask(dripper, TIMEOUT_SECONDS)
    assert [visit for visit in seen if not visit.is_healthy] == []
    assert dripped.is_sick
