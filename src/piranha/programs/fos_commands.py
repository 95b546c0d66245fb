"""Start and stop commands of services: how each is run, watched, killed and heard.

They run as an argv without a shell, in a session of their own. Where systemd is PID 1 and runs us
as a service, they run as transient units of their own instead (systemd-run(1)): outside of our
sandbox, and what they leave behind belongs to no unit of ours.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

from piranha.config.settings import Service
from piranha.decisions.fos_events import Command, CommandEnded
from piranha.programs import transient_units
from piranha.system import children, clock, journal
from piranha.system.children import Child
from piranha.system.command_output import CommandOutput
from piranha.system.loop import Loop
from piranha.terms import Severity


@dataclass(frozen=True, slots=True)
class CommandPlace:
    """For whom and in what surroundings commands run."""

    cluster: str
    group: str
    node: str
    in_units: bool
    """As transient units of systemd."""
    environment: Mapping[str, str]
    """What every command gets of ours."""


def command_environment(place: CommandPlace, service: Service) -> dict[str, str]:
    """What a command finds in its environment; fos(8) lists it."""
    return {
        **place.environment,
        "PIRANHA_SERVICE": service.name,
        "PIRANHA_VIP": str(service.vip.address),
        "PIRANHA_PORT": str(service.port),
        "PIRANHA_GROUP": place.group,
        "PIRANHA_NODE": place.node,
    }


def command_argv(
    place: CommandPlace, service: Service, command: Command, unit: str
) -> tuple[str, ...]:
    """The words that are executed: the file's own, or those of systemd-run around them."""
    argv = service.stop_cmd if command is Command.STOP else service.start_cmd
    if not place.in_units:
        return argv
    environment = command_environment(place, service)
    description = f"{command} {service.name} for pulse ({place.cluster})"
    return transient_units.unit_argv(argv, environment, unit, description)


def unit_name(service: str, command: Command, pid: int, number: int) -> str:
    """A name that no other unit has, and that says whose command it is (systemd.unit(5))."""
    readable = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in service)
    return f"piranha-{readable}-{command}-{pid}-{number}"


@dataclass(slots=True)
class _Run:
    service: str
    command: Command
    unit: str
    child: Child
    output: CommandOutput
    since: float


class ServiceCommands:
    """Runs one command at a time; how it ended comes out as CommandEnded."""

    def __init__(
        self, loop: Loop, place: CommandPlace, emit: Callable[[CommandEnded], None]
    ) -> None:
        self._loop = loop
        self._place = place
        self._emit = emit
        self._run: _Run | None = None
        self._outputs: dict[str, CommandOutput] = {}
        self._numbers = count(1)

    @property
    def running_since(self) -> float | None:
        """When the command that runs was started; None: none runs."""
        return None if self._run is None else self._run.since

    def run(self, service: Service, command: Command) -> None:
        """Start it. CommandEnded follows, at once when it cannot be started."""
        assert self._run is None, "one command at a time"
        self._forget_output(service.name)
        unit = unit_name(service.name, command, os.getpid(), next(self._numbers))
        argv = command_argv(self._place, service, command, unit)
        try:
            output = CommandOutput()
            try:
                child = self._spawn(argv, service, output)
            except OSError:
                output.close()
                raise
            finally:
                output.started()
        except OSError as error:
            self._emit(CommandEnded(service.name, command, False, str(error)))
            return
        self._run = _Run(service.name, command, unit, child, output, clock.now())
        self._outputs[service.name] = output
        self._loop.watch(child.pidfd, self._note_end)
        self._loop.watch(output, lambda: self._log(service.name, command, output.lines()))

    def kill(self) -> None:
        """Kill the command that runs, with everything in its process group or unit."""
        if self._run is None:
            return
        if self._place.in_units:
            self._kill_unit(self._run.unit)
        children.kill_group(self._run.child)

    def close(self) -> None:
        """Hear no more of commands and of what they left behind."""
        for name in list(self._outputs):
            self._forget_output(name)

    def _spawn(self, argv: tuple[str, ...], service: Service, output: CommandOutput) -> Child:
        environment = command_environment(self._place, service)
        return children.spawn(argv, environment, stdout=output.writing, stderr=output.writing)

    def _note_end(self) -> None:
        run = self._run
        assert run is not None
        self._loop.forget(run.child.pidfd)
        status = children.reap(run.child)
        self._run = None
        self._log(run.service, run.command, run.output.last_lines())
        if run.command is Command.STOP:
            self._forget_output(run.service)
        self._emit(CommandEnded(run.service, run.command, status == 0, _ending(status)))

    def _kill_unit(self, unit: str) -> None:
        try:
            killer = transient_units.kill_unit(unit)
        except OSError as error:
            journal.say(Severity.ERROR, unit, str(error))
            return
        self._loop.watch(killer.pidfd, lambda: self._reap(killer))

    def _reap(self, child: Child) -> None:
        self._loop.forget(child.pidfd)
        children.reap(child)

    def _log(self, service: str, command: Command, lines: list[str]) -> None:
        for line in lines:
            journal.say(Severity.INFO, service, f"{command} command says: {line}")

    def _forget_output(self, service: str) -> None:
        output = self._outputs.pop(service, None)
        if output is not None:
            self._loop.forget(output)
            output.close()


def _ending(status: int | None) -> str:
    assert status is not None, "its pidfd said that it has ended"
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"
