"""Draws the state diagram and the table of moves in ARCHITECTURE.md from MOVES."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from piranha.decisions.facts import Fact
from piranha.decisions.failover import MOVES
from piranha.terms import Role

PAGE = Path(__file__).resolve().parents[2] / "ARCHITECTURE.md"
BEGIN, END = "<!-- moves:begin -->\n", "<!-- moves:end -->\n"


def drawing() -> str:
    """The roles as a picture: an arrow for each pair of roles, with the facts that lead there."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> listening"]
    for old in Role:
        for new in Role:
            facts = [
                fact.value
                for (role, fact), move in MOVES.items()
                if (role, move.role) == (old, new)
            ]
            if facts:
                lines.append(f"    {old} --> {new}: {', '.join(facts)}")
    return "\n".join([*lines, "```"])


def table() -> str:
    """Every move as a row; "stays" where the role does not change."""
    lines = ["| In role | noticing | becomes | and, in this order |", "|---|---|---|---|"]
    for (old, fact), move in sorted(MOVES.items(), key=_order):
        actions = ", ".join(action.__name__.replace("_", " ") for action in move.actions)
        lines.append(
            f"| {old} | {fact.value} | {move.role or 'stays'} | {actions or 'nothing more'} |"
        )
    return "\n".join(lines)


def _order(item: tuple[tuple[Role, Fact], object]) -> tuple[int, int]:
    role, fact = item[0]
    return list(Role).index(role), list(Fact).index(fact)


def section() -> str:
    note = "Facts that are not listed for a role change nothing in it; `NOTHING_HAPPENS` says so."
    return f"{BEGIN}\n{drawing()}\n\n{table()}\n\n{note}\n\n{END}"


def page_with(section_text: str) -> str:
    """ARCHITECTURE.md with its marked region replaced."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    return before + section_text + rest.split(END)[1]


def main() -> None:
    PAGE.write_text(page_with(section()), encoding="utf-8")


if __name__ == "__main__":
    main()
