"""Runs the administrator's notify_cmd after each move; nothing waits for it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from piranha.defaults import COMMAND_TIMEOUT_SECONDS
from piranha.system import children, clock, journal
from piranha.system.children import Child
from piranha.system.loop import Loop
from piranha.terms import Severity
from piranha.wire.control_line import MoveShown

MOST_AT_ONCE = 8
"""Commands that run at the same time; a move beyond them is not told."""


@dataclass(frozen=True, slots=True)
class _Running:
    child: Child
    limit_at: float


class MoveHook:
    """The commands that run now, each in its own process group and with a limit."""

    def __init__(self, loop: Loop, cluster: str) -> None:
        self._loop = loop
        self._cluster = cluster
        self._running: list[_Running] = []

    def run(self, command: Sequence[str], move: MoveShown) -> None:
        """Start the command with the move in its environment; an empty one is none."""
        if not command:
            return
        if len(self._running) >= MOST_AT_ONCE:
            journal.say(Severity.ERROR, "notify_cmd", f"{MOST_AT_ONCE} still run, not started")
            return
        told = {
            "PIRANHA_CLUSTER": self._cluster,
            "PIRANHA_NODE": move.node,
            "PIRANHA_GROUP": move.group,
            "PIRANHA_OLD": move.old,
            "PIRANHA_NEW": move.new,
            "PIRANHA_EPOCH": str(move.epoch),
            "PIRANHA_FACT": move.fact,
            "PIRANHA_REASON": move.reason.replace("\0", " "),
        }
        try:
            child = children.spawn(command, {**os.environ, **told})
        except OSError as error:
            journal.say(Severity.ERROR, "notify_cmd", str(error))
            return
        running = _Running(child, clock.now() + COMMAND_TIMEOUT_SECONDS)
        self._running.append(running)
        self._loop.watch(child, lambda: self._see_end(running))

    def wake_at(self) -> float:
        """When a command must be killed."""
        return min((running.limit_at for running in self._running), default=float("inf"))

    def tend(self) -> None:
        """Kill what has run for too long."""
        now = clock.now()
        for running in list(self._running):
            if running.limit_at <= now:
                text = f"killed after {COMMAND_TIMEOUT_SECONDS:g} s"
                journal.say(Severity.ERROR, "notify_cmd", text)
                children.kill_group(running.child)
                self._running.remove(running)
                self._running.append(_Running(running.child, float("inf")))

    def _see_end(self, running: _Running) -> None:
        child = running.child
        self._loop.forget(child)
        status = children.reap(child)
        self._running = [other for other in self._running if other.child != child]
        if status:
            journal.say(Severity.WARNING, "notify_cmd", f"ended with exit status {status}")
