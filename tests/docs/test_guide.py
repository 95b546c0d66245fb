"""What the guide says holds: its links, its paths, its options and its configurations."""

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from piranha.config.reading import read_settings
from piranha.config.timing import has_kernel_lease
from piranha.config.values import Names
from piranha.programs.recipe_files import recipe_text
from tests.architecture.source import ROOT, programs

CHAPTERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("changes/*.md")])
LINK = re.compile(r"\[[^\]]+\]\(([^)#]+)(?:#[^)]*)?\)")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=name)
def test_every_link_leads_somewhere(chapter: Path) -> None:
    links = LINK.findall(without_code(chapter.read_text(encoding="utf-8")))
    broken = [
        link
        for link in links
        if "://" not in link and not (chapter.parent / link).resolve().exists()
    ]
    assert broken == []


@pytest.mark.parametrize("folder", [ROOT / "docs", ROOT / "docs" / "why"], ids=name)
def test_every_chapter_is_in_its_index(folder: Path) -> None:
    index = set(LINK.findall((folder / "README.md").read_text(encoding="utf-8")))
    chapters = {path.name for path in folder.glob("*.md")} - {"README.md"}
    assert chapters - index == set()


def test_every_file_that_the_architecture_names_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.[a-z]+)?)`", text))
    roots = (ROOT, ROOT / "src" / "piranha")
    assert [
        path for path in sorted(named) if not any((root / path).exists() for root in roots)
    ] == []


def test_every_make_target_spoken_of_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    found = [
        f"{name(chapter)}: make {target}"
        for chapter in CHAPTERS
        for target in re.findall(r"`make ([a-z]+)", chapter.read_text(encoding="utf-8"))
        if target not in targets
    ]
    assert found == []


def test_every_architecture_decision_has_context_choice_and_price() -> None:
    for page in (ROOT / "docs" / "why").glob("*.md"):
        if page.name != "README.md":
            parts = re.findall(r"^\*\*(\w+)\.\*\*", page.read_text(), flags=re.MULTILINE)
            assert parts == ["Context", "Choice", "Price"], page.name


def configurations() -> list[tuple[str, str]]:
    """Every complete lvs.cf of the guide, by its place."""
    fences = re.compile(r"^```lvs\.cf\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
    return [
        (f"{name(chapter)}#{number}", text)
        for chapter in CHAPTERS
        for number, text in enumerate(fences.findall(chapter.read_text(encoding="utf-8")), 1)
    ]


@pytest.mark.parametrize(("place", "text"), configurations())
def test_every_configuration_is_accepted_without_a_warning(place: str, text: str) -> None:
    reading = read_settings(text.encode(), place, Names(recipe=recipe_text))
    assert reading.settings is not None, reading.complaints
    assert [str(c) for c in reading.complaints if c.severity != "notice"] == []


def test_every_single_line_of_configuration_is_accepted() -> None:
    """Lines that the chapter on services shows outside of a block belong into one."""
    text = (ROOT / "docs" / "services.md").read_text(encoding="utf-8")
    pairs = re.findall(r"((?:^    \w+ += .*\n)+)", text, flags=re.MULTILINE)
    assert pairs
    for number, lines in enumerate(pairs):
        block = f"active = 1\naddress = 10.0.0.{10 + number} eth0:{number}\n{lines}"
        document = (
            f"service = fos\nprimary = 10.0.0.1\nbackup = 10.0.0.2\nfailover f {{\n{block}}}\n"
        )
        reading = read_settings(document.encode(), "services.md")
        assert reading.settings is not None, [str(c) for c in reading.complaints]


def test_the_front_page_installs_like_the_guide() -> None:
    front = (ROOT / "README.md").read_text(encoding="utf-8")
    chapter = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    lines = chapter.split("<!-- install:begin -->\n")[1].split("<!-- install:end -->")[0]
    assert lines in front
    assert len(lines.splitlines()) == 9, "and the tenth checks and starts"


def test_the_front_page_shows_the_first_pair_of_the_guide() -> None:
    places = dict(configurations())
    assert places["README.md#1"] == places["docs/configuration.md#1"]


def test_the_table_of_deadtimes_is_right_about_the_kernel() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\d.]+) \| ([\d.]+) \| [\d.]+ s \| (.*) \|$", text, re.MULTILINE)
    assert len(rows) >= 3
    for keepalive, deadtime, who in rows:
        assert has_kernel_lease(float(keepalive), float(deadtime)) == (who == "the kernel")


def command_lines() -> list[tuple[str, str]]:
    """Every line of the guide that calls one of our programs, with its place."""
    call = re.compile(rf"^(?:    |.*`)((?:{'|'.join(programs())})(?: [^`\n]*)?)`?", re.MULTILINE)
    found = []
    for chapter in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        text = re.sub(r"```.*?```", "", chapter.read_text(encoding="utf-8"), flags=re.DOTALL)
        found += [
            (name(chapter), line.split(" && ")[0].split(";")[0]) for line in call.findall(text)
        ]
    return sorted(set(found))


@pytest.mark.parametrize(("place", "line"), command_lines())
def test_every_command_is_understood_by_its_program(place: str, line: str) -> None:
    """Each option and subcommand that the guide types is in the program's own help."""
    program, *words = shlex.split(line)
    known = help_of(program)
    for word in words:
        if program == "piranhactl" and re.fullmatch("[a-z]+", word) and word not in known:
            assert words[words.index(word) - 1] in known, f"{place}: {line}: {word}"
        if word.startswith("-") and word != "-":
            known += help_of(program, next((w for w in words if w.isalpha()), ""))
            assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", known), f"{place}: {line}"


@cache
def help_of(program: str, subcommand: str = "") -> str:
    """What `--help` prints, of the program or of one of its subcommands."""
    command = [str(Path(sys.executable).with_name(program)), subcommand, "--help"]
    argv = [word for word in command if word]
    return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False).stdout
