"""The zoo's tests: one server after the other, and a table of what was seen."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.zoo.animal import Animal, Kept, keeping
from tests.zoo.results import RESULTS, Seen, write

IS_WHOLE = os.environ.get("ZOO") == "all"
"""make zoo: every server; otherwise only those that the judging machine has."""
SEEN = pytest.StashKey[list[Seen]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SEEN] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    if IS_WHOLE and session.config.stash[SEEN]:
        write(session.config.stash[SEEN], RESULTS)


class Cage:
    """Holds one server at a time; asked for another one, it lets the former go."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._kept: Kept | None = None

    def hold(self, animal: Animal) -> Kept:
        if self._kept is None or self._kept.animal is not animal:
            self.open()
            self._kept = self._stack.enter_context(keeping(animal))
        return self._kept

    def open(self) -> None:
        self._kept = None
        self._stack.close()


@pytest.fixture(scope="session")
def cage() -> Iterator[Cage]:
    made = Cage()
    yield made
    made.open()
