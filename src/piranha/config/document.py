"""An lvs.cf as it was written: every byte of every line, and what stands where.

Reading never fails: a line that says nothing sensible is kept like any other and becomes a fault.
The text is decoded as UTF-8 with surrogate escapes, so that any bytes come back as they were.

A line is one of: nothing (blank, comment), `keyword = value`, `keyword name {`, `}`, or the short
block `keyword name { words }`; in a script also a `keyword` alone. A comment starts at a `#` at the
start of a line or after a blank.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

SCRIPT = "script"
"""The block in which a word may stand alone: a step that takes no value."""
OUTER_BLOCKS = frozenset({"failover", "virtual", "group", "recipe"})
"""Blocks that stand in no other one: where one opens inside another, a `}` is missing."""


@dataclass(frozen=True, slots=True)
class Written:
    """A value as it stands in the file, escapes and all, without its quotes."""

    text: str
    quote: str
    """The quote character around it, or ""."""
    line: int
    column: int
    """Of the text's first character, behind the quote."""
    text_after_quote: int = 0
    """The column of what follows a closing quote on the line (the text then holds it all, quotes
    too: a command may be written so); 0 without."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line `keyword = value`; in a script, a word alone has the value of no text, unquoted."""

    keyword: str
    line: int
    column: int
    value: Written

    @property
    def is_bare(self) -> bool:
        """True for a word alone: an empty value without quotes cannot be written otherwise."""
        return not self.value.text and not self.value.quote


@dataclass(frozen=True, slots=True)
class Opening:
    """A line `keyword name {`, or the short block `keyword name { words }`."""

    keyword: str
    name: str
    line: int
    column: int
    words: tuple[str, ...] | None
    """What stands between the braces of a short block; None: the block goes on."""
    fault: str = ""
    """What is wrong with the line; the block is open all the same, as its lines belong to it."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A line `}`."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A place at which the file is not well formed: what, and what was expected."""

    line: int
    column: int
    text: str
    word: str = field(default="", compare=False)
    """The only word of the line: in a script it is well formed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; its text and its ending (`\\n`, `\\r\\n`, `\\r` or nothing) are the file's."""

    text: str
    ending: str
    content: Entry | Opening | Closing | Fault | None


@dataclass(frozen=True, slots=True)
class Block:
    """A block with what it holds; the file itself is the block without a keyword."""

    keyword: str
    name: str
    line: int
    column: int
    end_line: int
    """The line of its closing brace (the last line where that is missing)."""
    words: tuple[str, ...]
    """The content of a short block."""
    entries: tuple[Entry, ...]
    blocks: tuple["Block", ...]

    @property
    def section(self) -> str:
        """How people and digests call it: "failover web", and "global" for the file itself."""
        return " ".join(filter(None, (self.keyword, self.name))) or "global"

    def last(self, keyword: str) -> Entry | None:
        """The entry that counts: the last one of that keyword."""
        for entry in reversed(self.entries):
            if entry.keyword == keyword:
                return entry
        return None


@dataclass(frozen=True)
class Document:
    """A whole file."""

    lines: tuple[Line, ...]
    root: Block
    faults: tuple[Fault, ...]

    def __bytes__(self) -> bytes:
        """The file, byte for byte."""
        text = "".join(line.text + line.ending for line in self.lines)
        return text.encode("utf-8", "surrogateescape")

    @cached_property
    def _sections(self) -> dict[str, Block]:
        return {"global": self.root} | {block.section: block for block in self.root.blocks}

    def section(self, name: str) -> Block | None:
        """The block called "global" or "failover web"; of two with one name, the last."""
        return self._sections.get(name)

    def where(self, section: str, keyword: str = "") -> tuple[int, int]:
        """Line and column of a value or of a block inside; of the whole block where the keyword is
        not written; else 1, 1."""
        block = self.section(section)
        if block is None:
            return 1, 1
        for inner in block.blocks:
            if inner.keyword == keyword:
                return inner.line, inner.column
        entry = block.last(keyword)
        return (entry.value.line, entry.value.column) if entry else (block.line, block.column)


