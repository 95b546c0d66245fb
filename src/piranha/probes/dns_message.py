"""Pure: DNS messages, questions written and answers read (RFC 1035 section 4).

Whatever comes is hostile: every length is checked, and a compressed name may only point backwards,
so that it ends after at most as many steps as the message has bytes.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from piranha.script.queries import LONGEST_NAME, labels_of
from piranha.terms import DNS_RCODES, DNS_TYPES

HEADER = struct.Struct("!HHHHHH")
_FIXED = struct.Struct("!HHIH")
_INTERNET = 1
_ANSWER, _TRUNCATED, _RECURSE = 0x8000, 0x0200, 0x0100
_OPCODE, _RCODE = 0x7800, 0x000F
_MOST_PARTS = 65_536
"""Labels and pointers of all names of one message; the longest name in every one of its records
would keep us busy beyond the deadline."""
_NAMES_INSIDE = {"NS", "CNAME", "PTR", "DNAME"}
_TYPE_NAMES = {number: name for name, number in DNS_TYPES.items()}
_RCODE_NAMES = {number: name for name, number in DNS_RCODES.items()}


class Malformed(Exception):
    """It is no DNS message; the text says where it stops being one."""


@dataclass(frozen=True, slots=True)
class DnsName:
    """A name as its labels, from the left; () is the root. Equal as DNS compares: without case."""

    labels: tuple[bytes, ...]

    def __str__(self) -> str:
        return ".".join(_text(label).replace(".", "\\.") for label in self.labels) or "."


@dataclass(frozen=True, slots=True)
class Record:
    """One resource record of an answer."""

    name: DnsName
    type: str
    """As in DNS_TYPES; TYPE65 for another one (RFC 3597)."""
    data: str
    """Its data as a zone file has it, names in lower case and without the last dot."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one message says, as far as a probe wants to know."""

    id: int
    is_answer: bool
    opcode: int
    is_truncated: bool
    rcode: str
    questions: tuple[tuple[DnsName, int, int], ...]
    """Name, type and class of each."""
    answers: tuple[Record, ...]
    """Empty of a truncated message: it is asked for again over TCP."""


def name_of(text: str) -> DnsName:
    """The name in "www.example.org". Raises ValueError."""
    return DnsName(labels_of(text))


def question_message(number: int, name: DnsName, kind: str) -> bytes:
    """The message that asks for the records of this type; recursion is desired, for a server that
    is authoritative does not mind."""
    wire = b"".join(bytes([len(label)]) + label for label in name.labels) + b"\0"
    header = HEADER.pack(number, _RECURSE, 1, 0, 0, 0)
    return header + wire + struct.pack("!HH", DNS_TYPES[kind], _INTERNET)


def read(message: bytes) -> Message:
    """Read a message up to the end of its answers. Raises Malformed."""
    if len(message) < HEADER.size:
        raise Malformed(f"{len(message)} bytes are no DNS header")
    number, flags, questions, answers, _, _ = HEADER.unpack_from(message)
    reader = _Reader(message, HEADER.size)
    is_truncated = bool(flags & _TRUNCATED)
    return Message(
        id=number,
        is_answer=bool(flags & _ANSWER),
        opcode=(flags & _OPCODE) >> 11,
        is_truncated=is_truncated,
        rcode=_RCODE_NAMES.get(flags & _RCODE, f"RCODE{flags & _RCODE}"),
        questions=tuple(reader.question() for _ in range(questions)),
        answers=() if is_truncated else tuple(reader.record() for _ in range(answers)),
    )


class _Reader:
    """A place in a message that moves on with everything that is read."""

    def __init__(self, message: bytes, at: int) -> None:
        self._message = message
        self._at = at
        self._parts = 0

    def question(self) -> tuple[DnsName, int, int]:
        name = self.name()
        kind, place = struct.unpack("!HH", self.take(4))
        return name, kind, place

    def record(self) -> Record:
        name = self.name()
        kind, _place, _ttl, size = _FIXED.unpack(self.take(_FIXED.size))
        end = self._at + size
        if end > len(self._message):
            raise Malformed("a record goes on after the end of the message")
        words = _TYPE_NAMES.get(kind, f"TYPE{kind}")
        data = self._data(words, end)
        if self._at != end:
            raise Malformed(f"a {words} record is longer or shorter than it says")
        return Record(name, words, data)

    def name(self) -> DnsName:
        labels: list[bytes] = []
        size, at, lowest = 0, self._at, self._at
        after: int | None = None
        while True:
            length = self._byte(at)
            self._parts += 1
            if self._parts > _MOST_PARTS:
                raise Malformed("its names have too many parts")
            if length >= 0xC0:
                target = (length & 0x3F) << 8 | self._byte(at + 1)
                after = at + 2 if after is None else after
                if target >= lowest:  # backwards, so there is an end
                    raise Malformed("a compressed name points forwards")
                at = lowest = target
                continue
            if length >= 0x40:
                raise Malformed("a label is of an unknown kind")
            label = self._message[at + 1 : at + 1 + length]
            at += 1 + length
            size += 1 + length
            if len(label) < length or size > LONGEST_NAME:
                raise Malformed("a name is too long")
            if length == 0:
                self._at = at if after is None else after
                return DnsName(tuple(labels))
            labels.append(label.lower())

    def take(self, size: int) -> bytes:
        data = self._message[self._at : self._at + size]
        if len(data) < size:
            raise Malformed("it ends in the middle")
        self._at += size
        return data

    def _byte(self, at: int) -> int:
        if at >= len(self._message):
            raise Malformed("it ends in the middle of a name")
        return self._message[at]

    def _data(self, kind: str, end: int) -> str:
        if kind in _NAMES_INSIDE:
            return str(self.name())
        match kind:
            case "A" if end - self._at == 4:
                return str(IPv4Address(self.take(4)))
            case "AAAA" if end - self._at == 16:
                return str(IPv6Address(self.take(16)))
            case "MX":
                return f"{self._number('!H')} {self.name()}"
            case "SRV":
                numbers = [self._number("!H") for _ in range(3)]
                return f"{' '.join(map(str, numbers))} {self.name()}"
            case "SOA":
                names = f"{self.name()} {self.name()}"
                return f"{names} {' '.join(str(self._number('!I')) for _ in range(5))}"
            case "TXT":
                return " ".join(self._texts(end))
        data = self.take(max(0, end - self._at))
        return f"\\# {len(data)} {data.hex()}".rstrip()

    def _texts(self, end: int) -> list[str]:
        texts = []
        while self._at < end:
            texts.append(_text(self.take(self.take(1)[0])))
        return texts

    def _number(self, form: str) -> int:
        number: int = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return number


def _text(data: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03d}" for byte in data)
