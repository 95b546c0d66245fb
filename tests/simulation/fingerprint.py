"""When are two states of the small world the same? When nothing that matters differs.

Instants count as distances from now, sequence numbers as distances from the newest; texts count as
there or not there. What lies further away than `HORIZON` is only "far": two states that are taken
for one because of that cost coverage, never a false alarm.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from piranha.decisions.group_state import Asking, Claim, Failure, GroupState, Unfit
from piranha.decisions.node_state import NodeState
from piranha.decisions.partner_link import Link
from piranha.decisions.takeover_check import VipCheck
from piranha.wire.heartbeat import GroupBeat, Heartbeat
from tests.simulation.small_state import EPOCH, NEVER
from tests.simulation.small_world import SmallWorld

HORIZON = 8.0
_LEFT_OUT = {
    "link", "groups", "name", "partner", "heard", "sent", "sequence", "asked", "acknowledged",
    "fos_losses", "sent_unheard",
    "past_incarnations", "digests", "cluster", "node", "serial_no", "goodbyes",
    "keepalive_seconds", "deadtime_seconds", "incarnation", "first_goodbye",
}  # fmt: skip

_APART = ("Claim |", "Unfit", "Asking", "Conflict", "VipCheck")
"""Classes with instants of their own, which are read by a plan of their own."""

Key = tuple[Any, ...]


def _near(value: float | None, now: float) -> float | None:
    """An instant as its distance from now, anything else as it is."""
    if value is None or value == 0.0:
        return value
    if value >= EPOCH / 2:
        value -= now
    return round(value, 3) if -HORIZON < value < HORIZON else HORIZON if value > 0 else -HORIZON


def _all_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if not names:
        return lambda _value: ()
    if len(names) == 1:
        one = attrgetter(names[0])
        return lambda value: (one(value),)
    return attrgetter(*names)


class _Plan:
    """How one class is read: by the types of its fields."""

    def __init__(self, kind: type) -> None:
        plain, numbers, texts = [], [], []
        for item in dataclasses.fields(kind):
            written = str(getattr(item.type, "__name__", item.type))
            if item.name in _LEFT_OUT or written.startswith(("dict", "Mapping")):
                continue
            if "float" in written and "tuple" not in written:
                numbers.append(item.name)
            elif "str" in written and "frozenset" not in written:
                texts.append(item.name)
            elif any(name in written for name in _APART):
                continue
            else:
                plain.append(item.name)
        self.plain, self.numbers, self.texts = map(_all_of, (plain, numbers, texts))
        self.names = (plain, numbers, texts)

    def key(self, value: Any, now: float) -> Key:
        if value is None:
            return ()
        return (
            self.plain(value),
            tuple([_near(number, now) for number in self.numbers(value)]),
            tuple([text != "" for text in self.texts(value)]),
        )


_NODE, _LINK, _GROUP, _BEAT, _GROUP_BEAT, _CLAIM, _UNFIT, _FAILURE, _ASKING, _CHECK = map(
    _Plan,
    (
        NodeState, Link, GroupState, Heartbeat, GroupBeat,
        Claim, Unfit, Failure, Asking, VipCheck,
    ),
)  # fmt: skip


def fingerprint(world: SmallWorld) -> int:
    """A number that two states share when nothing that matters differs."""
    now = world.now
    return hash(
        (
            _side_key(world, 0, now),
            _side_key(world, 1, now),
            tuple(
                [
                    (round(m.due - now, 4), m.to, _beat_key(world, 1 - m.to, m.beat, now))
                    for m in world.flight
                ]
            ),
            tuple([(round(q.due - now, 4), q.side, q.is_held_there) for q in world.asked]),
            (_near(world.separate_since, now), _near(world.excused_until, now))
            if world.separate_since < NEVER or world.excused_until > now
            else (),
            world.faults,
            world.allowed - world.takeovers,
        )
    )


def _side_key(world: SmallWorld, side: int, now: float) -> Key:
    fos = world.fos[side]
    vip = world.vip[side]
    return (
        _state_key(world, side, now),
        fos and (
            fos.epoch, _near(fos.until, now), fos.last_ended, fos.is_armed,
            fos.is_partner_silent, fos.is_releasing, fos.is_dropped, _near(fos.due, now),
        ),
        _near(vip, now) if vip > now else 0.0,
        world.on[side], world.frozen[side], world.runs[side], world.broken[side],
        world.orphan[side], world.held[side], world.cut[side], world.cables[side],
        world.next_beat[side], world.told[side], world.boots[side], world.remembered[side],
        _near(world.probe_at[side], now), _near(world.monitor_at[side], now),
        tuple([
            _beat_key(world, 1 - side, event.beat, now) if hasattr(event, "beat") else str(event)
            for event in world.inbox[side]
        ]),
    )  # fmt: skip


def _state_key(world: SmallWorld, side: int, now: float) -> Key:
    state = world.states[side]
    if state is None:
        return ()
    link, group = state.link, state.groups[0]
    own, partners = world.sequences[side], world.sequences[1 - side]
    unacknowledged = [
        (number - own, round(at - now, 3)) for number, at in link.sent if number > link.acknowledged
    ]
    return (
        _NODE.key(state, now),
        _LINK.key(link, now),
        len(group.fos_losses), min(link.sent_unheard, 4),
        link.incarnation, own - link.asked, own - link.acknowledged,
        tuple(unacknowledged), link.past_incarnations,
        tuple([(p.incarnation, partners - p.sequence, _near(p.age_seconds, now))
               for p in link.heard]),
        link.partner and _beat_key(world, 1 - side, link.partner, now, is_alone=True),
        _GROUP.key(group, now),
        _GROUP_BEAT.key(group.partner, now),
        _CLAIM.key(group.claim, now), _UNFIT.key(group.unfit, now),
        _ASKING.key(group.asking, now), _CHECK.key(group.check, now),
        group.conflict and (_near(group.conflict.since, now), own - group.conflict.sequence),
        tuple([(tag, _FAILURE.key(f, now)) for tag, f in group.failed.items()]),
        tuple([(tag, _FAILURE.key(f, now)) for tag, f in group.failed_there.items()]),
    )  # fmt: skip


def _beat_key(
    world: SmallWorld, sender: int, beat: Heartbeat, now: float, *, is_alone: bool = False
) -> Key:
    """A heartbeat; without its group where the receiver remembers that by itself."""
    own, partners = world.sequences[sender], world.sequences[1 - sender]
    return (
        _BEAT.key(beat, now),
        beat.incarnation,
        own - beat.sequence,
        tuple([(p.incarnation, partners - p.sequence, _near(p.age_seconds, now))
               for p in beat.heard]),
        () if is_alone else _GROUP_BEAT.key(beat.groups[0], now),
    )  # fmt: skip
