"""What becomes known of a move: a log line, a record, and the administrator's command."""

from collections.abc import Sequence

from piranha.decisions.effects import Moved
from piranha.programs.move_hook import MoveHook
from piranha.programs.move_record import MoveRecord, move_text, record_of
from piranha.system import clock, journal
from piranha.system.loop import Loop
from piranha.terms import Severity, Side
from piranha.wire.control_line import MoveShown


class MoveTelling:
    """Of one node; nothing that fails here hinders the move."""

    def __init__(self, loop: Loop, cluster: str, side: Side, record: MoveRecord) -> None:
        self._hook = MoveHook(loop, cluster)
        self._side = side
        self._record = record
        self.newest: dict[str, MoveShown] = {}
        """By group; since this pulse runs."""

    def tell(self, move: Moved, notify_cmd: Sequence[str]) -> None:
        """Log it, keep it, and run the command."""
        journal.say(move.severity, move.group, move_text(move))
        record = record_of(move, self._side, clock.wall())
        self.newest[move.group] = record
        try:
            self._record.keep(record)
        except OSError as error:
            journal.say(Severity.ERROR, move.group, str(error))
        self._hook.run(notify_cmd, record)

    def wake_at(self) -> float:
        """When a command must be killed."""
        return self._hook.wake_at()

    def tend(self) -> None:
        """Kill what has run for too long."""
        self._hook.tend()
