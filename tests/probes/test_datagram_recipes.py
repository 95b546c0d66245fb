"""Every recipe over UDP: what its server says is healthy, and nothing else is.

The good answers are what the servers of the zoo said; the others are what a server says that is
sick, stale, of another kind, or only an echo.
"""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.config.keywords import AT, Place
from piranha.config.reading import read_settings
from piranha.config.values import Names
from piranha.probes.asking import Asked
from piranha.probes.exchange import Exchange
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome, Verdict
from piranha.programs.recipe_files import recipe_names, recipe_text
from piranha.programs.service_question import question_of
from piranha.script.steps import Expectation, Send
from tests.config.lvs_cf import GLOBAL, web
from tests.probes.servers import closed_port, doors

NAMES = Names(recipes=recipe_names, recipe=recipe_text)


def question_for(recipe: str, *lines: str) -> Question:
    """What `monitor = RECIPE` asks."""
    reading = read_settings((GLOBAL + web(f"monitor = {recipe}", *lines)).encode(), "x", NAMES)
    assert reading.settings is not None, [str(c) for c in reading.complaints]
    return question_of(reading.settings.groups[0].services[0], "127.0.0.1")  # type: ignore[arg-type]


def over_udp() -> list[str]:
    """The recipes that are dialogues in datagrams; dns and dhcp have tests of their own."""
    scripted = [name for name in recipe_names() if name not in ("dns", "dhcp", "radius")]
    return [name for name in scripted if question_for(name).transport is Transport.UDP]


RECIPES = over_udp()
ANSWERING = [
    name for name in RECIPES if any(isinstance(s, Expectation) for s in question_for(name).steps)
]
MUTE = {"syslog", "wireguard", "discard-udp"}
"""Nobody can tell these from a server that hangs; their recipes say so."""

