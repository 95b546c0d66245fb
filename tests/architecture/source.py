"""The project's own files, as the tests of its shape see them."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "piranha"


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file, parsed."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The path from the top of the tree, as in "src/piranha/terms.py"."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def room(self) -> str:
        """The path inside the package, as in "system/clock.py"; for code of the package only."""
        return self.path.relative_to(PACKAGE).as_posix()

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of everything imported: `from a import b` gives "a.b"."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield node.lineno, f"{node.module}.{alias.name}"

    def names_used(self) -> Iterator[tuple[int, str]]:
        """Line and text of every dotted name in the code, as in "os.posix_spawn"."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute | ast.Name):
                yield node.lineno, ast.unparse(node)

    def calls(self) -> Iterator[ast.Call]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node


def read_source(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path, text, ast.parse(text, filename=str(path)))


def package_sources() -> list[Source]:
    """Every file of the package."""
    return [read_source(path) for path in sorted(PACKAGE.rglob("*.py"))]


def all_sources() -> list[Source]:
    """Every Python file of the project: package, tests and tools."""
    return package_sources() + [
        read_source(path) for path in sorted((ROOT / "tests").rglob("*.py"))
    ]


def papers() -> list[Path]:
    """Everything written for people: Markdown, man pages, units, examples, scripts."""
    patterns = ("*.md", "docs/**/*.md", "changes/*.md", "man/*.[1-8]", "systemd/*", "etc/*")
    found = [path for pattern in patterns for path in ROOT.glob(pattern)]
    return [*sorted(found), ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / ".ci" / "prepare"]


def pyproject() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def programs() -> list[str]:
    """The commands that the package installs."""
    project = pyproject()["project"]
    assert isinstance(project, dict)
    return sorted(project["scripts"])
