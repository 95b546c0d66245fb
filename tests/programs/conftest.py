"""What a program logs, caught line by line and kept from the log of the tests after it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from piranha.system import journal
from piranha.terms import Severity


@dataclass(slots=True)
class Log:
    """Whole lines `program: subject: text`, each with its severity."""

    entries: list[tuple[Severity, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def take(self, severity: Severity, line: str) -> None:
        self.entries.append((severity, line))
        self.lines.append(line)


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    """All that is logged from now on, by the program that the test file calls `PROGRAM`, else by
    pulse. The journal is one for the process: whatever a test opens, the next one inherits."""
    made = Log()
    program = getattr(request.module, "PROGRAM", "pulse")
    journal.open_journal(program, to_stdout=False, verbose=False, sink=made.take)
    yield made
    journal.open_journal("pytest", to_stdout=True, verbose=False)


@pytest.fixture
def lines(log: Log) -> list[str]:
    """The lines alone."""
    return log.lines