def parse(data: bytes) -> Document:
    """Any bytes become a document whose bytes they are; what is wrong is in its faults."""
    text = data.decode("utf-8", "surrogateescape")
    pieces = _LINE.findall(text)
    lines = tuple(
        Line(body, ending, read_line(body, number))
        for number, (body, ending) in enumerate(pieces, 1)
        if body or ending
    )
    root, faults = _nest(lines)
    return Document(lines, root, faults)


# Quantifiers are possessive (`*+`): a line of a million blanks must not cost a million squared.
_LINE = re.compile(r"([^\r\n]*+)(\r\n|\n|\r|\Z)")
_WORD = r"""[^\s={}#"']++"""
_BLANK = re.compile(r"[\s\ufeff]*+(?:#.*)?\Z")
_ENTRY = re.compile(rf"[\s\ufeff]*+({_WORD})\s*+=\s*+(.*)\Z")
_OPENING = re.compile(
    rf"""[\s\ufeff]*+({_WORD})\s*+("[^"]*+"|'[^']*+'|(?<=\s)[^\s{{}}"'=]++)?\s*+"""
    r"\{\s*+(?:([^{}#]*+)\})?\s*+(?:\#.*)?\Z"
)
_CLOSING = re.compile(r"[\s\ufeff]*+\}\s*+(?:#.*)?\Z")
_ALONE = re.compile(r"([a-z_]++)\s*+(?:(?<=\s)#.*)?\Z")
_AFTER_VALUE = re.compile(r"\s*+(?:(?<=\s)#.*)?\Z")
_QUOTE_OR_COMMENT = re.compile(r"""["']|(?<=\s)#""")
_QUOTED = {quote: re.compile(rf"{quote}((?:[^{quote}\\]++|\\.)*+){quote}") for quote in "\"'"}


def read_line(text: str, number: int) -> Entry | Opening | Closing | Fault | None:
    """What one line says, looked at by itself; `number` counts from 1."""
    if _BLANK.match(text):
        return None
    if _CLOSING.match(text):
        return Closing(number, text.index("}") + 1)
    if found := _OPENING.match(text):
        keyword, name, words = found.groups()
        column = found.start(1) + 1
        inside = None if words is None else tuple(words.split())
        return Opening(keyword, (name or "").strip("\"'"), number, column, inside)
    if found := _ENTRY.match(text):
        return _read_entry(found, number)
    return _explain(text, number)


def _read_entry(found: re.Match[str], number: int) -> Entry | Fault:
    keyword, rest, start = found.group(1), found.group(2), found.start(2)
    if not rest or rest[0] == "#":
        text = f'{keyword} has no value, expected "{keyword} = value"'
        return Fault(number, found.start(1) + 1, text)
    if rest[0] not in _QUOTED:
        text = _without_comment(rest)
        value = Written(text, "", number, start + 1)
        return Entry(keyword, number, found.start(1) + 1, value)
    quoted = _read_quoted(rest, number, start + 1)
    if isinstance(quoted, Fault):
        return quoted
    return Entry(keyword, number, found.start(1) + 1, quoted)


def _read_quoted(rest: str, number: int, column: int) -> Written | Fault:
    quote = rest[0]
    closed = _QUOTED[quote].match(rest)
    if closed is None:
        # The historical reader knew no escaped quotes: "C:\" was a whole string.
        bare = _without_comment(rest)
        if len(bare) > 1 and bare[-1] == quote:
            return Written(bare[1:-1], quote, number, column + 1)
        return Fault(number, column, f"the {quote} is not closed, expected another {quote}")
    if _AFTER_VALUE.match(rest, closed.end()):
        return Written(closed.group(1), quote, number, column + 1)
    more = rest[closed.end() :]
    after = column + len(rest) - len(more.lstrip())
    return Written(_without_comment(rest), "", number, column, text_after_quote=after)


def _without_comment(rest: str) -> str:
    """An unquoted value: up to the first ` #` that is not inside of a pair of quotes."""
    is_open = {'"': False, "'": False}
    first = len(rest)
    for found in _QUOTE_OR_COMMENT.finditer(rest):
        if found[0] != "#":
            is_open[found[0]] = not is_open[found[0]]
            continue
        first = min(first, found.start())
        if not any(is_open.values()):
            first = found.start()
            break
    return rest[:first].rstrip()


