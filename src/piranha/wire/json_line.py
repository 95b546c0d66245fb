"""A frozen dataclass as one line of JSON, and back, with every field checked.

The line is an object whose first key tells the kind of message (`{"order": "permit", ...}`), the
others are the fields. What is unknown, missing or of a wrong type is a WireError, never ignored.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from piranha.errors import WireError as WireError

LARGEST_LINE = 64 * 1024
"""Bytes of one message; who sends more is wrong."""

Message = TypeVar("Message")


class LineCodec(Generic[Message]):
    """Encodes and decodes the messages of one direction of one protocol."""

    def __init__(
        self, key: str, kinds: Iterable[type[Message]], version: int | None = None
    ) -> None:
        """`key` tells the kind of each line; a kind is called as its class, in snake_case. With a
        `version` each line says it first, and lines of another one are refused."""
        self._key = key
        self._version = version
        self._kinds = {kind_name(kind): kind for kind in kinds}
        self._names = {kind: name for name, kind in self._kinds.items()}
        self._fields = {kind: tuple(f.name for f in fields(kind)) for kind in self._names}  # type: ignore[arg-type]

    def encode(self, message: Message) -> bytes:
        """One line without its line end."""
        values: dict[str, Any] = {} if self._version is None else {"version": self._version}
        kind = type(message)
        values[self._key] = self._names[kind]
        for name in self._fields[kind]:
            values[name] = getattr(message, name)
        return _ENCODER.encode(values).encode()

    def decode(self, line: bytes) -> Message:
        """The message of one line. Raises WireError."""
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise WireError(f"not a line of JSON: {_shown(line)}") from error
        if not isinstance(values, dict):
            raise WireError(f"not a JSON object: {_shown(line)}")
        if self._version is not None:
            version = values.pop("version", None)
            if version != self._version or isinstance(version, bool):
                raise WireError(f"version {_shown(version)}, expected {self._version}")
        name = values.pop(self._key, None)
        kind = self._kinds.get(name) if isinstance(name, str) else None
        if kind is None:
            raise WireError(f"unknown {self._key} {_shown(name)}")
        return build(kind, values)


def _plain(value: Any) -> Any:
    """What JSON has no form for: a dataclass inside of a message, or a set."""
    return asdict(value) if is_dataclass(value) else sorted(value)  # type: ignore[arg-type]


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_plain)
"""json.dumps would make one for each line."""


def kind_name(kind: type) -> str:
    """VipForeign -> vip_foreign."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower()


def build(kind: type[Message], values: Mapping[str, Any]) -> Message:
    """A dataclass from the values of a JSON object. Raises WireError."""
    readers = _READERS.get(kind)
    if readers is None:
        hints = get_type_hints(kind)
        readers = {f.name: _reader(hints[f.name]) for f in fields(kind)}  # type: ignore[arg-type]
        _READERS[kind] = readers
    for name in values:
        if name not in readers:
            raise WireError(f"{kind_name(kind)}: unknown field {_shown(name)}")
    given = {}
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in values:
            try:
                given[field.name] = readers[field.name](values[field.name])
            except TypeError as error:
                raise WireError(
                    f"{kind_name(kind)}: {field.name}: expected {error}, "
                    f"got {_shown(values[field.name])}"
                ) from None
        elif field.default is MISSING and field.default_factory is MISSING:
            raise WireError(f"{kind_name(kind)}: {field.name} is missing")
    return kind(**given)


_Reader = Callable[[Any], Any]
_READERS: dict[type, dict[str, _Reader]] = {}


def _reader(hint: Any) -> _Reader:
    """How to read a value of this type; the reader raises TypeError with what it expects."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _optional(_reader(next(a for a in arguments if a is not NoneType)))
    if origin is tuple:
        return _many(_reader(arguments[0]), tuple)
    if origin is frozenset:
        return _many(_reader(arguments[0]), frozenset)
    if origin is dict:
        return _mapping(_reader(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enumeration(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: build(hint, _read_object(value))
    raise AssertionError(f"no reader for {hint}")


def _read_bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _read_int(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number")
    return value


def _read_float(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
        raise TypeError("a number")
    try:
        return float(value)
    except OverflowError:
        raise TypeError("a number that is not so large") from None


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def _read_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("an object")
    return value


_SIMPLE: dict[Any, _Reader] = {
    bool: _read_bool,
    int: _read_int,
    float: _read_float,
    str: _read_text,
    Any: lambda value: value,
}


def _optional(reader: _Reader) -> _Reader:
    return lambda value: None if value is None else reader(value)


def _many(reader: _Reader, container: Callable[[Iterable[Any]], Any]) -> _Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise TypeError("a list")
        return container(reader(item) for item in value)

    return read


def _mapping(reader: _Reader) -> _Reader:
    return lambda value: {key: reader(item) for key, item in _read_object(value).items()}


def _enumeration(kind: type[Enum]) -> _Reader:
    def read(value: Any) -> Enum:
        try:
            return kind(value)
        except ValueError:
            raise TypeError("one of " + ", ".join(str(one.value) for one in kind)) from None

    return read


def _shown(value: object) -> str:
    """Short enough for a log line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
