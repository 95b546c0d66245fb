"""Pure: when does a certificate end? Read from its DER form, which a server sends in the handshake.

Python's ssl gives the fields of a certificate only when its chain was verified, and on a real
address it often cannot be. What is read here is what RFC 5280 section 4.1 puts before and into
`validity`; everything is hostile, so each length is checked.
"""

import re
from datetime import UTC, datetime

_INTEGER, _SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x02, 0x30, 0x17, 0x18, 0xA0
_LONGEST_LENGTH = 3
"""Bytes of a length; a certificate of more than 16 MB is none."""
_TIMES = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}
_DIGITS = {_UTC_TIME: re.compile(rb"[0-9]{12}Z"), _GENERALIZED_TIME: re.compile(rb"[0-9]{14}Z")}


def ends_at(der: bytes) -> float | None:
    """`notAfter` in seconds since 1970; None when this is no certificate that we understand."""
    try:
        certificate, _ = _inside(der, _SEQUENCE)
        signed, _ = _inside(certificate, _SEQUENCE)
        if signed[:1] == bytes([_VERSION]):
            _, signed = _inside(signed, _VERSION)
        for tag in (_INTEGER, _SEQUENCE, _SEQUENCE):  # serial number, algorithm, issuer
            _, signed = _inside(signed, tag)
        validity, _ = _inside(signed, _SEQUENCE)
        _, rest = _inside(validity, validity[0])
        tag = rest[0]
        written, _ = _inside(rest, tag)
        return _seconds(tag, written)
    except (ValueError, IndexError, OverflowError):
        return None


def _inside(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """What the first element holds, and what follows it. Raises ValueError, IndexError."""
    if data[0] != tag:
        raise ValueError("another element")
    length, start = data[1], 2
    if length >= 0x80:
        count = length & 0x7F
        if not 0 < count <= _LONGEST_LENGTH:
            raise ValueError("a length of no use")
        length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    end = start + length
    if end > len(data):
        raise ValueError("cut off")
    return data[start:end], data[end:]


def _seconds(tag: int, written: bytes) -> float:
    if tag not in _TIMES or not _DIGITS[tag].fullmatch(written):
        raise ValueError("no time")
    moment = datetime.strptime(written.decode("ascii"), _TIMES[tag])
    if tag == _UTC_TIME and moment.year >= 2050:  # RFC 5280 section 4.1.2.5.1; strptime: 1969
        moment = moment.replace(year=moment.year - 100)
    return moment.replace(tzinfo=UTC).timestamp()