NTP = bytes.fromhex(
    "240800e700000000000000007f7f0101eeb1e802e8b9179b504952414e484121"
    "eeb1e804c3ba4ee1eeb1e804c3bb0000"
)
SNMP = bytes.fromhex(
    "30710201033011020450495241020300ffe30401000201030421301f041180001f8880d62f7e153164076b00000000"
    "0201010201030400040004003036041180001f8880d62f7e153164076b000000000400a81f020450495241"
    "0201000201003011300f060a2b060106030f01010400410101"
)
SNMP_PUBLIC = bytes.fromhex(
    "302b02010104067075626c6963a21e0204504952410201000201003010300e06082b060102010103004302022c"
)
SIP = (
    b"SIP/2.0 200 Here\r\nVia: SIP/2.0/UDP localhost;rport=5;branch=z9hG4bKpiranha\r\n"
    b"From: <sip:piranha@localhost>;tag=piranha\r\nTo: <sip:x>;tag=1\r\n"
    b"Call-ID: piranha@localhost\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)
OPENVPN = b"@V7k5i\xdc\xa7~\x01\x00\x00\x00\x00PIRANHA!\x00\x00\x00\x00"
IKE = b"PIRANHA!" + bytes(8) + bytes.fromhex("29202220 00000000 00000024 00000008 00000005")
KERBEROS = bytes.fromhex(
    "7e819a308197a003020105a10302011ea411180f32303236313132353233303630355aa50502030500"
    "00a603020106a70f1b0d504952414e48412e50524f4245a812"
)
RPC = bytes.fromhex("50495241 00000001 00000000 00000000 00000000 00000000")
GOOD = {
    "ntp": [NTP, b"\x64" + NTP[1:]],
    "tftp": [b"\0\5\0\1File not found\0", b"\0\5\0\2Access violation\0", b"\0\3\0\1data"],
    "snmp": [SNMP],
    "snmp-public": [SNMP_PUBLIC],
    "sip": [SIP, SIP.replace(b"200 Here", b"404 Not here")],
    "openvpn": [OPENVPN],
    "ike": [IKE, IKE.replace(b"\x29\x20", b"\x29\x10")],
    "kerberos": [KERBEROS, KERBEROS.replace(b"\xa6\3\2\1\6", b"\xa6\3\2\1\x44")],
    "portmap-udp": [RPC],
    "nfs-udp": [RPC],
    "echo-udp": [b"piranha\r\n"],
    "daytime-udp": [b"25 NOV 2026 23:10:36 UTC\r\n"],
    "time-udp": [b"\xee\xb1\xe8\x02"],
    "chargen-udp": [bytes(range(0x21, 0x69)) + b"\r\n"],
}
ALIKE = {
    "portmap-udp": {"nfs-udp"},
    "nfs-udp": {"portmap-udp"},
    "chargen-udp": {"daytime-udp", "sip"},
}
"""Which good answers of others look like one's own: the same protocol, or text that is any text."""
SICK = {
    "ntp": {
        "not synchronised": b"\xe4" + NTP[1:],
        "kiss of death": NTP[:1] + b"\0" + NTP[2:],
        "stratum 16": NTP[:1] + b"\x10" + NTP[2:],
        "an answer to another request": NTP.replace(b"PIRANHA!", b"PIRANHA?"),
        "an answer that is cut": NTP[:40],
        "mode 6": b"\x26" + NTP[1:],
    },
    "tftp": {"illegal operation": b"\0\5\0\4x\0", "block 2": b"\0\3\0\2x", "ack": b"\0\4\0\0"},
    "snmp": {
        "another message": SNMP.replace(b"PIRA", b"PIRX"),
        "a response": SNMP.replace(b"\xa8\x1f", b"\xa2\x1f"),
        "version 2c": SNMP_PUBLIC,
    },
    "snmp-public": {
        "general error": SNMP_PUBLIC.replace(b"PIRA\2\1\0", b"PIRA\2\1\5"),
        "another request": SNMP_PUBLIC.replace(b"PIRA", b"PIRX"),
        "another community": SNMP_PUBLIC.replace(b"public", b"secret"),
    },
    "sip": {
        "503": SIP.replace(b"200 Here", b"503 Service Unavailable"),
        "500": SIP.replace(b"200 Here", b"500 Server Internal Error"),
        "another call": SIP.replace(b"piranha@", b"sharks@"),
    },
    "openvpn": {
        "another session": OPENVPN.replace(b"PIRANHA!", b"PIRANHA?"),
        "nothing acknowledged": OPENVPN[:9] + b"\0\0\0\0\0",
    },
    "ike": {
        "another initiator": IKE.replace(b"PIRANHA!", b"PIRANHA?"),
        "another notification": IKE[:-1] + b"\x07",
    },
    "kerberos": {
        "service unavailable": KERBEROS.replace(b"\xa6\3\2\1\6", b"\xa6\3\2\1\x1d"),
        "generic error": KERBEROS.replace(b"\xa6\3\2\1\6", b"\xa6\3\2\1\x3c"),
    },
    "portmap-udp": {
        "no such program": RPC[:-4] + b"\0\0\0\1",
        "denied": RPC[:8] + b"\0\0\0\1" + RPC[12:],
        "another call": b"PIRX" + RPC[4:],
    },
    "nfs-udp": {"no such version": RPC[:-4] + b"\0\0\0\2", "another call": b"PIRX" + RPC[4:]},
    "echo-udp": {"another text": b"sharks\r\n", "half of it": b"pira"},
    "daytime-udp": {"no time": b"out of order\r\n"},
    "time-udp": {"1970": b"\x83\xaa\x7e\x80", "two bytes": b"\xee\x01"},
    "chargen-udp": {"a short line": b"abc\r\n", "control characters": bytes(80)},
}


def asked(recipe: str, *datagrams: bytes) -> Outcome:
    """The verdict when these datagrams come one after the other, and then nothing more."""
    exchange = Exchange(question_for(recipe).steps, 100.0, 4.0)
    for datagram in datagrams:
        exchange.received(datagram, 100.1)
    exchange.time_passed(104.0)
    assert exchange.outcome is not None
    return exchange.outcome


def ber(tag: int, content: bytes, form: int) -> bytes:
    """An element (X.690 section 8.1), its length in so many bytes behind a mark; 0: the short form
    where it will do."""
    if form == 0 and len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = max(form, (len(content).bit_length() + 7) // 8, 1)
    return bytes([tag, 0x80 | size]) + len(content).to_bytes(size) + content


def test_every_recipe_is_tested() -> None:
    assert set(ANSWERING) == set(GOOD) == set(SICK)
    assert set(RECIPES) - set(ANSWERING) == MUTE


@pytest.mark.parametrize("recipe", ANSWERING)
def test_what_the_real_server_says_is_healthy(recipe: str) -> None:
    for answer in GOOD[recipe]:
        assert asked(recipe, answer).verdict is Verdict.ANSWERED
        assert asked(recipe, b"stale", answer).verdict is Verdict.ANSWERED


@pytest.mark.parametrize("recipe", ANSWERING)
def test_what_a_sick_server_says_is_sick(recipe: str) -> None:
    found = {name: asked(recipe, answer).verdict for name, answer in SICK[recipe].items()}
    assert set(found.values()) == {Verdict.WRONG_ANSWER}, found


@pytest.mark.parametrize("recipe", ANSWERING)
def test_the_answer_of_another_service_is_sick(recipe: str) -> None:
    others = set(GOOD) - {recipe} - ALIKE.get(recipe, set())
    found = {name: [asked(recipe, answer).verdict for answer in GOOD[name]] for name in others}
    assert {verdict for verdicts in found.values() for verdict in verdicts} == {
        Verdict.WRONG_ANSWER
    }, found


@pytest.mark.parametrize("recipe", sorted(set(ANSWERING) - {"echo-udp"}))
def test_an_echo_is_sick(recipe: str) -> None:
    """Of an echo server it is what it should say."""
    sent = [step.data for step in question_for(recipe).steps if isinstance(step, Send)] or [b""]
    assert asked(recipe, *sent).verdict is Verdict.WRONG_ANSWER


@pytest.mark.parametrize("recipe", ANSWERING)
def test_silence_is_sick(recipe: str) -> None:
    assert asked(recipe).verdict is Verdict.EXPECT_TIMED_OUT


@pytest.mark.parametrize("recipe", sorted(MUTE))
def test_silence_of_a_mute_service_says_only_that_the_port_is_open(recipe: str) -> None:
    assert asked(recipe).verdict is Verdict.NOT_REFUSED
    text = (recipe_text(recipe) or b"").decode()
    assert "closed port" in text.partition("\n")[0]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_closed_port_counts_at_once(recipe: str) -> None:
    with closed_port(socket.SOCK_DGRAM) as port:
        question = question_for(recipe, f"port = {port}")
        with Asked(question, doors()) as outcome:
            assert outcome.verdict is Verdict.REFUSED
    assert outcome.seconds < 0.5


@given(st.binary(max_size=120))
def test_no_random_bytes_are_healthy(data: bytes) -> None:
    for recipe in set(ANSWERING) - {"chargen-udp", "daytime-udp", "time-udp"}:
        assert asked(recipe, data).verdict is Verdict.WRONG_ANSWER


@given(
    status=st.just(0) | st.integers(0, 18),
    request=st.sampled_from([b"PIRA", b"PIRA", b"PIRX"]),
    name=st.sampled_from([b"public", b"public", b"publix"]),
    form=st.integers(0, 4),
    data=st.binary(max_size=200),
)
def test_an_agent_is_well_exactly_when_it_tells_what_was_asked(
    status: int, request: bytes, name: bytes, form: int, data: bytes
) -> None:
    """A response of version 2c (RFC 3416 section 3) with lengths of every form."""
    binding = ber(0x06, bytes.fromhex("2b06010201010300"), form) + ber(0x43, data, form)
    numbers = b"\x02\x04" + request + bytes([2, 1, status]) + b"\x02\x01\x00"
    pdu = ber(0xA2, numbers + ber(0x30, ber(0x30, binding, form), form), form)
    answer = ber(0x30, b"\x02\x01\x01" + b"\x04\x06" + name + pdu, form)
    is_well = asked("snmp-public", answer).verdict is Verdict.ANSWERED
    assert is_well == ((status, request, name) == (0, b"PIRA", b"public"))


@given(
    request=st.sampled_from([b"PIRA", b"PIRX"]),
    kind=st.sampled_from([0xA8, 0xA2]),
    form=st.integers(0, 4),
    engine=st.binary(min_size=5, max_size=32),
)
def test_an_engine_is_well_exactly_when_it_reports(
    request: bytes, kind: int, form: int, engine: bytes
) -> None:
    """A report of version 3 (RFC 3412 section 6, RFC 3414 section 4) with lengths of every form."""
    header = b"\x02\x04" + request + bytes.fromhex("020300ffe3 040100 020103")
    numbers = bytes.fromhex("020101 020103 0400 0400 0400")
    name = ber(0x06, bytes.fromhex("2b060106030f01010400"), form)
    report = b"\x02\x04PIRA\x02\x01\x00\x02\x01\x00"
    report += ber(0x30, ber(0x30, name + b"\x41\x01\x01", form), form)
    scoped = ber(0x04, engine, form) + b"\x04\x00" + ber(kind, report, form)
    security = ber(0x04, ber(0x30, ber(0x04, engine, form) + numbers, form), form)
    answer = b"\x02\x01\x03" + ber(0x30, header, form) + security + ber(0x30, scoped, form)
    is_well = asked("snmp", ber(0x30, answer, form)).verdict is Verdict.ANSWERED
    assert is_well == ((request, kind) == (b"PIRA", 0xA8))


@given(
    good=st.sampled_from([(name, answer) for name in sorted(GOOD) for answer in GOOD[name]]),
    flips=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 200),
)
def test_a_damaged_answer_has_a_verdict(
    good: tuple[str, bytes], flips: list[tuple[int, int]], cut: int
) -> None:
    recipe, answer = good[0], bytearray(good[1])
    for at, value in flips:
        answer[at % len(answer)] = value
    found = asked(recipe, bytes(answer[: len(answer) - cut % len(answer)])).verdict
    assert found in (Verdict.ANSWERED, Verdict.WRONG_ANSWER)


@pytest.mark.parametrize("recipe", [*RECIPES, "dns", "dhcp", "kerberos-tcp"])
def test_a_recipe_says_what_it_proves(recipe: str) -> None:
    text = (recipe_text(recipe) or b"").decode()
    for keyword in ("proves", "misses", "leaves", "judged_by"):
        assert keyword in AT[Place.RECIPE]
        assert f"    {keyword} = " in text
