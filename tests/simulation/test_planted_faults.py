"""The tests are tested: each row of MOVES is taken out, and some story must notice.

A row that nobody misses is a missing story, or a needless row. Beside the rows, faults are planted
in the arithmetic of the rules; the seeded runs must find those.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from piranha.config import timing
from piranha.decisions import absence, failover, noticing, partner_link, witness
from piranha.decisions.facts import Fact
from piranha.terms import Role
from tests.simulation import runs
from tests.simulation.world import ClaimBroken


def _functions() -> Iterator[tuple[str, Callable[..., None]]]:
    for file in sorted(Path(__file__).parent.glob("test_stories*.py")):
        module = importlib.import_module(f"tests.simulation.{file.stem}")
        yield from inspect.getmembers(module, inspect.isfunction)


def _stories() -> Iterator[tuple[str, Callable[[], None]]]:
    """Every story of every file of them, once for each of its parameters."""
    for name, story in _functions():
        if not name.startswith("test_") or name == "test_the_table_is_complete":
            continue
        marks = [m for m in getattr(story, "pytestmark", []) if m.name == "parametrize"]
        for values in product(*(mark.args[1] for mark in marks)):
            given = dict(zip((mark.args[0] for mark in marks), values, strict=True))
            yield f"{name}{list(values) or ''}", lambda story=story, given=given: story(**given)


STORIES = dict(_stories())
Row = tuple[Role, Fact]


class _Asked(dict[Row, failover.Move]):
    """MOVES, and which of its rows were asked for."""

    def __init__(self, moves: Mapping[Row, failover.Move]) -> None:
        super().__init__(moves)
        self.rows: set[Row] = set()

    def get(self, row: Row) -> failover.Move | None:  # type: ignore[override]
        self.rows.add(row)
        return super().get(row)


@cache
def _tellers() -> dict[Row, list[str]]:
    """The stories that come to each row; the others are the same without it."""
    tellers: dict[Row, list[str]] = {row: [] for row in failover.MOVES}
    for name, story in STORIES.items():
        asked = _Asked(failover.MOVES)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(failover, "MOVES", asked)
            story()
        for row in asked.rows & tellers.keys():
            tellers[row].append(name)
    return tellers


def _is_noticed_by(story: Callable[[], None]) -> bool:
    try:
        story()
    except Exception:  # a story that cannot even be told to its end notices as well
        return True
    return False


def test_no_story_fails_as_it_is() -> None:
    """One that cannot be told would notice everything."""
    assert [name for name, story in STORIES.items() if _is_noticed_by(story)] == []


@pytest.mark.parametrize("row", list(failover.MOVES), ids=lambda row: f"{row[0]}-{row[1]}")
def test_a_missing_row_is_missed(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    tellers = _tellers()[row]
    monkeypatch.delitem(failover.MOVES, row)  # type: ignore[arg-type]
    assert any(_is_noticed_by(STORIES[name]) for name in tellers)


def _some_seed_breaks(seeds: int = 400) -> bool:
    for seed in range(seeds):
        try:
            runs.run(seed, 400)
        except ClaimBroken:
            return True
    return False


def _plant_longer_lease(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(partner_link, "lease_seconds", lambda _keepalive, deadtime: deadtime + 0.5)


def _plant_impatience(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(absence, "silent_seconds", lambda view: 1.6 * (view.now - view.link.silent_since))
    patch.setattr(absence, "_vips_block", lambda _view, _state: "")


def _plant_claim_without_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(
        failover.MOVES,  # type: ignore[arg-type]
        (Role.STANDBY, Fact.SERVICE_FAILED_THERE),
        failover.Move(Role.STARTING, (failover.acting.take,)),
    )


def _plant_sent_counts_always(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(partner_link, "is_alone", lambda *_: True)


def _plant_nobody_loses(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(noticing, "_conflict_lost", lambda _view, _state: "")


def _plant_alone_without_witness(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(witness, "stands_alone_from", lambda _rules, _witness: float("inf"))


def _plant_witness_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(witness, "sees", lambda rules, _witness, _now: rules.has_witness or None)


FAULTS = [
    _plant_longer_lease,
    _plant_impatience,
    _plant_claim_without_answer,
    _plant_sent_counts_always,
    _plant_nobody_loses,
    _plant_alone_without_witness,
    _plant_witness_believed,
]


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__.removeprefix("_plant_"))
def test_a_fault_in_the_rules_is_found_by_some_seed(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timing.has_kernel_lease(2, 5)
    plant(monkeypatch)
    assert _some_seed_breaks()
