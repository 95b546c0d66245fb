"""The command line of fos, with its historical letters."""

from pathlib import Path

import pytest

from piranha.errors import UsageError
from piranha.programs.fos_options import read_options
from piranha.terms import Side
from piranha.wire.report_line import FosMode


@pytest.mark.parametrize("word", ["-F", "--active"])
def test_active(word: str) -> None:
    assert read_options([word]).mode is FosMode.ACTIVE


@pytest.mark.parametrize("word", ["-f", "--monitor"])
def test_monitor(word: str) -> None:
    assert read_options([word]).mode is FosMode.MONITOR


@pytest.mark.parametrize("words", [[], ["-f", "-F"], ["--active", "--monitor"]])
def test_exactly_one_mode_is_wanted(words: list[str]) -> None:
    with pytest.raises(UsageError):
        read_options(words)


def test_alone_it_detaches_and_reads_the_usual_file() -> None:
    options = read_options(["-F"])
    assert options.config == Path("/etc/lvs.cf")
    assert options.is_detached
    assert options.is_by_hand
    assert not options.logs_to_stdout
    assert (options.group, options.node) == (None, None)


def test_in_the_foreground_it_logs_to_standard_output() -> None:
    options = read_options(["-F", "-n"])
    assert not options.is_detached
    assert options.is_by_hand
    assert options.logs_to_stdout


def test_pulse_s_child_waits_for_its_permission() -> None:
    words = ["--active", "--nofork", "-v", "-c", "lvs.cf", "--group", "web", "--node", "backup"]
    options = read_options(words)
    assert not options.is_detached
    assert not options.is_by_hand
    assert options.is_verbose
    assert options.config == Path.cwd() / "lvs.cf"
    assert (options.group, options.node) == ("web", Side.BACKUP)


@pytest.mark.parametrize("word", ["-t", "--test-start"])
def test_test_start(word: str) -> None:
    assert read_options(["-F", word]).is_test_start


def test_an_abbreviated_option_is_refused() -> None:
    with pytest.raises(UsageError):
        read_options(["--act"])
