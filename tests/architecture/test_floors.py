"""Imports run only downward, and a room without a floor is refused."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", "--no-cache"],
        cwd=tree,
        env={"PYTHONPATH": str(tree / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def copy_of_the_house(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "src" / "piranha",
        tmp_path / "src" / "piranha",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_are_kept() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_room_without_a_floor_is_refused(tmp_path: Path) -> None:
    house = copy_of_the_house(tmp_path)
    attic = house / "src" / "piranha" / "attic"
    attic.mkdir()
    (attic / "__init__.py").write_text('"""A room that nobody gave a floor."""\n')
    result = lint_imports(house)
    assert result.returncode != 0
    assert "attic" in result.stdout


def test_an_import_upward_is_refused(tmp_path: Path) -> None:
    house = copy_of_the_house(tmp_path)
    terms = house / "src" / "piranha" / "terms.py"
    terms.write_text(terms.read_text() + "\nimport piranha.system\n")
    result = lint_imports(house)
    assert result.returncode != 0
    assert "piranha.terms -> piranha.system" in result.stdout


def test_a_pure_room_that_opens_a_socket_is_refused(tmp_path: Path) -> None:
    house = copy_of_the_house(tmp_path)
    rules = house / "src" / "piranha" / "decisions" / "rules.py"
    rules.write_text(rules.read_text() + "\nimport socket\n")
    result = lint_imports(house)
    assert result.returncode != 0
    assert "piranha.decisions.rules -> socket" in result.stdout
