"""What tests of the doors share: a cable to a second machine, and a silent journal."""

import os
import select
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from piranha.system import journal
from tests.system import network

PATIENCE_SECONDS = 5.0


class HasFileno(Protocol):
    def fileno(self) -> int: ...


@pytest.fixture
def cable() -> Iterator[network.Cable]:
    """Two machines on one cable; the test stands on the first."""
    if os.geteuid() != 0:
        pytest.skip("needs root: makes network namespaces")
    with network.cable() as made:
        yield made


@pytest.fixture
def readable() -> Callable[[HasFileno], bool]:
    """Waits until there is something to read; False when nothing comes for 5 s."""

    def wait(source: HasFileno) -> bool:
        return bool(select.select([source], [], [], PATIENCE_SECONDS)[0])

    return wait


@pytest.fixture(autouse=True)
def _own_journal() -> Iterator[None]:
    """A journal that a test opens is closed with it."""
    before = journal._journal
    yield
    journal._journal = before
