"""The command line of pulse: historical letters and long names."""

import re
from pathlib import Path

import pytest

from piranha.errors import UsageError
from piranha.programs.pulse_options import PulseOptions, read_options


def test_without_arguments_it_is_a_daemon_with_the_usual_file() -> None:
    expected = PulseOptions(Path("/etc/lvs.cf"), True, False, False, False, None)
    assert read_options([]) == expected


def test_letters_and_long_names_mean_the_same() -> None:
    short = read_options(["-n", "-t", "-v", "-c", "/tmp/x"])
    assert short == read_options(["--nodaemon", "--norun", "--verbose", "--configfile=/tmp/x"])
    assert short == read_options(["-nvt", "--configfile", "/tmp/x"])
    assert (short.is_detached, short.is_test_start, short.is_verbose) == (False, True, True)


def test_a_relative_file_is_found_after_detaching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_options(["-c", "lvs.cf"]).config == tmp_path / "lvs.cf"


def test_another_fos_and_a_forced_takeover_are_given_by_their_long_names() -> None:
    options = read_options(["--fos=/opt/fos", "--forceactive"])
    assert (options.fos, options.is_forced) == ("/opt/fos", True)


@pytest.mark.parametrize("argv", [["-x"], ["lvs.cf"], ["-c"], ["--force"]])
def test_wrong_use_is_refused(argv: list[str]) -> None:
    with pytest.raises(UsageError):
        read_options(argv)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        read_options(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("pulse 0.")


def test_the_manual_has_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    manual = (Path(__file__).parents[2] / "man" / "pulse.8").read_text()
    with pytest.raises(SystemExit):
        read_options(["--help"])
    options = set(re.findall(r"--([a-z-]+)", capsys.readouterr().out))
    assert [name for name in options if f"Fl -{name}" not in manual] == []
