"""One whole TLS session inside this process, before nannies are forked.

OpenSSL makes much of what it needs in its first handshake. What is made before the fork is shared
by all nannies: 1.9 MB of each that asks by TLS.
"""

import ssl
from pathlib import Path

from piranha.probes.tls import TlsLayer
from piranha.script.steps import TlsTerms

CERTIFICATE = Path(__file__).with_name("warm_up.pem")
"""With its key, which guards nothing: both ends of the session are in this process."""
_SESSIONS = 3
_TURNS = 10
"""A handshake has three."""


def warm_up() -> None:
    """Make some sessions and forget them; takes about 10 ms. Raises OSError, ssl.SSLError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    for _ in range(_SESSIONS):
        _session(context)


def _session(context: ssl.SSLContext) -> None:
    client = TlsLayer(TlsTerms())
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    for _ in range(_TURNS):
        is_done = client.shake_hands()
        incoming.write(client.take_outgoing())
        try:
            server.do_handshake()
        except ssl.SSLWantReadError:
            is_done = False
        if reply := outgoing.read():  # nothing would mean the end
            client.feed(reply)
        if is_done:
            break
    client.encrypt(b"?")
    incoming.write(client.take_outgoing())
    server.write(server.read(1))
    client.feed(outgoing.read())
    client.decrypt()
    client.expiry_warning(0.0)
    client.say_goodbye()
