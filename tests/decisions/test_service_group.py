"""The table of a group in fos is complete."""

from typing import get_args

from piranha.decisions import service_group
from piranha.decisions.fos_events import FosEvent, OrderGiven
from piranha.decisions.group_standing import Phase
from piranha.wire.order_line import Order


def test_every_event_and_every_order_has_its_line_in_every_phase() -> None:
    kinds = set(get_args(FosEvent)) - {OrderGiven} | set(get_args(Order))
    assert set(service_group.MOVES) == {(phase, kind) for phase in Phase for kind in kinds}
