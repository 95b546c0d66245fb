"""TLS between plain bytes and the wire: handshake, a polite end, what the certificate says.

Loaded only where some question wants TLS: the library is 30 ms and megabytes that others need not
pay for.
"""

import contextlib
import ssl
from datetime import UTC, datetime
from functools import cache

from piranha.probes.certificate import ends_at
from piranha.probes.tls_failure import TlsFailed
from piranha.probes.verdict import Verdict
from piranha.script.steps import TlsTerms

_DAY = 86_400.0
_READ_SIZE = 16_384


def context_of(terms: TlsTerms) -> ssl.SSLContext:
    """The context for these terms, made once. Raises OSError for a file of authorities that cannot
    be read."""
    return _context(terms.verifies_chain, terms.verifies_chain and bool(terms.name), terms.ca)


@cache
def _context(verifies_chain: bool, verifies_name: bool, ca: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = verifies_name
    if verifies_chain:
        if ca:
            context.load_verify_locations(ca)
        else:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        # Whether it is alive is the question, not whether it is modern.
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


class TlsLayer:
    """One client's TLS between plain bytes and those on the wire; it knows no socket."""

    def __init__(self, terms: TlsTerms) -> None:
        self._terms = terms
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context_of(terms).wrap_bio(
            self._incoming, self._outgoing, server_hostname=terms.name or None
        )

    @property
    def protocol(self) -> str:
        """What was agreed on, for people: TLSv1.3, TLS_AES_256_GCM_SHA384."""
        cipher = self._object.cipher()
        return f"{self._object.version()}, {cipher[0] if cipher else 'no cipher'}"

    def feed(self, data: bytes) -> None:
        """Bytes came over the wire; none: it has ended."""
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def take_outgoing(self) -> bytes:
        """What is to go over the wire now."""
        return self._outgoing.read()

    def shake_hands(self) -> bool:
        """Go on with the handshake as far as what has come allows; True when it is done. Raises
        TlsFailed."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise _failure_of(error) from error
        return True

    def encrypt(self, data: bytes) -> None:
        """Make these bytes ready to go out. Raises TlsFailed."""
        try:
            self._object.write(data)
        except ssl.SSLError as error:
            raise _failure_of(error) from error

    def decrypt(self) -> bytes | None:
        """Some of what has come; nothing at the end, None when more is needed. Raises TlsFailed."""
        try:
            return self._object.read(_READ_SIZE)
        except ssl.SSLWantReadError:
            return None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""
        except ssl.SSLError as error:
            raise _failure_of(error) from error

    def say_goodbye(self) -> None:
        """Send close_notify (RFC 8446 section 6.1); the answer to it is not waited for."""
        with contextlib.suppress(ssl.SSLError, ValueError):
            self._object.unwrap()

    def expiry_warning(self, today: float) -> str:
        """What is to be said of a certificate that ends soon, or has; empty when all is well.

        `today` in seconds since 1970.
        """
        der = self._object.getpeercert(binary_form=True)
        return warning_about(ends_at(der) if der else None, self._terms.warning_days, today)


def _failure_of(error: ssl.SSLError) -> TlsFailed:
    """The verdict, and the library's words for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsFailed(Verdict.CERTIFICATE_REFUSED, f"certificate: {error.verify_message}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return TlsFailed(Verdict.TLS_FAILED, "the connection was closed in the middle of TLS")
    words = (error.reason or str(error)).lower().replace("_", " ")
    return TlsFailed(Verdict.TLS_FAILED, f"TLS: {words}")


def warning_about(end: float | None, limit_days: float | None, today: float) -> str:
    """The sentence about a certificate that ends at this instant (None: not known)."""
    if limit_days is None or end is None:
        return ""
    days = (end - today) / _DAY
    if days >= limit_days:
        return ""
    date = datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%d")
    if days < 0:
        return f"its certificate ended on {date}, {_count(-days)} ago"
    return f"its certificate ends on {date}, in {_count(days)} (limit {_count(limit_days)})"


def _count(days: float) -> str:
    whole = int(days)
    return "1 day" if whole == 1 else f"{whole} days"
