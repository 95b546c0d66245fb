"""How bytes are spelled for people, and read back from what people type."""

import re

SHOWN_BYTES = 80
"""How much of a long answer is shown as evidence."""

_SPELLED = {byte: f"\\x{byte:02x}" for byte in range(256)}
_SPELLED.update({byte: chr(byte) for byte in range(0x20, 0x7F)})
_SPELLED.update({ord("\r"): "\\r", ord("\n"): "\\n", ord("\t"): "\\t", ord("\\"): "\\\\"})

_MEANT = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\", '"': b'"', "'": b"'", "0": b"\0"}
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.?)", re.DOTALL)


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

    The escapes are those of lvs.cf(5): \\r \\n \\t \\\\ \\" \\' \\0 and \\xHH. Raises ValueError
    for any other.
    """
    data = bytearray()
    end = 0
    for found in _ESCAPE.finditer(text):
        data += text[end : found.start()].encode("utf-8", "surrogateescape")
        data += _meant(found[1])
        end = found.end()
    return bytes(data + text[end:].encode("utf-8", "surrogateescape"))


def _meant(escape: str) -> bytes:
    if len(escape) == 3:
        return bytes([int(escape[1:], 16)])
    try:
        return _MEANT[escape]
    except KeyError:
        raise ValueError(
            f"unknown escape \\{escape} (known: \\r \\n \\t \\\\ \\\" \\' \\0 \\xHH)"
        ) from None
