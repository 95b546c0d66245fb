"""A digest is SHA-256, whoever computes it: both nodes must say the same."""

import hashlib

from piranha.config.digest import digest


def test_it_is_the_beginning_of_sha_256() -> None:
    assert digest(b"abc", 8).hex() == "ba7816bf8f01cfea"  # RFC 6234
    assert digest(b"x" * 10_000, 32) == hashlib.sha256(b"x" * 10_000).digest()
