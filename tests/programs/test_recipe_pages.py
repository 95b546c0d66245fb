"""`piranhactl recipes`: what it lists, and that what it prints is the recipe itself."""

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
