"""The blocks of a file with their values converted; what is wrong with each is complained about."""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from piranha.config.complaints import Complaints, Weight, did_you_mean, errors
from piranha.config.document import SCRIPT, Block, Document, Entry, Written, parse, shown
from piranha.config.keywords import AT, Keyword, Kind, Place, Status, find, places_of
from piranha.config.scripts import read_script
from piranha.config.settings import Monitor
from piranha.config.values import READERS, Names


@dataclass(slots=True)
class Section:
    """One block's values: those written and sound, else the table's defaults."""

    block: Block
    place: Place
    values: dict[str, Any]
    """By keyword, of the type that its kind's reader gives; None where there is no default."""
    written: frozenset[str]
    """The keywords that the block has, sound or not."""
    recipe: "Section | None" = None
    """The recipe that `monitor` names; its values hold where the block gives none."""

    def __getitem__(self, keyword: str) -> Any:
        return self.values[keyword]


@functools.cache
def default_values(place: Place) -> dict[str, Any]:
    """The table's defaults as values; None where there is none."""
    return {
        row.name: None if row.default is None else _default(row)
        for row in AT[place].values()
        if (row.kind is not Kind.BLOCK or row.name == SCRIPT) and row.status is not Status.IGNORED
    }


def _default(row: Keyword) -> Any:
    def refuse(_weight: Weight, _offset: int, text: str) -> None:
        raise AssertionError(text)

    return READERS[row.kind](Written(row.default or "", "", 0, 0), row, Names(), refuse)


