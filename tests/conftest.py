"""What holds for every test: a skip is said aloud, and on the judging machine it is a failure."""

import os
from collections.abc import Generator

import pytest

from tests.turns import Turns


def is_judged() -> bool:
    """True on a machine that decides whether a change is good (CI=true)."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """The first of all: the time that is waited for a turn is nobody's time-out."""
    worker = getattr(item.config, "workerinput", None)
    if worker is None:
        return (yield)
    is_alone = item.get_closest_marker("alone") is not None
    with Turns(worker["testrunuid"]).turn(is_alone=is_alone):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_a_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_a_skip(report)
    return report


def refuse_a_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and is_judged() and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"a skip is a failure here (CI is set): {report.longrepr}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.write_sep("!", f"{len(skipped)} tests did not run", yellow=True)
        for reason in sorted({str(report.longrepr[2]) for report in skipped}):
            terminalreporter.write_line(reason)
