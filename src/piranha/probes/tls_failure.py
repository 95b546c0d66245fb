"""How a connection ends because of TLS, for those who do not load the library."""

from piranha.probes.verdict import Verdict


class TlsFailed(Exception):
    """The connection came to this end because of TLS."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason
