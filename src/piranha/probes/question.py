"""What a nanny asks: a frozen value that says whom, how, in which steps and for how long."""

from dataclasses import dataclass, field
from enum import StrEnum

from piranha.defaults import PROBE_TIMEOUT_SECONDS
from piranha.script.queries import DhcpKind, DnsQuery
from piranha.script.steps import RegexStep, Step, TlsTerms, filled_text


class Transport(StrEnum):
    """How the question travels."""

    TCP = "tcp"
    UDP = "udp"
    DNS = "dns"
    DHCP = "dhcp"
    RADIUS = "radius"
    PROCESS = "process"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class DhcpQuestion:
    """What `Transport.DHCP` asks, and through what."""

    kind: DhcpKind
    device: str
    socket: int | None = None
    """A descriptor of system/relay_socket.py; None: it is not open, and nothing can be asked."""


@dataclass(frozen=True, slots=True)
class Question:
    """One probe, ready to be asked again and again; nothing in it changes."""

    host: str
    """A numeric address: a nanny never waits for a name server."""
    port: int
    transport: Transport
    steps: tuple[Step, ...] = ()
    """In order. None at all: over TCP a connection alone is enough."""
    timeout_seconds: float = PROBE_TIMEOUT_SECONDS
    """For the whole probe: connecting and every step."""
    service: str = ""
    vip: str = ""
    argv: tuple[str, ...] = ()
    """The program of `Transport.PROGRAM`, with %h and the like still in it."""
    source_port: int | None = None
    """From which it is asked; None: any."""
    source: int | None = None
    """A descriptor that is bound to the source port (system/source_socket.py)."""
    is_connected: bool = True
    """UDP: False takes answers from other ports of the host, too."""
    tls: TlsTerms | None = None
    """What holds for the TLS of this question, whichever step begins it; None: there is none."""
    dns: DnsQuery | None = None
    """What `Transport.DNS` asks."""
    dhcp: DhcpQuestion | None = None
    secret_file: str = ""
    """Whose first line `Transport.RADIUS` shares with the server."""
    secret: bytes = field(default=b"", repr=False)
    """That line, once it was read."""
    watched: str = ""
    """What `Transport.PROCESS` looks at: a pid file, a unit or a command's name."""

    @property
    def target(self) -> str:
        """Whom we ask, for people: 10.0.0.1:25, [fd00::1]:25, the program or the process."""
        if self.transport is Transport.PROGRAM:
            return self.argv[0]
        if self.transport is Transport.PROCESS:
            return self.watched
        return f"[{self.host}]:{self.port}" if self.is_ipv6 else f"{self.host}:{self.port}"

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What was opened for it, and goes with it to whoever asks."""
        relay = None if self.dhcp is None else self.dhcp.socket
        return tuple(opened for opened in (relay, self.source) if opened is not None)

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.host

    @property
    def has_regex(self) -> bool:
        return any(isinstance(step, RegexStep) for step in self.steps)


def environment_of(question: Question) -> dict[str, str]:
    """What a program that is run for this question finds in its environment."""
    return {
        "PIRANHA_SERVICE": question.service,
        "PIRANHA_HOST": question.host,
        "PIRANHA_PORT": str(question.port),
        "PIRANHA_VIP": question.vip,
    }


def values_of(question: Question) -> dict[str, str]:
    """What %h (real address), %p (port), %v (VIP), %n (service) and %% stand for."""
    return {
        "h": question.host,
        "p": str(question.port),
        "v": question.vip,
        "n": question.service,
        "%": "%",
    }


def expanded(text: str, question: Question) -> str:
    """The text with the variables filled in; any other use of % stays as it is."""
    return filled_text(text, values_of(question))
