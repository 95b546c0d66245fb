"""What operators ask of a running pulse, carried out and answered."""

from dataclasses import dataclass, field, fields
from typing import Protocol

from piranha.decisions import node
from piranha.decisions.effects import Effect, Moved, Say
from piranha.decisions.events import (
    ClearAsked,
    Event,
    HoldChanged,
    IgnoreChanged,
    SwitchAsked,
)
from piranha.decisions.node_state import NodeState
from piranha.decisions.rules import NodeRules
from piranha.programs.control_room import Caller
from piranha.programs.move_record import MoveRecord, move_text
from piranha.programs.node_memory import NodeMemory
from piranha.programs.switch_watch import SwitchWatch, preview
from piranha.system import clock, journal
from piranha.terms import Severity
from piranha.wire.control_line import (
    Clear,
    Done,
    Fence,
    Hold,
    Ignore,
    Progress,
    Refused,
    Reload,
    Request,
    Resume,
    Status,
    StatusShown,
    Switch,
    Upgrade,
    Why,
)
from piranha.wire.exit_status import ExitStatus
from piranha.wire.json_line import kind_name

WATCH_SECONDS = 1.0
"""Between two pages of a watched status."""
MOST_MOVES = 100
"""Records in one answer: pulse has no time to read a thousand."""


class Node(Protocol):
    """What a request needs of the running pulse."""

    rules: NodeRules
    state: NodeState
    memory: NodeMemory
    moves: MoveRecord

    @property
    def service_names(self) -> frozenset[str]: ...
    def emit(self, event: Event) -> None: ...
    def status(self) -> StatusShown: ...
    def reload(self) -> tuple[bool, list[str]]: ...
    def leave_to_next(self, by: str) -> None: ...
    def fence(self, caller: Caller, request: Fence) -> None: ...


@dataclass(slots=True)
class _Watcher:
    """Somebody who watches the status."""

    caller: Caller
    next_at: float = field(default=0.0)


