"""Numbers that nobody can guess, from the kernel (getrandom(2)).

`secrets` gives the same, and loads random, hashlib and with it OpenSSL: 0.6 MB of every daemon.
"""

import os


def draw(bits: int) -> int:
    """A number of at most so many bits."""
    size = (bits + 7) // 8
    return int.from_bytes(os.urandom(size), "big") >> (size * 8 - bits)


def token(size: int) -> bytes:
    """So many bytes."""
    return os.urandom(size)
