"""A new version of the configuration file: refused whole, or what of it is put in force."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from piranha.config.complaints import Complaint, errors
from piranha.config.document import Document
from piranha.config.settings import Settings
from piranha.errors import UsageError
from piranha.programs.accepted_file import keep_keywords
from piranha.programs.config_file import read_trusted_file
from piranha.programs.heartbeat_key import keys_of, keys_text
from piranha.programs.rules_from import keep_heartbeat
from piranha.terms import Severity
from piranha.wire.envelope import NO_KEYS, KeyRing

Line = tuple[Severity, str]

_SEVERITIES = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "notice": Severity.INFO,
}


@dataclass(frozen=True, slots=True)
class Running:
    """The configuration that is in force."""

    settings: Settings
    document: Document
    """As every fos reads it."""
    keys: KeyRing = NO_KEYS


@dataclass(frozen=True, slots=True)
class Reread:
    """What came of reading the file again."""

    fresh: Running | None
    """None: it is refused, and the old one stays."""
    lines: tuple[Line, ...]
    """What a person should know, in order."""


def read_again(path: Path, running: Running) -> Reread:
    """Read the file; nothing is in force yet."""
    try:
        reading = read_trusted_file(path)
    except (OSError, UsageError) as error:
        return Reread(None, ((Severity.ERROR, f"refused: {error}"),))
    said = tuple((_SEVERITIES[c.severity], str(c)) for c in reading.complaints)
    if reading.settings is None:
        return Reread(None, (*said, (Severity.ERROR, _refusal(path, reading.complaints))))
    settings, names = keep_heartbeat(running.settings, reading.settings)
    try:
        keys = keys_of(settings)
    except UsageError as error:
        refusal = f"refused: {error}; the running configuration stays"
        return Reread(None, (*said, (Severity.ERROR, refusal)))
    document = keep_keywords(reading.document, running.document, names)
    waiting = tuple(
        (Severity.WARNING, f"{name} is not applied before a restart of pulse on both nodes")
        for name in names
        if _is_written_otherwise(reading.document, running.document, name)
    )
    changes = tuple((Severity.INFO, text) for text in _changes(running, settings, keys))
    return Reread(Running(settings, document, keys), (*said, *waiting, *changes))


def _refusal(path: Path, complaints: tuple[Complaint, ...]) -> str:
    count = len(errors(complaints))
    wrong = "1 error" if count == 1 else f"{count} errors"
    return f"{path} is refused: {wrong}; the running configuration stays"


def _is_written_otherwise(fresh: Document, running: Document, keyword: str) -> bool:
    """Several keywords make one setting; those that did not change are not named."""
    now, before = fresh.root.last(keyword), running.root.last(keyword)
    return (now and now.value.text) != (before and before.value.text)


def _changes(running: Running, now: Settings, keys: KeyRing) -> Iterator[str]:
    """Section by section, by their digests."""
    before = running.settings
    names = [*now.digests, *(name for name in before.digests if name not in now.digests)]
    is_same = keys == running.keys
    if not is_same:
        yield f"heartbeat_key: {keys_text(keys)}"
    for name in names:
        old, new = before.digests.get(name), now.digests.get(name)
        if old != new:
            is_same = False
            yield f"{name}: " + ("added" if old is None else "changed" if new else "removed")
    if is_same:
        yield "nothing has changed"
