"""Every program has a manual that names each of its options, and the manuals are well formed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, programs

MAN = ROOT / "man"
PAGES = [*(f"{program}.8" for program in programs()), "lvs.cf.5"]
PROGRAM_SECTIONS = {
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "EXIT STATUS",
    "EXAMPLES",
    "DIAGNOSTICS",
    "SEE ALSO",
}

needs_mandoc = pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")


def rendered(page: str) -> str:
    """The page as a reader sees it, without overstrikes, in lines of 500 characters."""
    command = ["mandoc", "-T", "ascii", "-O", "width=500", str(MAN / page)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.sub(r".\x08", "", text)


def help_text(program: str) -> str:
    command = [Path(sys.executable).with_name(program), "--help"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def options_of(program: str) -> set[str]:
    """Every option that the program's own help lists: "-c", "--configfile"."""
    return set(re.findall(r"(?<![\w-])--?[A-Za-z?][\w-]*", help_text(program)))


def subcommands_of(program: str) -> set[str]:
    """The words that argparse lists, indented by four, under "COMMAND"."""
    text = help_text(program)
    _, found, listed = text.partition("\n  COMMAND\n")
    return set(re.findall(r"^    ([a-z-]+)\b", listed, flags=re.MULTILINE)) if found else set()


def test_there_is_a_page_for_each_program_and_none_besides() -> None:
    assert sorted(path.name for path in MAN.iterdir()) == sorted(PAGES)


@needs_mandoc
@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_well_formed(page: str) -> None:
    command = ["mandoc", "-T", "lint", "-W", "warning", str(MAN / page)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.stdout, result.returncode) == ("", 0)


@needs_mandoc
@pytest.mark.parametrize("program", programs())
def test_the_page_has_its_sections(program: str) -> None:
    headings = set(re.findall(r"^([A-Z][A-Z ]+)$", rendered(f"{program}.8"), flags=re.MULTILINE))
    assert headings >= PROGRAM_SECTIONS


@needs_mandoc
@pytest.mark.parametrize("program", programs())
def test_the_page_names_every_option(program: str) -> None:
    text = rendered(f"{program}.8")
    found = {
        option
        for option in options_of(program)
        if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text)
    }
    assert found == set()


@needs_mandoc
@pytest.mark.parametrize("program", programs())
def test_the_page_names_every_subcommand(program: str) -> None:
    text = rendered(f"{program}.8")
    found = {word for word in subcommands_of(program) if not re.search(rf"\b{word}\b", text)}
    assert found == set()


def test_subcommands_are_seen() -> None:
    assert {"status", "check", "switch", "why"} <= subcommands_of("piranhactl")
