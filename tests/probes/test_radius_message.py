"""Status-Server and its answer, against RFC 5997's own example and bytes of our own."""

import hmac
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.probes.radius_message import fault_of, name_of, question

SECRET = b"xyzzy5461"
AUTHENTICATOR = bytes.fromhex("8a54f4686fb394c52866e302185d0623")
RFC_5997_QUESTION = bytes.fromhex(
    "0cda00268a54f4686fb394c52866e302185d062350125a665e2e1e8411f3e243822097c84fa3"
)
RFC_5997_ANSWER = bytes.fromhex("02da0014ef0d552a4bf2d693ec2b6fe8b5411d66")


def sealed(code: int, number: int, attributes: bytes = b"", secret: bytes = SECRET) -> bytes:
    """What a server that knows the secret answers."""
    head = bytes([code, number]) + (20 + len(attributes)).to_bytes(2)
    return head + md5(head + AUTHENTICATOR + attributes + secret).digest() + attributes


def test_the_example_of_the_standard() -> None:
    assert question(0xDA, AUTHENTICATOR, SECRET) == RFC_5997_QUESTION
    assert fault_of(RFC_5997_ANSWER, 0xDA, AUTHENTICATOR, SECRET) == ""
    assert name_of(RFC_5997_ANSWER) == "Access-Accept"


def test_the_question_is_sealed_with_the_secret() -> None:
    asked = question(7, AUTHENTICATOR, SECRET)
    unsealed = asked[:-16] + bytes(16)
    assert asked[-16:] == hmac.digest(SECRET, unsealed, "md5")


@pytest.mark.parametrize("code", [2, 5])
def test_a_good_answer(code: int) -> None:
    assert fault_of(sealed(code, 7, b"\x12\x04ok"), 7, AUTHENTICATOR, SECRET) == ""
    assert fault_of(sealed(code, 7) + b"padding", 7, AUTHENTICATOR, SECRET) == ""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "0 bytes are no RADIUS packet"),
        (question(7, AUTHENTICATOR, SECRET), "a question, not an answer"),
        (sealed(2, 8), "another question"),
        (sealed(2, 7, secret=b"other"), "not sealed with our secret"),
        (sealed(2, 7)[:-1] + b"\0", "not sealed with our secret"),
        (sealed(3, 7), "an answer of code 3"),
        (sealed(2, 7, bytes(4))[:-1], "longer or shorter"),
        (sealed(2, 7).replace(b"\0\x14", b"\0\x13", 1), "longer or shorter"),
    ],
)
def test_what_is_no_good_answer(answer: bytes, words: str) -> None:
    assert words in fault_of(answer, 7, AUTHENTICATOR, SECRET)


@given(st.binary(max_size=200))
def test_no_random_bytes_are_a_good_answer(data: bytes) -> None:
    assert fault_of(data, 7, AUTHENTICATOR, SECRET)
