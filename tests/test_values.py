"""A copy with some fields changed is what dataclasses.replace would make of it."""

import dataclasses

import pytest

from piranha.decisions.group_state import GroupState
from piranha.terms import Role
from piranha.values import replace

STATE = GroupState("web", Role.STANDBY, 12.5, 3)


def test_a_copy_differs_only_in_what_was_changed() -> None:
    changes = {"role": Role.ACTIVE, "epoch": 4, "failed": {7: None}}
    assert replace(STATE, **changes) == dataclasses.replace(STATE, **changes)
    assert (STATE.role, STATE.epoch) == (Role.STANDBY, 3)
    assert replace(STATE) == STATE


def test_a_copy_is_as_frozen_as_its_original() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        replace(STATE, epoch=4).epoch = 5  # type: ignore[misc]


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError, match="GroupState has no field epcoh"):
        replace(STATE, epcoh=4)
