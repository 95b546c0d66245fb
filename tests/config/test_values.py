"""Each kind of value is read as a person means it, or refused with what was expected."""

import math
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.config.document import Written
from piranha.config.keywords import Keyword, Kind, Place
from piranha.config.settings import Vip
from piranha.config.values import READERS, Names, show_duration
from piranha.terms import Side


class Read:
    """What came of reading one value."""

    def __init__(self, kind: Kind, text: str, quote: str = "", **more: Any) -> None:
        self.said: list[tuple[str, int, str]] = []
        row = Keyword(Place.GLOBAL, "it", kind, None, "", **more)
        names = Names(resolve={"www.example.org": "192.0.2.7"}.get)
        written = Written(text, quote, 1, 1)
        self.value = READERS[kind](written, row, names, lambda *said: self.said.append(said))


@given(st.sampled_from(sorted(READERS)), st.text(), st.sampled_from(["", '"', "'"]))
def test_every_text_is_read_or_refused(kind: Kind, text: str, quote: str) -> None:
    read = Read(kind, text, quote)
    refused = any(severity == "error" for severity, _, _ in read.said)
    assert (read.value is None) == refused
    assert all(0 <= offset <= len(text) for _, offset, _ in read.said)


def test_a_fault_in_an_expression_is_counted_in_characters() -> None:
    assert [offset for _, offset, _ in Read(Kind.REGEX, "\u00e9\u00e9)").said] == [2]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("2.", 2.0),
        ("250ms", 0.25),
        ("250 ms", 0.25),
        ("30s", 30.0),
        ("10m", 600.0),
        ("2h", 7200.0),
        ("1d", 86400.0),
        ("0x10", 16.0),
    ],
)
def test_a_time_has_a_unit_or_is_in_seconds(text: str, seconds: float) -> None:
    assert Read(Kind.DURATION, text).value == seconds


@pytest.mark.parametrize("text", ["", "x", "-1", "2 weeks", "1e3", "1,5", "inf", "nan", "2s 3s"])
def test_what_is_no_time_is_refused(text: str) -> None:
    read = Read(Kind.DURATION, text)
    assert read.value is None
    assert "expected a time in seconds, or with a unit: 2, 0.5, 250ms" in read.said[0][2]


@given(st.integers(1, 86_400_000))
def test_a_time_that_is_shown_can_be_read(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert math.isclose(Read(Kind.DURATION, show_duration(seconds)).value, seconds)


def test_a_time_longer_than_a_day_is_a_slip() -> None:
    assert Read(Kind.DURATION, "2000000").said == [
        ("error", 0, "it is 2000000, expected at most 1d (a day)")
    ]
    assert Read(Kind.DURATION, "0", least=0.001).said == [
        ("error", 0, "it is 0, expected at least 1 ms")
    ]


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("12", 12), ("0x1F", 31), ("08", 8)])
def test_a_number_is_whole(text: str, number: int) -> None:
    read = Read(Kind.NUMBER, text)
    assert (read.value, read.said) == (number, [])


def test_a_leading_zero_means_octal_as_it_did() -> None:
    read = Read(Kind.NUMBER, "010")
    assert read.value == 8
    assert read.said == [("warning", 0, "010 is octal and means 8, expected no leading zero")]


@pytest.mark.parametrize(("text", "meant"), [("yes", "1"), ("On", "1"), ("false", "0")])
def test_a_switch_is_0_or_1(text: str, meant: str) -> None:
    assert Read(Kind.SWITCH, "1").value is True
    expected = f'it is "{text}", expected 0 or 1, did you mean "{meant}"?'
    assert Read(Kind.SWITCH, text).said == [("error", 0, expected)]


def test_a_word_that_is_nearly_right_is_guessed() -> None:
    read = Read(Kind.CHOICE, "keeep", choices=("drop", "keep"))
    text = 'it is "keeep", expected drop or keep, did you mean "keep"?'
    assert read.said == [("error", 0, text)]


def test_an_address_may_be_a_host_name() -> None:
    assert Read(Kind.ADDRESS, "www.example.org").value == ip_address("192.0.2.7")
    assert Read(Kind.ADDRESS, "fd00::1").value == ip_address("fd00::1")
    wanted = "expected a known host name or an IP address"
    text = f'it: the host "nowhere.example" has no address, {wanted}'
    assert Read(Kind.ADDRESS, "nowhere.example").said == [("error", 0, text)]


@pytest.mark.parametrize("text", ["10.0.0.256", "0.0.0.0", "224.0.0.1", "10.0.0.1/24", "1.2.3", ""])
def test_what_is_no_machine_has_no_address(text: str) -> None:
    assert Read(Kind.ADDRESS, text).value is None


def test_witnesses_are_a_list() -> None:
    read = Read(Kind.ADDRESSES, "10.0.0.254, 10.0.0.253 www.example.org")
    assert [str(address) for address in read.value] == ["10.0.0.254", "10.0.0.253", "192.0.2.7"]


def test_a_virtual_address_has_a_device() -> None:
    expected = Vip(ip_address("10.0.0.10"), "eth0", "eth0:1")
    assert Read(Kind.VIP, "10.0.0.10  eth0:1").value == expected
    assert Read(Kind.VIP, "fd00::10 eth0").value == Vip(ip_address("fd00::10"), "eth0", "eth0")


