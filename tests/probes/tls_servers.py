"""Small TLS servers on loopback; their certificates are made for tests and guard nothing."""

import contextlib
import socket
import ssl
from pathlib import Path

from tests.probes.servers import Behaviour

CERTIFICATES = Path(__file__).parent / "certificates"
AUTHORITY = CERTIFICATES / "authority.pem"
"""Vouches for both servers until 2120."""
SERVER = CERTIFICATES / "server.pem"
"""Of mail.example.org, until 2119-01-01."""
EXPIRED = CERTIFICATES / "expired.pem"
"""Of mail.example.org, until 2021-01-01."""


def context(certificate: Path = SERVER) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


def over_tls(
    behave: Behaviour, certificate: Path = SERVER, ends: list[str] | None = None
) -> Behaviour:
    """Does this behind a handshake; `ends` hears "notified" when the client said goodbye."""

    def serve(connection: socket.socket) -> None:
        with context(certificate).wrap_socket(
            connection, server_side=True, suppress_ragged_eofs=False
        ) as secured:
            behave(secured)
            with contextlib.suppress(ssl.SSLError, OSError):
                end = "notified" if secured.recv(1) == b"" else "data"
                if ends is not None:
                    ends.append(end)

    return serve


def upgrades(greeting: bytes, reply: bytes, behave: Behaviour) -> Behaviour:
    """Greets, replies to what comes, and goes on behind a handshake."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(greeting)
        connection.recv(1000)
        connection.sendall(reply)
        over_tls(behave)(connection)

    return serve