class SectionReader:
    """Reads one document's blocks; everything that is wrong goes to its complaints."""

    def __init__(self, document: Document, complaints: Complaints, names: Names) -> None:
        self._document = document
        self._complaints = complaints
        self._names = names
        self._ignored: dict[str, tuple[int, int]] = {}
        self._recipes: dict[str, Section | None] = {}
        self.broken: set[tuple[str, str]] = set()
        """Section and keyword of each value that could not be used."""

    def root(self) -> Section:
        return self._section(self._document.root, Place.GLOBAL, ("service", "primary", "backup"))

    def blocks(self, place: Place, *required: str) -> list[Section]:
        """The blocks of that keyword that have a name, in file order."""
        found = (block for block in self._document.root.blocks if block.keyword == place.value)
        return [self._section(block, place, required) for block in found if self._is_named(block)]

    def recipe_blocks(self) -> list[Section]:
        """The file's own recipes; they are known by their names from then on."""
        found = self.blocks(Place.RECIPE)
        self._recipes.update((section.block.name, section) for section in found)
        return found

    def name_ignored(self) -> None:
        """One notice for all keywords that mean nothing here, at the first of them."""
        if self._ignored:
            line, column = min(self._ignored.values())
            names = ", ".join(self._ignored)
            text = f"ignored, as failover services have no use for them: {names}"
            self._complaints.add(line, column, "notice", text)

    def _section(self, block: Block, place: Place, required: Iterable[str]) -> Section:
        chosen = self._known_entries(block, place)
        values = dict(default_values(place))
        recipe = self._recipe_of(chosen) if place is Place.FAILOVER else None
        if recipe is not None:
            values.update((name, recipe[name]) for name in recipe.written if name in values)
        for name, (row, entry) in chosen.items():
            is_regex = name == "expect" and _is_regex(chosen)
            value = self._value(entry, row, Kind.REGEX if is_regex else row.kind)
            if value is None:
                self.broken.add((block.section, name))
            else:
                values[name] = value
                self._warn_of_reserved(row, entry.line, entry.column)
        for name in required:
            if name not in chosen:
                self._missing(block, AT[place][name])
        written = set(chosen)
        for inner in self._inner_blocks(block, place):
            if SCRIPT in written:
                text = "there is a script already, expected one"
                self._complaints.add(inner.line, inner.column, "error", text)
            written.add(SCRIPT)
            values[SCRIPT], is_sound = read_script(inner, self._complaints, self._names)
            if not is_sound:
                self.broken.add((block.section, SCRIPT))
        return Section(block, place, values, frozenset(written), recipe)

    def _recipe_of(self, chosen: dict[str, tuple[Keyword, Entry]]) -> Section | None:
        """The recipe that the block names; None where it names none, or a way to ask."""
        if "monitor" not in chosen:
            return None
        value = chosen["monitor"][1].value
        name = value.text
        if name not in self._recipes:
            self._recipes[name] = self._load_recipe(name, value)
        recipe = self._recipes[name]
        if recipe is None and name not in set(Monitor):
            known = [*Monitor, *self._names.recipes(), *filter(self._recipes.get, self._recipes)]
            text = f'there is no recipe "{shown(name)}", expected one of piranhactl recipes, or '
            text += f"{', '.join(Monitor)}{did_you_mean(name, known)}"
            self._complaints.add(value.line, value.column, "error", text)
        return recipe

    def _load_recipe(self, name: str, value: Written) -> Section | None:
        """Of the recipes at hand, which are files like this one, with one block."""
        data = self._names.recipe(name)
        if data is None:
            return None
        complaints = Complaints(f"recipe {name}")
        document = parse(data)
        for fault in document.faults:
            complaints.add(fault.line, fault.column, "error", fault.text)
        found = SectionReader(document, complaints, self._names).blocks(Place.RECIPE)
        for complaint in errors(complaints.sorted()):
            self._complaints.add(value.line, value.column, "error", str(complaint))
        return found[0] if found else None

    def _known_entries(self, block: Block, place: Place) -> dict[str, tuple[Keyword, Entry]]:
        chosen: dict[str, tuple[Keyword, Entry]] = {}
        for entry in block.entries:
            row = find(place, entry.keyword)
            if row is None or row.kind is Kind.BLOCK:
                self._unknown(entry.keyword, (entry.line, entry.column), place, row)
            elif row.status is Status.IGNORED:
                self._ignored.setdefault(entry.keyword, (entry.line, entry.column))
            else:
                if entry.keyword in chosen:
                    line = chosen[entry.keyword][1].line
                    text = f"{entry.keyword} was given in line {line}, expected it once: "
                    text += "this one counts"
                    self._complaints.add(entry.line, entry.column, "warning", text)
                chosen[entry.keyword] = row, entry
        return chosen

    def _value(self, entry: Entry, row: Keyword, kind: Kind) -> Any:
        value = entry.value
        if value.text_after_quote and kind is not Kind.COMMAND:
            text = "more text after the closing quote, expected the end of the line or a # comment"
            self._complaints.add(value.line, value.text_after_quote, "error", text)
            return None

        def say(weight: Weight, offset: int, text: str) -> None:
            self._complaints.add(value.line, value.column + offset, weight, text)

        return READERS[kind](value, row, self._names, say)

    def _unknown(
        self, name: str, at: tuple[int, int], place: Place, row: Keyword | None = None
    ) -> None:
        text = "" if self._complaints.is_full else _explain_unknown(name, place, row)
        self._complaints.add(*at, "error", text)

    def _inner_blocks(self, block: Block, place: Place) -> Iterator[Block]:
        """The scripts among the blocks inside; what is wrong with the others is said."""
        for inner in block.blocks:
            row = find(place, inner.keyword)
            if row is None or row.kind is not Kind.BLOCK:
                self._unknown(inner.keyword, (inner.line, inner.column), place, row)
            elif row.status is Status.IGNORED:
                self._ignored.setdefault(inner.keyword, (inner.line, inner.column))
            elif row.name == SCRIPT:
                yield inner

    def _is_named(self, block: Block) -> bool:
        if not block.name:
            text = f'{block.keyword} has no name, expected "{block.keyword} NAME {{"'
            self._complaints.add(block.line, block.column, "error", text)
        return bool(block.name)

    def _missing(self, block: Block, row: Keyword) -> None:
        where = "" if block.section == "global" else f" in {block.section}"
        text = f"{row.name} is missing{where}, expected {row.name} = {row.expected}"
        self._complaints.add(block.line, block.column, "error", text)
        self.broken.add((block.section, row.name))

    def _warn_of_reserved(self, row: Keyword, line: int, column: int) -> None:
        if row.status is Status.RESERVED:
            text = f"{row.name} is read and checked, but has no effect in this version"
            self._complaints.add(line, column, "warning", text)


def _is_regex(chosen: dict[str, tuple[Keyword, Entry]]) -> bool:
    return "use_regex" in chosen and chosen["use_regex"][1].value.text == "1"


def _explain_unknown(name: str, place: Place, row: Keyword | None) -> str:
    where = "outside of all blocks" if place is Place.GLOBAL else f"in a {place} block"
    if row is not None:
        form = f'"{name} NAME {{"' if row.kind is Kind.BLOCK else f'"{name} = value"'
        return f"{name} cannot be written so, expected {form}"
    elsewhere = [p for p in places_of(name) if p not in (Place.SERVER, Place.VIRTUAL)]
    if elsewhere:
        right = (
            "outside of all blocks" if Place.GLOBAL in elsewhere else f"in a {elsewhere[0]} block"
        )
        return f"{name} cannot stand {where}, expected it {right}"
    hint = did_you_mean(name, AT[place])
    return f'"{shown(name)}" is unknown {where}, expected a keyword of lvs.cf(5){hint}'