@pytest.mark.parametrize(
    ("text", "offset", "part"),
    [
        ("10.0.0.10", 0, 'expected an IP address and a device, such as "10.0.0.10 eth0:1"'),
        ("10.0.0.10 eth0 eth1", 0, "expected an IP address and a device"),
        ("10.0.0.10 eth0:a_long_name", 10, "is too long, expected at most 15 characters"),
        ("10.0.0.10 :1", 10, "is no device"),
        ("10.0.0.10/24 eth0", 0, "expected an IP address without a prefix length"),
    ],
)
def test_a_virtual_address_that_is_not_whole_is_refused(text: str, offset: int, part: str) -> None:
    read = Read(Kind.VIP, text)
    assert read.value is None
    assert (read.said[0][0], read.said[0][1]) == ("error", offset)
    assert part in read.said[0][2]


@pytest.mark.parametrize(
    ("text", "bits"), [("255.255.255.0", 24), ("24", 24), ("/64", 64), ("0.0.0.0", 0)]
)
def test_a_netmask_is_a_row_of_ones(text: str, bits: int) -> None:
    assert Read(Kind.NETMASK, text).value == bits


@pytest.mark.parametrize("text", ["255.0.255.0", "129", "fd00::", "x"])
def test_what_is_no_netmask_is_refused(text: str) -> None:
    assert Read(Kind.NETMASK, text).value is None


def test_a_port_may_have_a_name() -> None:
    assert Read(Kind.PORT, "http").value == 80
    assert Read(Kind.PORT, "8080").value == 8080
    assert Read(Kind.PORT, "htttp").said[0][2].endswith('did you mean "http"?')


@pytest.mark.parametrize("text", ["0", "65536", "-1", "80/tcp", ""])
def test_what_is_no_port_is_refused(text: str) -> None:
    assert Read(Kind.PORT, text).value is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"),
        (r"a\tb\\c\"d\'e\0f\x41\xff", b"a\tb\\c\"d'e\0fA\xff"),
        ("é", "é".encode()),
        ("\udcff", b"\xff"),
    ],
)
def test_a_text_has_escapes(text: str, expected: bytes) -> None:
    read = Read(Kind.STRING, text)
    assert (read.value, read.said) == (expected, [])


def test_an_unknown_escape_stays() -> None:
    read = Read(Kind.STRING, r"a\d\x4")
    assert read.value == rb"a\d\x4"
    assert [(severity, offset) for severity, offset, _ in read.said] == [
        ("warning", 1),
        ("warning", 3),
    ]


def test_a_regular_expression_must_be_one() -> None:
    assert Read(Kind.REGEX, r"^220[ -]\d").value == rb"^220[ -]\d"
    read = Read(Kind.REGEX, "220(")
    assert (read.value, read.said[0][1]) == (None, 3)
    assert Read(Kind.REGEX, "x" * 4097).value is None


@pytest.mark.parametrize(
    ("text", "quote", "argv"),
    [
        ("/etc/init.d/web start", "", ("/etc/init.d/web", "start")),
        ("/etc/init.d/web start", '"', ("/etc/init.d/web", "start")),
        (r"/bin/sh -c \"a | b\"", '"', ("/bin/sh", "-c", "a | b")),
        ("/bin/sh -c 'a > b; c'", "", ("/bin/sh", "-c", "a > b; c")),
        (r"/bin/echo a\ b", "", ("/bin/echo", "a b")),
        ("'/opt/a b/start' now", "", ("/opt/a b/start", "now")),
        ("", '"', ()),
    ],
)
def test_a_command_is_split_as_a_shell_would(text: str, quote: str, argv: tuple[str, ...]) -> None:
    read = Read(Kind.COMMAND, text, quote)
    assert (read.value, read.said) == (argv, [])


@pytest.mark.parametrize("sign", ["|", ">", ";", "&&", "&", "<", ">>", "||", "`", "$("])
def test_a_command_is_run_without_a_shell(sign: str) -> None:
    read = Read(Kind.COMMAND, f"/bin/a {sign} b")
    text = f'it has "{sign}", but no shell runs this; '
    text += "expected a program and its arguments: put it in a script"
    assert (read.value, read.said) == (None, [("error", 7, text)])


def test_quotes_in_a_command_come_in_pairs() -> None:
    assert Read(Kind.COMMAND, "/bin/echo don't").said == [
        ("error", 0, "it: no closing quotation, expected quotes in pairs")
    ]


def test_nodes_are_named_once_each() -> None:
    assert Read(Kind.NODES, "backup primary").value == (Side.BACKUP, Side.PRIMARY)
    assert Read(Kind.NODES, "backup backup").value is None
    assert Read(Kind.NODES, "bakup").said[0][2].endswith('did you mean "backup"?')


@pytest.mark.parametrize("text", ["a b", "", "-a", "x" * 33, "é"])
def test_a_name_fits_into_a_file_name(text: str) -> None:
    assert Read(Kind.NAME, text).value is None
    assert Read(Kind.NAME, "web-1.example").value == "web-1.example"
