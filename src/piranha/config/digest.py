"""SHA-256 in the first bytes of which two files are compared (RFC 6234)."""

# Python's own, where it can be had: hashlib would load OpenSSL, 0.4 MB of every daemon.
try:
    from _sha256 import sha256  # type: ignore[import-not-found]  # CPython 3.11
except ImportError:
    try:
        from _sha2 import sha256  # type: ignore[import-not-found]  # CPython 3.12 and newer
    except ImportError:
        from hashlib import sha256


def digest(data: bytes, size: int) -> bytes:
    """The first `size` bytes of the data's SHA-256."""
    return bytes(sha256(data).digest()[:size])