class OperatorRequests:
    """Serves each request at once, or keeps its caller until the outcome is there."""

    def __init__(self, of: Node) -> None:
        self._node = of
        self._watchers: list[_Watcher] = []
        self._switches: list[tuple[Caller, SwitchWatch]] = []

    def serve(self, caller: Caller, request: Request) -> None:
        """Carry out one request; the caller's rights were looked at before."""
        if not isinstance(request, Status | Why):
            journal.say(Severity.INFO, "operator", f"{caller} asks: {request_text(request)}")
        match request:
            case Status(is_watched=True):
                self._watchers.append(_Watcher(caller))
            case Status():
                caller.tell(self._node.status())
                caller.finish(Done())
            case Why():
                self._why(caller, request)
            case Switch():
                self._switch(caller, request)
            case Reload():
                self._reload(caller)
            case Hold():
                self._hold(caller, request)
            case Ignore():
                self._ignore(caller, request)
            case Resume():
                self._resume(caller, request)
            case Clear():
                self._clear(caller, request)
            case Fence():
                self._node.fence(caller, request)
            case Upgrade():
                caller.finish(Done("pulse ends now, and leaves fos to the next pulse"))
                self._node.leave_to_next(str(caller))

    def note(self, effect: Effect) -> None:
        """What the node does is progress for those who wait for it."""
        if isinstance(effect, Moved):
            text = f"{effect.group}: {move_text(effect)}"
            for watcher in self._watchers:
                watcher.next_at = 0.0
        elif isinstance(effect, Say) and effect.severity is not Severity.DEBUG:
            text = f"{effect.subject}: {effect.text}"
        else:
            return
        group = effect.group if isinstance(effect, Moved) else effect.subject
        for caller, switch in self._switches:
            if switch.group == group:
                switch.last_news = text
                caller.tell(Progress(text))

    def wake_at(self) -> float:
        """When somebody waits for a page or for the end of a switch."""
        instants = [watcher.next_at for watcher in self._watchers]
        instants += [switch.limit_at for _, switch in self._switches]
        return min(instants, default=float("inf"))

    def tend(self) -> None:
        """Send pages that are due, and end switches whose outcome is there."""
        now = clock.now()
        if self._watchers:
            self._watchers = [each for each in self._watchers if not each.caller.is_gone]
            for watcher in self._watchers:
                if watcher.next_at <= now:
                    watcher.next_at = now + WATCH_SECONDS
                    watcher.caller.tell(self._node.status())
        if self._switches:
            self._switches = [each for each in self._switches if not self._is_over(*each, now)]

    def _is_over(self, caller: Caller, switch: SwitchWatch, now: float) -> bool:
        outcome = switch.outcome(self._node.rules, self._node.state, now)
        if outcome is not None:
            caller.finish(outcome)
        return outcome is not None or caller.is_gone

    def _why(self, caller: Caller, request: Why) -> None:
        try:
            moves = self._node.moves.last(min(request.count, MOST_MOVES))
        except OSError as error:
            caller.finish(Refused(str(error), ExitStatus.REFUSED))
            return
        for move in moves:
            caller.tell(move)
        caller.finish(Done())

    def _switch(self, caller: Caller, request: Switch) -> None:
        name = self._group_name(caller, request.group)
        if name is None:
            return
        event = SwitchAsked(name, str(caller))
        rules, state, now = self._node.rules, self._node.state, clock.now()
        answer = preview(rules, state, event, node.step(rules, state, event, now))
        if request.is_dry_run or isinstance(answer, Refused):
            caller.finish(answer)
            return
        caller.tell(Progress(answer.text))
        self._switches.append((caller, SwitchWatch(rules, state, name, now)))
        self._node.emit(event)

    def _reload(self, caller: Caller) -> None:
        is_applied, lines = self._node.reload()
        for line in lines:
            caller.tell(Progress(line))
        if is_applied:
            caller.finish(Done("the new configuration is in force"))
        else:
            text = "refused, the running configuration stays"
            caller.finish(Refused(text, ExitStatus.WRONG_USE))

    def _hold(self, caller: Caller, request: Hold) -> None:
        self._node.memory.hold(_end(request.seconds))
        self._node.emit(HoldChanged(True, str(caller)))
        caller.finish(Done(f"this node takes nothing over {_until(request.seconds)}"))

    def _resume(self, caller: Caller, request: Resume) -> None:
        memory = self._node.memory
        if request.service:
            if request.service not in memory.content.ignored:
                text = f"service {request.service} is not ignored"
                caller.finish(Refused(text, ExitStatus.FAILED))
                return
            memory.heed(request.service)
            self._node.emit(IgnoreChanged(request.service, False))
            caller.finish(Done(f"failures of {request.service} count again"))
            return
        if not memory.content.is_held:
            caller.finish(Refused("this node is not held", ExitStatus.FAILED))
            return
        memory.end_hold()
        self._node.emit(HoldChanged(False, str(caller)))
        caller.finish(Done("this node may take over again"))

    def _ignore(self, caller: Caller, request: Ignore) -> None:
        if request.service not in self._node.service_names:
            known = ", ".join(sorted(self._node.service_names))
            text = f"there is no service {request.service}, only {known}"
            caller.finish(Refused(text, ExitStatus.WRONG_USE))
            return
        self._node.memory.ignore(request.service, _end(request.seconds))
        self._node.emit(IgnoreChanged(request.service, True))
        until = _until(request.seconds)
        caller.finish(Done(f"failures of {request.service} move nothing {until}"))

    def _clear(self, caller: Caller, request: Clear) -> None:
        name = self._group_name(caller, request.group)
        if name is not None:
            self._node.emit(ClearAsked(name))
            caller.finish(Done(f"this node counts as able to serve {name}"))

    def _group_name(self, caller: Caller, name: str) -> str | None:
        """The group that is meant; where that is not clear the caller is told, and None."""
        names = [group.name for group in self._node.rules.groups]
        if not name and len(names) == 1:
            return names[0]
        if name in names:
            return name
        what = f"there is no group {name}" if name else "which group?"
        caller.finish(Refused(f"{what} ({', '.join(names)})", ExitStatus.WRONG_USE))
        return None


def request_text(request: Request) -> str:
    """A request for the log: `switch group web`; what is at its default is left out."""
    words = [kind_name(type(request))]
    for item in fields(request):
        value = getattr(request, item.name)
        if value != item.default and value != "":
            words += [item.name, str(value)]
    return " ".join(words)


def _end(seconds: float | None) -> float | None:
    """The date after so many seconds; None: no end."""
    return None if seconds is None else clock.wall() + seconds


def _until(seconds: float | None) -> str:
    return "until it is resumed" if seconds is None else f"for {seconds:g} s"
