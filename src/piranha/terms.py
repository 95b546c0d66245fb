"""The words of the suite: one word, one meaning, used in code, logs and man pages."""

from enum import StrEnum


class Side(StrEnum):
    """Which of the two a node is by configuration; it only breaks ties."""

    PRIMARY = "primary"
    BACKUP = "backup"

    @property
    def other(self) -> "Side":
        return Side.BACKUP if self is Side.PRIMARY else Side.PRIMARY


class Role(StrEnum):
    """What a node does now for one group."""

    LISTENING = "listening"
    STANDBY = "standby"
    CLAIMING = "claiming"
    STARTING = "starting"
    ACTIVE = "active"
    RELEASING = "releasing"

    @property
    def is_inactive(self) -> bool:
        """True when a node in this role holds no VIP of the group."""
        return self in (Role.LISTENING, Role.STANDBY, Role.CLAIMING)


class Severity(StrEnum):
    """How much a log line matters; each word has one meaning.

    ``DEBUG`` each probe; ``INFO`` something changed; ``WARNING`` someone should look;
    ``ERROR`` we could not do it; ``CRITICAL`` a person must act.
    """

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


DNS_TYPES = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "SOA": 6,
    "PTR": 12,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "SRV": 33,
    "NAPTR": 35,
    "DNAME": 39,
    "DS": 43,
    "DNSKEY": 48,
    "TLSA": 52,
    "SVCB": 64,
    "HTTPS": 65,
    "CAA": 257,
}
"""The types of records that a DNS probe can ask for (IANA, DNS parameters)."""
DNS_RCODES = {
    "NOERROR": 0,
    "FORMERR": 1,
    "SERVFAIL": 2,
    "NXDOMAIN": 3,
    "NOTIMP": 4,
    "REFUSED": 5,
    "YXDOMAIN": 6,
    "YXRRSET": 7,
    "NXRRSET": 8,
    "NOTAUTH": 9,
    "NOTZONE": 10,
}
"""What a DNS server can say of a question (RFC 1035 section 4.1.1, RFC 2136 section 2.2)."""
