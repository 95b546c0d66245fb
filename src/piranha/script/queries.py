"""What is asked of servers that have a language of their own, and what it takes for a good answer."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class DnsQuery:
    """One question to a name server."""

    name: str
    """www.example.org; in ASCII, 63 bytes a label."""
    type: str
    """Of DNS_TYPES."""
    rcodes: tuple[str, ...] = ("NOERROR",)
    """The response codes that are good, of DNS_RCODES."""
    answer: str | None = "*"
    """With NOERROR a record with this data must be among the answers; "*": any record at all;
    None: even none will do."""
    is_over_tcp: bool = False


class DhcpKind(StrEnum):
    """What is asked of a DHCP server; the words are those of lvs.cf."""

    DISCOVER = "discover"
    """Would you have an address for a new client? Nothing is taken."""
    INFORM = "inform"
    """What do you tell clients that have an address? A server with an empty pool answers, too."""
