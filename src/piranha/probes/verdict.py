"""Every way a probe can end: one named verdict, one phrase and what it says of the service."""

from dataclasses import dataclass, replace
from enum import Enum


class Bearing(Enum):
    """What a verdict says of the service."""

    HEALTHY = "healthy"
    SICK = "sick"
    NOTHING = "nothing"
    """The question could not be asked here: a fault of this node or of its configuration."""


class Verdict(Enum):
    """One value for each way a probe can end; nanny(8) has an entry for each."""

    ANSWERED = ("answered", Bearing.HEALTHY, "it answered as expected")
    CONNECTED = (
        "connected",
        Bearing.HEALTHY,
        "it accepted the connection, and no answer was asked for",
    )
    SECURED = (
        "secured",
        Bearing.HEALTHY,
        "it finished a TLS handshake, and no answer was asked for",
    )
    NOT_REFUSED = (
        "not refused",
        Bearing.HEALTHY,
        "the port did not refuse the datagram, and no answer was asked for",
    )
    SUCCEEDED = ("succeeded", Bearing.HEALTHY, "the program ended with exit status 0")
    RUNS = ("runs", Bearing.HEALTHY, "its process runs")

    WRONG_ANSWER = ("wrong answer", Bearing.SICK, "it answered, but not as expected")
    CLOSED_EARLY = (
        "closed early",
        Bearing.SICK,
        "it closed the connection before the answer was complete",
    )
    REFUSED = ("refused", Bearing.SICK, "nobody listens on the port")
    UNREACHABLE = ("unreachable", Bearing.SICK, "no way leads to the address")
    CONNECT_TIMED_OUT = (
        "timed out in connect",
        Bearing.SICK,
        "the connection was neither accepted nor refused in time",
    )
    TLS_FAILED = ("TLS failed", Bearing.SICK, "the TLS handshake did not succeed, or TLS broke off")
    CERTIFICATE_REFUSED = (
        "certificate refused",
        Bearing.SICK,
        "its certificate is not vouched for as tls_verify asks",
    )
    TLS_TIMED_OUT = (
        "timed out in TLS",
        Bearing.SICK,
        "the TLS handshake was not done in time",
    )
    SEND_TIMED_OUT = ("timed out in send", Bearing.SICK, "it did not read what was sent in time")
    EXPECT_TIMED_OUT = (
        "timed out in expect",
        Bearing.SICK,
        "the expected answer was not complete in time",
    )
    RESET = ("reset", Bearing.SICK, "it broke the connection off")
    TOO_MUCH = ("too much", Bearing.SICK, "it sent more than a probe reads")
    EXPRESSION_TIMED_OUT = (
        "timed out in expression",
        Bearing.SICK,
        "the regular expression was not done with the answer in time",
    )
    PROGRAM_FAILED = (
        "program failed",
        Bearing.SICK,
        "the program ended with another exit status than 0, or by a signal",
    )
    PROGRAM_TIMED_OUT = ("program timed out", Bearing.SICK, "the program was not done in time")
    PROCESS_ENDED = ("process ended", Bearing.SICK, "its process has ended, and no other followed")
    NO_PROCESS = ("no process", Bearing.SICK, "its process does not run")

    NO_SUCH_PROGRAM = ("no such program", Bearing.NOTHING, "the program could not be started")
    BAD_EXPRESSION = ("bad expression", Bearing.NOTHING, "the regular expression has an error")
    TIME_LOST = ("time lost", Bearing.NOTHING, "this node stood still while it asked")
    SYSTEM_REFUSED = ("system refused", Bearing.NOTHING, "this node could not ask the question")

    def __init__(self, name: str, bearing: Bearing, phrase: str) -> None:
        self.words = name
        """Its name in logs and reports."""
        self.bearing = bearing
        self.phrase = phrase

    def __str__(self) -> str:
        return self.words


OWN_DELAY_SECONDS = 0.5
"""Who looks at a deadline this much too late has stood still (SIGSTOP, a paused machine)."""


def timed_out(verdict: Verdict, deadline: float, now: float) -> Verdict:
    """The verdict at a deadline; when we ourselves come too late to it, it is nobody's fault."""
    return verdict if now - deadline < OWN_DELAY_SECONDS else Verdict.TIME_LOST


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one probe ended, after how long, and what shows it."""

    verdict: Verdict
    evidence: str
    """For people: `expected "220", got "421 too busy", after 0.031 s`."""
    seconds: float
    warning: str = ""
    """What someone should look at though it is no failure: a certificate that ends soon."""

    def with_warning(self, warning: str) -> "Outcome":
        return replace(self, warning=warning)

    @property
    def is_healthy(self) -> bool:
        return self.verdict.bearing is Bearing.HEALTHY

    @property
    def is_judgement(self) -> bool:
        """False: the question could not be asked, so it says nothing of the service."""
        return self.verdict.bearing is not Bearing.NOTHING
