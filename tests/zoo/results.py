"""What was seen of each recipe at each server, kept as a file that the guide's table is made of."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True)
class Seen:
    """One recipe and one real server that it was right about, healthy and sick."""

    recipe: str
    server: str
    version: str
    """Debian's."""
    milliseconds: float
    """A probe's median, until the verdict."""
    lines: int
    """What 100 probes left in the server's log."""
    line: str
    """The last of them."""


def write(seen: Sequence[Seen], path: Path) -> None:
    """Replace what the file says of these recipes and servers, and keep the rest."""
    known = {(one.recipe, one.server): one for one in read(path)}
    known |= {(one.recipe, one.server): one for one in seen}
    rows = [asdict(known[key]) for key in sorted(known)]
    path.write_text(json.dumps(rows, indent=1) + "\n")


def read(path: Path) -> list[Seen]:
    """What the file says; nothing when there is none."""
    return [Seen(**row) for row in json.loads(path.read_text())] if path.exists() else []
