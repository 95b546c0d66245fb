"""The end of a certificate is found in its DER form, and nothing else is believed."""

import ssl
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.probes.certificate import ends_at
from tests.probes.tls_servers import AUTHORITY, EXPIRED, SERVER


def der(path: object) -> bytes:
    text = path.read_text()  # type: ignore[attr-defined]
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERT") :])


@pytest.mark.parametrize(
    ("path", "year"), [(AUTHORITY, 2120), (SERVER, 2119), (EXPIRED, 2021)], ids=lambda it: str(it)
)
def test_the_end_is_that_of_the_file(path: object, year: int) -> None:
    assert ends_at(der(path)) == datetime(year, 1, 1, tzinfo=UTC).timestamp()


def test_a_year_of_two_digits_is_of_the_right_century() -> None:
    good = der(EXPIRED)
    assert good.count(b"210101000000Z") == 1
    for written, year in ((b"490101000000Z", 2049), (b"500101000000Z", 1950)):
        changed = good.replace(b"210101000000Z", written)
        assert ends_at(changed) == datetime(year, 1, 1, tzinfo=UTC).timestamp()


def test_a_day_that_there_is_not_is_no_end() -> None:
    assert ends_at(der(EXPIRED).replace(b"210101000000Z", b"210230000000Z")) is None


@given(st.binary(max_size=200))
def test_bytes_that_are_no_certificate_have_no_end(data: bytes) -> None:
    assert ends_at(data) is None


@given(st.integers(0, 2000), st.integers(0, 255))
def test_a_spoiled_certificate_raises_nothing(at: int, byte: int) -> None:
    spoiled = bytearray(der(SERVER))
    spoiled[at % len(spoiled)] = byte
    end = ends_at(bytes(spoiled))
    assert end is None or isinstance(end, float)


@given(st.integers(0, 400))
def test_a_certificate_that_is_cut_off_before_its_end_has_none(length: int) -> None:
    assert ends_at(der(SERVER)[:length]) is None
