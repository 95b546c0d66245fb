"""The recipes of the package: small files in the syntax of lvs.cf, one for each kind of service."""

import re
from functools import cache
from pathlib import Path

from piranha import probes
from piranha.config.document import Block, parse
from piranha.config.keywords import Place
from piranha.system import files

FOLDER = Path(probes.__file__).parent / "recipes"
LARGEST_RECIPE = 262_144
"""Bytes."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@cache
def recipe_names() -> tuple[str, ...]:
    """In the order of the alphabet."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.cf")))


def recipe_text(name: str) -> bytes | None:
    """The file of that name; None when there is none, or it cannot be read."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return files.read_limited(FOLDER / f"{name}.cf", LARGEST_RECIPE)
    except OSError:
        return None


def recipe_block(name: str) -> Block:
    """The block of a recipe that there is. Raises KeyError without one."""
    for block in parse(recipe_text(name) or b"").root.blocks:
        if block.keyword == Place.RECIPE and block.name == name:
            return block
    raise KeyError(name)


def purpose(name: str) -> str:
    """What kind of service it is for: the comment on its first line."""
    first = (recipe_text(name) or b"").decode("utf-8", "replace").partition("\n")[0]
    return first.lstrip("# ").rstrip()
