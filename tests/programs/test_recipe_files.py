"""Every recipe of the package is a good one, and can be copied into lvs.cf as it is."""

import re

import pytest

from piranha.config.keywords import AT, Place
from piranha.config.reading import read_settings
from piranha.config.values import Names
from piranha.programs.recipe_files import purpose, recipe_block, recipe_names, recipe_text
from tests.config.lvs_cf import GLOBAL, web

ABOUT = ("proves", "misses", "leaves")
NEEDED = {
    "dns": ['query = "www.example.org A"'],
    "radius": ["secret = /etc/piranha/radius.secret"],
}
"""What a block must say besides, for nobody else can know it."""


def test_the_most_common_services_have_one() -> None:
    assert {"http", "smtp"} <= set(recipe_names())


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_is_used_without_a_complaint(name: str) -> None:
    lines = (f"monitor = {name}", *NEEDED.get(name, ()))
    names = Names(recipe=recipe_text)
    reading = read_settings((GLOBAL + web(*lines)).encode(), "lvs.cf", names)
    assert [str(c) for c in reading.complaints] == []


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_can_be_copied_into_the_file(name: str) -> None:
    """One that expects nothing is warned of there: whoever copies it should know."""
    text = (recipe_text(name) or b"").decode()
    lines = (f"monitor = {name}", *NEEDED.get(name, ()))
    reading = read_settings((GLOBAL + text + web(*lines)).encode(), "lvs.cf")
    assert [str(c) for c in reading.complaints if "expects nothing" not in c.text] == []


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_says_what_it_is_and_what_it_proves(name: str) -> None:
    block = recipe_block(name)
    assert re.fullmatch(r"\S.*\.", purpose(name))
    entries = {entry.keyword: entry.value.text for entry in block.entries}
    assert all(entries.get(word) for word in ABOUT)
    assert "judged_by" in entries
    assert set(entries) <= set(AT[Place.RECIPE])


@pytest.mark.parametrize("name", ["nothing", "../http", "", "/etc/passwd", "a\0b", "x" * 300])
def test_there_is_no_other(name: str) -> None:
    assert recipe_text(name) is None
