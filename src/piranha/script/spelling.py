"""How bytes are spelled for people, and read back from what people type."""

import re
from collections.abc import Iterator

SHOWN_BYTES = 80
"""How much of a long answer is shown as evidence."""

_SPELLED = {byte: f"\\x{byte:02x}" for byte in range(256)}
_SPELLED.update({byte: chr(byte) for byte in range(0x20, 0x7F)})
_SPELLED.update({ord("\r"): "\\r", ord("\n"): "\\n", ord("\t"): "\\t", ord("\\"): "\\\\"})

_MEANT = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\", '"': b'"', "'": b"'", "0": b"\0"}
_ESCAPE = re.compile(r"""\\(x[0-9A-Fa-f]{2}|[rnt\\"'0])""")
_BACKSLASH = re.compile(r"\\(x[0-9a-fA-F]{2}|.|\Z)", re.DOTALL)


def spelled(data: bytes | bytearray | memoryview) -> str:
    """The bytes on one line of printable ASCII: 220 ready\\r\\n."""
    return "".join(map(_SPELLED.__getitem__, data))


def quoted(data: bytes | bytearray) -> str:
    """Bytes as evidence, "220 ready\\r\\n"; of long ones the beginning and the size."""
    shown = spelled(data[:SHOWN_BYTES]).replace('"', '\\"')
    more = f"... ({len(data)} bytes)" if len(data) > SHOWN_BYTES else ""
    return f'"{shown}"{more}'


def unspelled(text: str) -> bytes:
    """The bytes that a string with escapes means; other text is taken as UTF-8.

    The escapes are those of lvs.cf(5), as `spelled` writes them and \\" \\' \\0 besides; whatever
    else follows a backslash stays as it is, backslash and all.
    """
    data = bytearray()
    end = 0
    for found in _ESCAPE.finditer(text):
        data += text[end : found.start()].encode("utf-8", "surrogateescape")
        escape = found[1]
        data += bytes([int(escape[1:], 16)]) if len(escape) == 3 else _MEANT[escape]
        end = found.end()
    return bytes(data + text[end:].encode("utf-8", "surrogateescape"))


def unknown_escapes(text: str) -> Iterator[tuple[int, str]]:
    """Where `unspelled` finds a backslash that means nothing, and what follows it."""
    for found in _BACKSLASH.finditer(text):
        if len(found[1]) < 3 and found[1] not in _MEANT:
            yield found.start(), found[1]
