"""Change one line of an lvs.cf and leave every other byte as it is.

The new file is a new document; whether it is a good one is for the reader to say.
"""

from piranha.config.document import Block, Document, Entry, parse

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def quoted(meaning: bytes) -> str:
    """A text as it is written between double quotes, so that it is read back as these bytes."""
    text = meaning.decode("utf-8", "surrogateescape")
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8"))


def set_value(document: Document, section: str, keyword: str, written: str) -> Document:
    """Give a keyword a value: in its line where it has one, else in a new line of its block.

    `section` is "global" or "failover web"; `written` stands behind the "=" as it is given, quotes
    and escapes included (see `quoted`). Blanks around it and a comment behind it stay. Raises
    ValueError when the text is no value of one line, KeyError without such a block.
    """
    _refuse_what_breaks_out(keyword, written)
    block = _block(document, section)
    entry = block.last(keyword)
    texts = [line.text + line.ending for line in document.lines]
    if entry is None:
        _insert(texts, document, block, f"{keyword} = {written}")
    else:
        start, end = _span(entry)
        line = document.lines[entry.line - 1]
        texts[entry.line - 1] = line.text[:start] + written + line.text[end:] + line.ending
    return _document(texts)


def remove(document: Document, section: str, keyword: str) -> Document:
    """Take out every line of the keyword, so that its default holds. Raises KeyError without such
    a block."""
    gone = {e.line for e in _block(document, section).entries if e.keyword == keyword}
    lines = enumerate(document.lines, 1)
    return _document([line.text + line.ending for number, line in lines if number not in gone])


def _document(texts: list[str]) -> Document:
    return parse("".join(texts).encode("utf-8", "surrogateescape"))


def _block(document: Document, section: str) -> Block:
    block = document.section(section)
    if block is None or (block.words and section != "global"):
        raise KeyError(section)
    return block


def _refuse_what_breaks_out(keyword: str, written: str) -> None:
    """The line must read back as exactly this value."""
    read = parse(f"{keyword} = {written}\n".encode("utf-8", "surrogateescape"))
    entry = read.root.last(keyword)
    if len(read.lines) != 1 or entry is None or read.faults:
        raise ValueError(f'"{keyword} = {written}" is not one line with one value')
    start, end = _span(entry)
    if read.lines[0].text[start:end] != written:
        raise ValueError(f'"{written}" ends early or carries a comment')


def _span(entry: Entry) -> tuple[int, int]:
    """Where the value stands in its line's text, quotes included."""
    value = entry.value
    width = len(value.quote)
    start = value.column - 1 - width
    return start, start + len(value.text) + 2 * width


def _insert(texts: list[str], document: Document, block: Block, text: str) -> None:
    """After the block's last entry; without one after its first line, at the file's end for the
    file itself."""
    ending = next((line.ending for line in document.lines if line.ending), "\n")
    own = max((entry.line for entry in block.entries), default=0)
    if block.section == "global":
        after = own or len(texts)
        indent = ""
    else:
        after = own or block.line
        model = document.lines[own - 1].text if own else "    "
        indent = model[: len(model) - len(model.lstrip())]
    if after and not document.lines[after - 1].ending:
        texts[after - 1] += ending
        ending = ""
    texts.insert(after, f"{indent}{text}{ending}")
