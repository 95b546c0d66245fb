"""Every interleaving of the small world, and the stories that the search has found."""

import pytest

from piranha.terms import Role
from tests.simulation.explore import Scope, explore, replay, roots

FOUND = {
    "probes through our own dead cable prove nothing": (
        "A serves, unplug B, pass, plug in B, pass, pass",
        "B serves, unplug A, pass, plug in A, pass, pass",
        "A serves, unplug B, pass, pass, pass, plug in B, pass, pass",
    ),
    "a node that wakes claims on old news, and is not obeyed": (
        "A serves, freeze pulse of A, pass, pass, pass, thaw A, pass, pass",
        "A serves, freeze pulse of A, pass, pass, next, pass, thaw A, pass, pass",
    ),
    "a claim is not answered while a fos found astray lets go": (
        "A serves, pass, kill pulse of A, pass, pass, next, start A, pass, pass",
        "both start, pass, kill pulse of A, pass, pass, next, start A, pass, pass",
    ),
}


@pytest.mark.parametrize("story", [story for stories in FOUND.values() for story in stories])
def test_what_the_search_found_is_mended(story: str) -> None:
    world = replay(story)
    assert sorted(filter(None, (world.role(0), world.role(1)))) == [Role.ACTIVE, Role.STANDBY]


def test_a_search_begins_with_settled_pairs() -> None:
    worlds = roots()
    assert worlds["A serves"].role(0) is Role.ACTIVE
    assert worlds["B serves"].role(1) is Role.ACTIVE
    assert worlds["both start"].role(0) is Role.LISTENING


@pytest.mark.timeout(600)
def test_no_interleaving_breaks_a_claim() -> None:
    found = explore(Scope(depth=8, faults=1))
    assert found.broken == []
    assert len(found.seen) > 20_000
