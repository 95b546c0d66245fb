"""What the laboratory's tests share: clusters that end with the test, and a table of numbers."""

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from tests.lab.instruments import Observer, Prober
from tests.lab.lone_fos import GROUP, LoneFos
from tests.lab.lvs_cf import ServiceBlock, compose
from tests.lab.pair import Pair, wait_until
from tests.lab.results import Result, table
from tests.lab.segment import Segment

START_LIMIT_SECONDS = 5.0
MEASURED = "measured"
RESULTS = pytest.StashKey[list[Result]]()


def pytest_configure(config: pytest.Config) -> None:
    results = config.stash[RESULTS] = []
    config.pluginmanager.register(_Gathering(results))


class _Gathering:
    """Results come with the reports of the tests, from whichever worker ran them."""

    def __init__(self, results: list[Result]) -> None:
        self._results = results

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            told = [value for name, value in report.user_properties if name == MEASURED]
            self._results += [Result(*value) for value in told]  # type: ignore[misc]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.stash[RESULTS]:
        terminalreporter.write_sep("=", "what the client measured")
        terminalreporter.write_line(table(config.stash[RESULTS]))


@pytest.fixture(autouse=True)
def _root(request: pytest.FixtureRequest) -> None:
    if os.geteuid() != 0 and request.node.get_closest_marker("lab"):
        pytest.skip("needs root: the real daemons run in network namespaces")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Everything entered here is left at the end of the test, the last first."""
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def segment(stack: ExitStack) -> Segment:
    """Four hosts and their cables, without daemons."""
    return stack.enter_context(Segment())


@pytest.fixture
def making(stack: ExitStack) -> Callable[..., Pair]:
    """Makes pairs whose file is written and whose daemons are not yet started.

    At the end their logs are printed, which pytest shows where a test failed.
    """

    def make(
        services: Sequence[ServiceBlock],
        keepalive: str = "0.5",
        deadtime: str = "3",
        **more: object,
    ) -> Pair:
        segment = stack.enter_context(Segment(bool(more.get("has_private_network"))))
        pair = Pair(segment, tuple(dict.fromkeys(service.vip for service in services)))
        pair.configure(compose(services, keepalive, deadtime, **more))  # type: ignore[arg-type]
        stack.callback(lambda: print(pair.logs()))
        return pair

    return make


@pytest.fixture
def probing(stack: ExitStack) -> Callable[..., Prober]:
    """Starts probers that end with the test."""

    def start(segment: Segment, vip: str, port: int, **more: Any) -> Prober:
        prober = Prober(segment, vip, port, **more)
        stack.callback(prober.stop)
        return prober

    return start


@pytest.fixture
def observing(stack: ExitStack) -> Callable[..., Observer]:
    """Starts observers that end with the test; each has looked once when it is handed out."""

    def start(segment: Segment, *vips: str) -> Observer:
        observer = Observer(segment, vips)
        stack.callback(observer.stop)
        wait_until(lambda: bool(observer.sightings()), START_LIMIT_SECONDS, "the observer sees")
        return observer

    return start


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[Result], None]:
    """Writes a result into the table at the end, and fails where its limit does not hold."""

    def record(result: Result) -> None:
        print(result)
        request.node.user_properties.append((MEASURED, dataclasses.astuple(result)))
        assert result.holds, str(result)

    return record


@pytest.fixture
def running_fos(segment: Segment) -> Iterator[Callable[..., LoneFos]]:
    """Starts a fos --active with these services on node A, connected and armed."""
    made: list[LoneFos] = []

    def start(services: Sequence[ServiceBlock], deadtime: str = "5") -> LoneFos:
        text = compose(services, keepalive="2", deadtime=deadtime)
        fos = LoneFos(segment.node_a, text, ("--active", "--nofork", "--group", GROUP))
        made.append(fos)
        fos.connect()
        return fos

    yield start
    for fos in made:
        fos.stop()
