"""The file that runs: a copy of what pulse has accepted, for every fos of it to read.

The file that a person edits may be half written, or wrong, at the moment when a fos is started
again. The copy has also the values that wait for a restart as they run.
"""

from pathlib import Path

from piranha.config import editing
from piranha.config.document import Document
from piranha.system import files

MODE = 0o600
"""The heartbeat key may be in it."""


def accepted_path(run_directory: Path, cluster: str) -> Path:
    return run_directory / f"{cluster}.cf"


def keep_keywords(fresh: Document, running: Document, keywords: tuple[str, ...]) -> Document:
    """The fresh file with these global keywords as they stand in the running one."""
    for keyword in keywords:
        entry = running.root.last(keyword)
        if entry is None:
            fresh = editing.remove(fresh, "global", keyword)
        else:
            written = f"{entry.value.quote}{entry.value.text}{entry.value.quote}"
            fresh = editing.set_value(fresh, "global", keyword, written)
    return fresh


def write_accepted(path: Path, document: Document) -> None:
    """Replace the copy. Raises OSError."""
    files.write_atomically(path, bytes(document), MODE, sync=False)
