"""Frozen values: a copy of one in which some fields say something else.

`dataclasses.replace` runs the whole of `__init__` again, each field through a setattr that first
asks whether it may: 13 us for a state of fifty fields, and a step of the decision core makes
several copies. Here the slots are written directly: 4.5 us.
"""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

Value = TypeVar("Value")

_Writer = Callable[[Any, Any], None]
_Plan = tuple[Callable[[Any], tuple[Any, ...]], tuple[_Writer, ...], dict[str, _Writer]]
_PLANS: dict[type, _Plan] = {}


def replace(value: Value, **changes: object) -> Value:
    """Like `dataclasses.replace`, for a frozen dataclass with slots and at least two fields, none
    of which its class works out by itself. Raises TypeError for a field that it does not have."""
    kind = value.__class__
    plan = _PLANS.get(kind) or _plan(kind)
    read, writers, writer_of = plan
    copy = object.__new__(kind)
    for write, content in zip(writers, read(value), strict=True):
        write(copy, content)
    for name, content in changes.items():
        if name not in writer_of:
            raise TypeError(f"{kind.__name__} has no field {name}")
        writer_of[name](copy, content)
    return copy


def _plan(kind: type) -> _Plan:
    names = [item.name for item in fields(kind)]
    writer_of: dict[str, _Writer] = {name: getattr(kind, name).__set__ for name in names}
    plan = (attrgetter(*names), tuple(writer_of.values()), writer_of)
    _PLANS[kind] = plan
    return plan
