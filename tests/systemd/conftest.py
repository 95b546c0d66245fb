"""Machines with a real systemd for these tests; root is needed to make them."""

import os
from collections.abc import Iterator

import pytest

from tests.systemd.machine import Machine
from tests.systemd.pair import Pair


def need_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: machines in private namespaces run systemd")


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A bare machine."""
    need_root()
    machine = Machine(tmp_path_factory.mktemp("machine"))
    try:
        machine.boot()
        yield machine
    finally:
        machine.power_off()


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two machines with the suite installed, for every test that leaves them up."""
    yield from booted_pair(tmp_path_factory)


@pytest.fixture
def own_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two machines for one test alone."""
    yield from booted_pair(tmp_path_factory)


def booted_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    need_root()
    pair = Pair(tmp_path_factory.mktemp("pair"))
    try:
        pair.boot()
        yield pair
    finally:
        pair.power_off()
