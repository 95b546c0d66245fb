"""Makes the tables of docs/probes.md: recipes, verdicts, and what was seen of real servers."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from piranha.probes.verdict import Bearing, Verdict
from piranha.programs.recipe_files import purpose, recipe_block, recipe_names

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "probes.md"
RESULTS = ROOT / "tests" / "zoo" / "results.json"
"""What was seen of recipes at real servers."""
NO_SERVER = {
    "elasticsearch": "neither Elasticsearch nor OpenSearch is in Debian",
    "kafka": "Debian has clients and libraries only",
    "minecraft": "its server is not free software",
    "mongodb": "Debian has clients and libraries only",
    "whois": "the one in Debian answers only by asking other ones",
}
"""Recipes that no real server has judged, and why."""
SAYS = {
    Bearing.HEALTHY: "well",
    Bearing.SICK: "failed",
    Bearing.NOTHING: "nothing: it could not be asked",
}


def recipes() -> Iterator[str]:
    """A row for each recipe: how it travels, what it proves and not, what it leaves."""
    yield "| Recipe | For | Port | Proves | Does not prove | Leaves in the log | Judged by |"
    yield "|---|---|---|---|---|---|---|"
    for name in recipe_names():
        cells = (
            f"`{name}`",
            purpose(name).rstrip("."),
            _way(name),
            *(_text(name, word) for word in ("proves", "misses", "leaves")),
            _text(name, "judged_by") or "the specification",
        )
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def unjudged() -> Iterator[str]:
    """A row for each recipe that had to do without a real server."""
    yield "| Recipe | Why |"
    yield "|---|---|"
    for name, reason in NO_SERVER.items():
        yield f"| `{name}` | {reason} |"


def _way(name: str) -> str:
    words = [_text(name, "port"), _text(name, "monitor") or _text(name, "protocol") or "tcp"]
    if _text(name, "tls") == "1":
        words.append("in TLS")
    return " ".join(filter(None, words))


def _text(name: str, keyword: str) -> str:
    entry = recipe_block(name).last(keyword)
    return entry.value.text if entry else ""


def verdicts() -> Iterator[str]:
    """A row for each verdict."""
    yield "| Verdict | Says of the service | Because |"
    yield "|---|---|---|"
    for verdict in Verdict:
        yield f"| {verdict} | {SAYS[verdict.bearing]} | {verdict.phrase} |"


def servers() -> Iterator[str]:
    """A row for each recipe and real server at which it was tried."""
    yield "| Recipe | Server | Version | A probe takes | Lines in the server's log for 100 probes |"
    yield "|---|---|---|---|---|"
    for seen in json.loads(RESULTS.read_text()) if RESULTS.exists() else ():
        took = f"{seen['milliseconds']:.3g} ms"
        yield (
            f"| `{seen['recipe']}` | {seen['server']} | {seen['version']} | {took} "
            f"| {seen['lines']} |"
        )


TABLES = {"recipes": recipes, "verdicts": verdicts, "servers": servers, "unjudged": unjudged}


def page() -> str:
    """The page with each of its marked regions made anew."""
    text = PAGE.read_text(encoding="utf-8")
    for name, rows in TABLES.items():
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
        before, rest = text.split(begin)
        table = "".join(f"{row}\n" for row in rows())
        text = f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}"
    return text


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