def _explain(text: str, number: int) -> Fault | Opening:
    """Why a line is none of the known forms."""
    stripped = text.strip(" \t\f\v\ufeff")
    column = text.index(stripped) + 1
    if stripped.startswith("="):
        return Fault(number, column, '"=" without a keyword, expected "keyword = value"')
    if stripped[0] in "{}":
        expected = '"keyword name {" on one line' if stripped[0] == "{" else '"}" alone on its line'
        return Fault(number, column, f'"{shown(stripped)}" cannot be read, expected {expected}')
    word = re.split(r"""[\s={}#"']""", stripped, maxsplit=1)[0]
    if word in OUTER_BLOCKS:
        expected = f'"{word} NAME {{" on one line, with one name and nothing behind the brace'
        fault = f'"{shown(stripped)}" cannot be read, expected {expected}'
        name = stripped[len(word) :].strip("{ \t\"'").split(maxsplit=1)
        return Opening(word, name[0] if name else "", number, column, None, fault)
    expected = f'"{shown(word) or "keyword"} = value"'
    text = f'"{shown(stripped)}" cannot be read, expected {expected}'
    return Fault(number, column, text, _only_word(stripped))


def _only_word(stripped: str) -> str:
    found = _ALONE.match(stripped)
    return found[1] if found else ""


def shown(text: str, longest: int = 40) -> str:
    """The text fit for a complaint: printable, and cut where it is long."""
    cut = text if len(text) <= longest else text[:longest] + "..."
    return cut if cut.isprintable() else "".join(map(_printable, cut))


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as surrogateescape keeps it
        code -= 0xDC00
    return f"\\x{code:02x}"


class _Open:
    """A block while it is being read."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.entries: list[Entry] = []
        self.blocks: list[Block] = []

    def close(self, end_line: int) -> Block:
        o = self.opening
        held = (o.words or (), tuple(self.entries), tuple(self.blocks))
        return Block(o.keyword, o.name, o.line, o.column, end_line, *held)


def _nest(lines: tuple[Line, ...]) -> tuple[Block, tuple[Fault, ...]]:
    """Which lines stand in which block; braces that do not match are faults."""
    stack = [_Open(Opening("", "", 1, 1, None))]
    faults: list[Fault] = []
    for content in _contents(lines):
        if isinstance(content, Entry):
            stack[-1].entries.append(content)
        elif isinstance(content, Fault):
            if stack[-1].opening.keyword == SCRIPT and content.word:
                stack[-1].entries.append(_bare(content))
            else:
                faults.append(content)
        elif isinstance(content, Closing):
            if len(stack) == 1:
                text = '"}" closes nothing, expected a block before it'
                faults.append(Fault(content.line, content.column, text))
            else:
                _close_top(stack, content.line)
        else:
            if content.fault:
                faults.append(Fault(content.line, content.column, content.fault))
            if content.keyword in OUTER_BLOCKS:
                while len(stack) > 1:
                    faults.append(_unclosed(stack[-1].opening, content.line))
                    _close_top(stack, content.line)
            stack.append(_Open(content))
            if content.words is not None:
                _close_top(stack, content.line)
    while len(stack) > 1:
        faults.append(_unclosed(stack[-1].opening, 0))
        _close_top(stack, len(lines))
    return stack[0].close(max(len(lines), 1)), tuple(faults)


def _bare(fault: Fault) -> Entry:
    value = Written("", "", fault.line, fault.column + len(fault.word))
    return Entry(fault.word, fault.line, fault.column, value)


def _contents(lines: tuple[Line, ...]) -> Iterator[Entry | Opening | Closing | Fault]:
    return (line.content for line in lines if line.content is not None)


def _close_top(stack: list[_Open], end_line: int) -> None:
    block = stack.pop().close(end_line)
    stack[-1].blocks.append(block)


def _unclosed(opening: Opening, line: int) -> Fault:
    place = f"before line {line}, where the next block opens" if line else "before the file's end"
    block = " ".join(filter(None, (opening.keyword, opening.name)))
    text = f'the block "{shown(block)}" is not closed, expected "}}" {place}'
    return Fault(opening.line, opening.column, text)
