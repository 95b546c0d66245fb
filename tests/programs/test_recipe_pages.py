"""`piranhactl recipes`: what it lists, and that what it prints is the recipe itself."""

import os
import subprocess
import sys

import pytest

from piranha.programs import piranhactl
from piranha.programs.recipe_files import recipe_names, recipe_text
from piranha.wire.exit_status import ExitStatus


def test_the_list_has_a_line_for_each(capfd: pytest.CaptureFixture[str]) -> None:
    assert piranhactl.main(["recipes"]) == ExitStatus.OK
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(recipe_names())
    assert any(line.split(maxsplit=1)[1].startswith("A web server") for line in lines)


def test_a_recipe_is_printed_byte_for_byte(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert piranhactl.main(["recipes", "smtp"]) == ExitStatus.OK
    assert capfdbinary.readouterr().out == recipe_text("smtp")


def test_an_unknown_one_is_wrong_use(capfd: pytest.CaptureFixture[str]) -> None:
    assert piranhactl.main(["recipes", "smtpd"]) == ExitStatus.WRONG_USE
    assert 'there is no recipe "smtpd", did you mean "smtp"?' in capfd.readouterr().err


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "piranha.programs.piranhactl", "recipes"],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=20,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (ExitStatus.OK, "")
