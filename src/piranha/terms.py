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
