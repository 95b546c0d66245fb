"""Live servers that are in the wrong place, and generic sick ones."""

from tests.zoo.sick import (
    CLOSE,
    HEAR,
    Behaviour,
    answers_each_line,
    closes_at_once,
    drips,
    never_stops,
    reflects,
    resets,
    resets_after_a_word,
    talk,
)

IMPOSTORS: dict[str, Behaviour] = {
    "ssh": answers_each_line(b"SSH-2.0-OpenSSH_9.2p1\r\n", b""),
    "smtp": answers_each_line(b"220 mail ESMTP\r\n", b"500 5.5.2 Error: bad syntax\r\n"),
    "ftp": answers_each_line(b"220 (vsFTPd 3.0.3)\r\n", b"530 Please login with USER.\r\n"),
    "http": talk(HEAR, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", CLOSE),
    "pop3": answers_each_line(b"+OK ready\r\n", b"-ERR unknown command\r\n"),
    "imap": answers_each_line(b"* OK ready\r\n", b"220 BAD unknown command\r\n"),
    "nntp": answers_each_line(b"200 news\r\n", b"500 what?\r\n"),
    "redis": answers_each_line(b"", b"-ERR unknown command\r\n"),
    "memcached": answers_each_line(b"", b"ERROR\r\n"),
    "mysql": talk(b"\x4a\x00\x00\x00\x0a8.0.36\x00\x0a\x00\x00\x00", HEAR, CLOSE),
    "daytime": talk(b"25 NOV 2026 22:30:00 UTC\r\n", CLOSE),
    "chargen": never_stops(bytes(range(0x21, 0x69)) + b"\r\n"),
    "reflector": reflects,
}

GENERIC: dict[str, Behaviour] = {
    "silent": talk(),
    "deaf after a word": talk(HEAR),
    "closes at once": closes_at_once,
    "closes after a word": talk(HEAR, CLOSE),
    "resets": resets,
    "resets after a word": resets_after_a_word,
    "drips": drips(b"220 OK\r\n"),
    "100 MB of x": never_stops(b"x"),
    "100 MB of zeros": never_stops(b"\0"),
    "100 MB of lines": never_stops(b"220-x\r\n"),
}

LOOKS_ALIKE: dict[str, frozenset[str]] = {
    "discard": frozenset((*IMPOSTORS, *GENERIC)),
    "echo": frozenset({"reflector"}),
    "daytime": frozenset({"daytime"}),
    "chargen": frozenset({"chargen"}),
}
"""What a recipe cannot tell from its own service, for it says the same."""
