"""What is asked of servers that have a language of their own, and what is a good answer."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_LABEL, LONGEST_NAME = 63, 255
"""Bytes; of a name as it is sent, with a length before each label and a zero at its end."""


def labels_of(name: str) -> tuple[bytes, ...]:
    """The labels of a domain name in lower case; a dot at its end changes nothing, and "." is the
    root. Raises ValueError."""
    if name in (".", ""):
        return ()
    if not name.isascii():
        raise ValueError(f'"{name}" is not in ASCII (write it as xn--...)')
    labels = tuple(label.encode().lower() for label in name.removesuffix(".").split("."))
    if not all(0 < len(label) <= LONGEST_LABEL for label in labels):
        raise ValueError(f'"{name}" has a label that has not 1 to {LONGEST_LABEL} characters')
    if sum(len(label) + 1 for label in labels) >= LONGEST_NAME:
        raise ValueError(f'"{name}" is too long for a name')
    return labels


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
