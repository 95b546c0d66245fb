"""Bytes become one printable line and come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.script.spelling import SHOWN_BYTES, quoted, spelled, unspelled


def test_a_greeting_is_spelled_on_one_line() -> None:
    assert spelled(b"220 ready\t\\o/\r\n\x00\xff") == r"220 ready\t\\o/\r\n\x00\xff"


@given(st.binary())
def test_what_is_spelled_is_printable_and_comes_back(data: bytes) -> None:
    assert spelled(data).isascii()
    assert spelled(data).isprintable() or not data
    assert unspelled(spelled(data)) == data


def test_quotes_inside_evidence_cannot_be_taken_for_its_end() -> None:
    assert quoted(b'say "no"') == r'"say \"no\""'


def test_long_evidence_is_cut_and_says_its_size() -> None:
    shown = quoted(b"x" * 1000)
    assert shown == '"' + "x" * SHOWN_BYTES + '"... (1000 bytes)'


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (r"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"),
        (r"\x00\0\t\\\"\'", b"\0\0\t\\\"'"),
        (r"\xC3\xa4", b"\xc3\xa4"),
        ("ä", b"\xc3\xa4"),
        ("\udcff", b"\xff"),
        (r"C:\files \x4", rb"C:\files \x4"),
        ("ends in \\", b"ends in \\"),
    ],
)
def test_escapes_mean_what_they_mean_in_the_file_and_others_stay(text: str, data: bytes) -> None:
    assert unspelled(text) == data
