"""The house is tidy: files say what they are for, names mean something, papers hold together."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import ROOT, Source, all_sources, package_sources, papers

NAMELESS = {"common", "helper", "helpers", "manager", "misc", "stuff", "util", "utils"}
"""What has no name has no room."""

NATIVE_ROOTS = {"bin", "dev", "etc", "home", "lib", "mnt", "opt", "proc"}
NATIVE_ROOTS |= {"root", "run", "sbin", "srv", "sys", "tmp", "usr", "var", "nowhere", "no"}
"""First parts of the absolute paths of any Debian machine, and of two that are never there."""

AT_THE_ROOT = {
    ".ci",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "changes",
    "docs",
    "etc",
    "man",
    "pyproject.toml",
    "src",
    "systemd",
    "tests",
}
"""What people look for at the top of the tree; build products, hidden by .gitignore, aside."""


def identifiers(source: Source) -> Iterator[tuple[int, str]]:
    """Line and name of every class, function and argument that the file defines."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


def words(name: str) -> set[str]:
    """The words of a snake_case or CamelCase name, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def absolute_paths(text: str) -> Iterator[str]:
    """What looks like an absolute path of a machine: two parts or more, not part of an URL."""
    for match in re.finditer(r"(?<![\w./:>%})*~-])/[a-z][\w.-]*(?:/[\w.%-]+)+", text):
        yield match.group()


def everything_written() -> Iterator[tuple[str, str]]:
    for source in all_sources():
        yield source.name, source.text
    for paper in papers():
        yield paper.relative_to(ROOT).as_posix(), paper.read_text(encoding="utf-8")


def test_every_file_begins_with_a_sentence() -> None:
    found = []
    for source in all_sources():
        lines = [line for line in source.text.splitlines() if not line.startswith("#!")]
        first = lines[0] if lines else ""
        if not re.fullmatch(r'r?"""[\w`].*[.?](""")?', first):
            found.append(f"{source.name}: {first!r}")
    assert found == [], "line 1 is one sentence of purpose, with its full stop"


def test_names_mean_something() -> None:
    found = []
    for source in all_sources():
        if words(source.path.stem) & NAMELESS:
            found.append(source.name)
    for source in package_sources():
        found += [
            f"{source.name}:{line}: {name}"
            for line, name in identifiers(source)
            if words(name) & NAMELESS
        ]
    assert found == []


def test_every_path_is_one_of_any_machine() -> None:
    found = [
        f"{name}: {path}"
        for name, text in everything_written()
        for path in absolute_paths(text)
        if path.split("/")[1] not in NATIVE_ROOTS
    ]
    assert found == []


def test_every_paper_spoken_of_is_here() -> None:
    here = {path.name for path in papers()}
    found = [
        f"{name}: {paper}"
        for name, text in everything_written()
        for paper in re.findall(r"(?<![.\w])[A-Za-z_-]+\.md\b", text)
        if paper not in here and "_" not in paper
    ]
    assert found == []


def test_every_rule_spoken_of_is_written_down() -> None:
    architecture = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rules = set(re.findall(r"^ *(\d+)\. \*\*", architecture, flags=re.MULTILINE))
    found = [
        f"{source.name}: rule {number}"
        for source in all_sources()
        for number in re.findall(r"\brule (\d+)\b", source.text)
        if number not in rules
    ]
    assert found == [], "ARCHITECTURE.md numbers the rules of the decision core"


def test_nothing_lies_about_at_the_top() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    found = [
        path.name
        for path in ROOT.iterdir()
        if path.name not in AT_THE_ROOT | {".git"}
        and not any(path.match(pattern.rstrip("/")) for pattern in ignored)
    ]
    assert found == []


def test_no_code_is_commented_out() -> None:
    found = []
    for source in all_sources():
        for number, line in enumerate(source.text.splitlines(), 1):
            comment = re.fullmatch(r"\s*#\s?(\w.*)", line)
            if comment and re.match(
                r"(def|class|return|import|from \S+ import|self\.\w+ =|if .*:$)\b", comment.group(1)
            ):
                found.append(f"{source.name}:{number}: {line.strip()}")
    assert found == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see /etc/lvs.cf", ["/etc/lvs.cf"]),
        ("see /" + "attic/box", ["/" + "attic/box"]),
        ("see https://example.org/a/b", []),
        ("GET / HTTP/1.0", []),
        ("either/or", []),
    ],
)
def test_a_planted_path_is_seen(text: str, expected: list[str]) -> None:
    assert list(absolute_paths(text)) == expected
