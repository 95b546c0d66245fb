"""Pure: the one RADIUS exchange that a probe needs, Status-Server and its answer (RFC 5997).

Both sides prove that they know the secret: the question by a Message-Authenticator (RFC 3579
section 3.2), the answer by its Response Authenticator (RFC 2865 section 3), which depends on the
random one of the question, so that no echo and no older answer has it.
"""

import hmac
import struct
from hashlib import md5

_HEADER = struct.Struct("!BBH16s")
_STATUS_SERVER = 12
_ANSWERS = {2: "Access-Accept", 5: "Accounting-Response"}
"""What the ports for authentication and for accounting say when all is well."""
_MESSAGE_AUTHENTICATOR = 80
AUTHENTICATOR_SIZE = 16


def question(number: int, authenticator: bytes, secret: bytes) -> bytes:
    """Status-Server under this number (one byte) and 16 random bytes."""
    empty = bytes([_MESSAGE_AUTHENTICATOR, 2 + AUTHENTICATOR_SIZE]) + bytes(AUTHENTICATOR_SIZE)
    header = _HEADER.pack(_STATUS_SERVER, number, _HEADER.size + len(empty), authenticator)
    return header + empty[:2] + hmac.digest(secret, header + empty, "md5")


def fault_of(answer: bytes, number: int, authenticator: bytes, secret: bytes) -> str:
    """Why these bytes are not the good answer to that question; empty when they are."""
    if len(answer) < _HEADER.size:
        return f"{len(answer)} bytes are no RADIUS packet"
    code, its_number, size, proof = _HEADER.unpack_from(answer)
    if not _HEADER.size <= size <= len(answer):
        return "a RADIUS packet that is longer or shorter than it says"
    if code == _STATUS_SERVER:
        return "a question, not an answer"
    if its_number != number:
        return "the answer to another question (its number is not ours)"
    signed = answer[:4] + authenticator + answer[_HEADER.size : size] + secret
    if not hmac.compare_digest(md5(signed).digest(), proof):
        return "an answer that is not sealed with our secret"
    return "" if code in _ANSWERS else f"an answer of code {code}"


def name_of(answer: bytes) -> str:
    """What a good answer is called."""
    return _ANSWERS[answer[0]]
