"""Pure: the commands of a group's services, in file order when it starts, in reverse when it stops.

One command runs at a time. A service that was started has a first wait in which bad probes do not
count; how its probes are judged is the business of service_judgement.py.
"""

from collections.abc import Iterable

from piranha.config.settings import Service, Standby
from piranha.decisions import service_watch
from piranha.decisions.effects import Say
from piranha.decisions.fos_effects import (
    KillCommand,
    ProbeAtOnce,
    RunCommand,
    StartNanny,
    StopNanny,
    Tell,
)
from piranha.decisions.fos_events import Command
from piranha.decisions.group_standing import Running, ServiceLife, Turn
from piranha.terms import Severity
from piranha.values import replace
from piranha.wire.report_line import ServiceMoved, ServiceState, ServiceVerdict

UNASKED = "not asked"
"""The verdict on a service with `monitor = none` that stands again, beside those of nanny(8)."""
UP, DOWN = ServiceState.STARTING, ServiceState.STOPPING


def begin_start(turn: Turn, services: Iterable[Service], is_adoption: bool) -> None:
    """Start these services, or look first which of them an earlier fos left in good order."""
    for service in services:
        life = ServiceLife(service, since=turn.now)
        if service.standby is Standby.HOT:
            life = wait_for_answer(turn, life, "hot standby: it runs already")
        elif is_adoption and service.is_asked_here:
            life = _look_before_starting(turn, life)
        else:
            life = replace(life, todo=start_commands(service))
        turn.put(life)


def start_commands(service: Service) -> tuple[Command, ...]:
    return (Command.STOP, Command.START) if service.stop_first else (Command.START,)


def begin_stop(turn: Turn) -> None:
    """Stop what was started, last one first; a start command that runs now is killed."""
    running = turn.running
    for life in turn.lives.values():
        end_watch(turn, life)
        todo: tuple[Command, ...] = ()
        if life.service.standby is Standby.HOT:
            life = move(turn, life, ServiceState.STOPPED, "hot standby: it is left running")
        elif running is not None and running.is_for(life.name, Command.STOP):
            life = move(turn, life, DOWN, "its stop command runs already")
        elif life.state is not ServiceState.STOPPED:
            todo = (Command.STOP,)
        turn.put(replace(life, watch=None, todo=todo, adopt_until=None, awaits_answer=False))
    if running is not None and running.command is Command.START:
        kill_running(turn, "the group is being released")


def run_next(turn: Turn) -> None:
    """Let the next command run, if none does; commands that the file leaves out end at once."""
    while turn.running is None:
        life = _next_life(turn)
        if life is None:
            return
        command, *rest = life.todo
        is_old = command is Command.STOP and life.stop_as is not None
        service = life.stop_as if is_old and life.stop_as is not None else life.service
        life = replace(_enter(turn, life), todo=tuple(rest), todo_at=0.0)
        turn.put(life)
        if argv(service, command):
            deadline = turn.now + command_seconds(service, command)
            turn.running = Running(life.name, command, turn.now, deadline)
            turn.emit(RunCommand(service, command))
        else:
            succeed(turn, life, command, f"no {command} command")


def argv(service: Service, command: Command) -> tuple[str, ...]:
    """The command's words; empty where the file gives none."""
    return service.stop_cmd if command is Command.STOP else service.start_cmd


def command_seconds(service: Service, command: Command) -> float:
    """The longest that this command may run, in seconds."""
    is_stop = command is Command.STOP
    return service.stop_timeout_seconds if is_stop else service.start_timeout_seconds


def kill_running(turn: Turn, reason: str) -> None:
    """Kill the command that runs, if any, once."""
    running = turn.running
    if running is None or running.is_killed:
        return
    turn.running = replace(running, is_killed=True, reason=f"killed: {reason}")
    turn.emit(KillCommand(running.service))


def succeed(turn: Turn, life: ServiceLife, command: Command, text: str) -> None:
    """Go on after a command: the next one, the first wait, or the end of the service."""
    if life.todo:
        turn.put(replace(life, stop_as=None) if command is Command.STOP else life)
    elif command is Command.START:
        turn.put(wait_for_answer(turn, life, text))
    elif life.is_leaving:
        move(turn, life, ServiceState.STOPPED, text)
        turn.forget(life.name)
    else:
        turn.put(replace(move(turn, life, ServiceState.STOPPED, text), stop_as=None))


