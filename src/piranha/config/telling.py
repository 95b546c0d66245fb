"""What a section of the file says, keyword by keyword as it is written, fit to be told to others.

Values that could be secrets are marked. They are compared by a digest and never told.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from piranha.config.digest import digest
from piranha.config.document import Block, Document
from piranha.config.keywords import Place, Status, find

SECRET_KEYWORDS = frozenset({"send", "script", "secret", "community", "password"})
"""What a service is told, and what it lets somebody in with."""
_SECRET = re.compile(r"pass|secret|token|community|credential|api_?key", re.IGNORECASE)
DIGEST_SIZE = 4


@dataclass(frozen=True, slots=True)
class Told:
    """One keyword of a section."""

    keyword: str
    value: str
    """As it stands in the file, without its quotes; empty where it is a secret."""
    is_secret: bool
    digest: bytes
    """The first bytes of SHA-256 over the whole value."""


def tell(document: Document, section: str) -> tuple[Told, ...] | None:
    """What counts in the section, in the order of the file; None where there is no such one."""
    block = document.section(section)
    if block is None:
        return None
    place = Place(block.keyword) if block.keyword in set(Place) else Place.GLOBAL
    found: dict[str, str] = {}
    for entry in block.entries:
        keyword = find(place, entry.keyword)
        if keyword is not None and keyword.status is not Status.IGNORED:
            found[entry.keyword] = entry.value.text
    if block.words and block.keyword == Place.GROUP:
        found["nodes"] = " ".join(block.words)
    if section != "global":
        found |= {inner.keyword: _text_of(document, inner) for inner in block.blocks}
    return tuple(_told(keyword, value) for keyword, value in found.items())


def _text_of(document: Document, block: Block) -> str:
    lines = document.lines[block.line - 1 : block.end_line]
    return "\n".join(line.text.strip() for line in lines)


def _told(keyword: str, value: str) -> Told:
    is_secret = keyword in SECRET_KEYWORDS or bool(_SECRET.search(f"{keyword} {value}"))
    short = digest(value.encode("utf-8", "surrogateescape"), DIGEST_SIZE)
    shown = value.encode("utf-8", "replace").decode()
    return Told(keyword, "" if is_secret else shown, is_secret, short)


def differences(here: Sequence[Told], there: Sequence[Told]) -> tuple[str, ...]:
    """Each keyword that two files have otherwise: `port is "80" here and "8080" there`."""
    ours, theirs = ({told.keyword: told for told in side} for side in (here, there))
    phrases = []
    for keyword in dict.fromkeys([*ours, *theirs]):
        mine, other = ours.get(keyword), theirs.get(keyword)
        if mine is not None and other is not None and mine.digest == other.digest:
            continue
        if any(told is not None and told.is_secret for told in (mine, other)):
            phrases.append(f"{keyword} differs (it may be a secret and is not shown)")
        else:
            phrases.append(f"{keyword} is {_shown(mine)} here and {_shown(other)} there")
    return tuple(phrases)


def _shown(told: Told | None) -> str:
    if told is None:
        return "not given"
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in told.value)
    return f'"{text}"'
