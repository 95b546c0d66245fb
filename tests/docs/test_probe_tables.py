"""The tables of the chapter on probes are those of the recipes and verdicts that there are."""

from piranha.programs.recipe_files import recipe_block, recipe_names
from tests.docs import probe_tables
from tests.zoo import results
from tests.zoo.all_animals import ANIMALS
from tests.zoo.test_dhcp_servers import KINDS


def test_the_tables_are_in_step() -> None:
    is_in_step = probe_tables.page() == probe_tables.PAGE.read_text(encoding="utf-8")
    assert is_in_step, "run `make tables`"


def test_a_recipe_names_its_judges_exactly_when_it_has_met_a_real_server() -> None:
    named = {name for name in recipe_names() if _judges(name)}
    assert named == {seen.recipe for seen in results.read(results.RESULTS)}
    assert set(recipe_names()) - named == set(probe_tables.NO_SERVER)


def test_the_table_has_every_server_of_the_zoo_and_no_other() -> None:
    """`make zoo` writes it."""
    met = {(recipe, animal.name) for animal in ANIMALS for recipe in animal.recipes}
    met |= {("dhcp", name) for name in KINDS}
    assert {(seen.recipe, seen.server) for seen in results.read(results.RESULTS)} == met


def _judges(recipe: str) -> str:
    entry = recipe_block(recipe).last("judged_by")
    assert entry is not None
    return entry.value.text