def wait_for_answer(turn: Turn, life: ServiceLife, reason: str) -> ServiceLife:
    """It was started: until its first good answer, or the end of the first wait, nothing counts.
    A service that nobody asks counts as well from now on."""
    if not life.service.is_asked_here:
        return stand_unasked(turn, life, reason)
    life = replace(life, awaits_answer=True)
    if life.state is not ServiceState.REPAIRING:
        life = move(turn, life, ServiceState.STARTED, reason)
    if life.watch is None:
        return begin_watch(turn, life, life.service.first_wait_seconds)
    turn.emit(ProbeAtOnce(life.name))
    return replace(life, watch=service_watch.begin_anew(life.watch, turn.now))


def stand_unasked(turn: Turn, life: ServiceLife, reason: str) -> ServiceLife:
    """`monitor = none`: that its start command succeeded is all that is known of it."""
    if life.is_failed:
        turn.emit(Tell(ServiceVerdict(life.name, True, UNASKED, reason, 1)))
    life = replace(life, awaits_answer=False, is_failed=False, stands_since=turn.now)
    return move(turn, life, ServiceState.JUDGED, f"{reason}; nobody asks it")


def begin_watch(turn: Turn, life: ServiceLife, first_wait_seconds: float) -> ServiceLife:
    """Have a nanny ask the service, at once and then at its turns."""
    if not life.service.is_asked_here:
        return life
    turn.emit(StartNanny(life.service), ProbeAtOnce(life.name))
    return replace(life, watch=service_watch.begin(life.service, first_wait_seconds, turn.now))


def end_watch(turn: Turn, life: ServiceLife) -> None:
    if life.watch is not None:
        turn.emit(StopNanny(life.name))


def run_again(
    turn: Turn, life: ServiceLife, todo: tuple[Command, ...], reason: str, at: float
) -> None:
    """Run these commands for a service that was started before, not before the instant `at`."""
    seconds = (at - turn.now) + _start_seconds(life.service, todo)
    life = replace(life, todo=todo, todo_at=at, awaits_answer=False, adopt_until=None)
    if life.state is not ServiceState.STOPPED:
        state, severity = ServiceState.REPAIRING, Severity.WARNING
        life = move(turn, life, state, reason, seconds=seconds, severity=severity, is_again=True)
    turn.put(life)


def move(
    turn: Turn,
    life: ServiceLife,
    state: ServiceState,
    reason: str,
    *,
    seconds: float | None = None,
    severity: Severity = Severity.INFO,
    is_again: bool = False,
) -> ServiceLife:
    """Change a service's state, say so and tell pulse; nothing when it is in it already, unless
    it `is_again` in it with a new time limit.

    `seconds` says how long the new state may last; without it the report says how long the old
    one lasted.
    """
    if life.state is state and not is_again:
        return life
    told = turn.now - life.since if seconds is None else seconds
    turn.emit(Say(severity, life.name, f"{life.state} -> {state}: {reason}"))
    turn.emit(Tell(ServiceMoved(life.name, state, told, reason)))
    return replace(life, state=state, since=turn.now)


def _next_life(turn: Turn) -> ServiceLife | None:
    """Whose command is next. On the way up a service that is still being looked at holds up those
    after it, and repairs come after first starts."""
    lives = turn.lives.values()
    if turn.standing.phase.is_going_down:
        return next((life for life in reversed(lives) if life.todo), None)
    repair: ServiceLife | None = None
    for life in lives:
        if life.adopt_until is not None:
            return None
        if not life.todo or life.todo_at > turn.now:
            continue
        if life.state is not ServiceState.REPAIRING:
            return life
        repair = repair or life
    return repair


def _enter(turn: Turn, life: ServiceLife) -> ServiceLife:
    """The state in which the first command of `todo` runs."""
    if turn.standing.phase.is_going_down or life.is_leaving:
        limit = life.service.stop_timeout_seconds
        reason = "no longer in the file" if life.is_leaving else turn.standing.reason
        return move(turn, life, DOWN, reason, seconds=limit)
    if life.state is ServiceState.STOPPED:
        limit = _start_seconds(life.service, life.todo)
        reason = f"epoch {turn.standing.epoch}"
        return move(turn, life, UP, reason, seconds=limit, severity=Severity.DEBUG)
    return life


def _look_before_starting(turn: Turn, life: ServiceLife) -> ServiceLife:
    patience = life.service.timeout_seconds + service_watch.SILENCE_MARGIN
    life = replace(begin_watch(turn, life, 0.0), adopt_until=turn.now + patience)
    return move(turn, life, UP, "looking whether it still answers", seconds=patience)


def _start_seconds(service: Service, todo: tuple[Command, ...]) -> float:
    """The longest that these commands and the first wait after them may take."""
    commands = sum(command_seconds(service, command) for command in todo)
    return commands + service.first_wait_seconds
