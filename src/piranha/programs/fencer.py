"""Runs fence_cmd: one at a time, with a limit, its output in the log and its end told."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from piranha.programs import fence_command, transient_units
from piranha.programs.fence_command import FenceRun
from piranha.system import children, clock, journal
from piranha.system.children import Child
from piranha.system.command_output import CommandOutput
from piranha.system.loop import Loop
from piranha.terms import Severity

Tell = Callable[[bool, str], None]
"""Whether it did what was asked, and what it said last or how it ended."""
Listen = Callable[[str], None]
"""Called with each line of its output."""


@dataclass(slots=True)
class _Job:
    run: FenceRun
    unit: str
    child: Child
    output: CommandOutput
    limit_at: float
    tell: Tell
    listen: Listen
    last_line: str = ""
    is_late: bool = False


class Fencer:
    """At most one run; it goes on when pulse has other things to do."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._job: _Job | None = None
        self._numbers = count(1)

    @property
    def is_busy(self) -> bool:
        return self._job is not None

    def begin(self, run: FenceRun, tell: Tell, listen: Listen = lambda _line: None) -> None:
        """Start it; `tell` is called once, at once when it cannot be started."""
        if self._job is not None:
            tell(False, "another fence runs")
            return
        unit = f"piranha-fence-{os.getpid()}-{next(self._numbers)}"
        try:
            child, output = _start(run, unit)
        except OSError as error:
            tell(False, str(error))
            return
        job = _Job(run, unit, child, output, clock.now() + run.seconds, tell, listen)
        self._job = job
        self._loop.watch(output, lambda: self._log(job, output.lines()))
        self._loop.watch(child, self._see_end)

    def wake_at(self) -> float:
        """When the run must be killed."""
        if self._job is None or self._job.is_late:
            return float("inf")
        return self._job.limit_at

    def tend(self) -> None:
        """Kill what has run for too long."""
        job = self._job
        if job is not None and not job.is_late and clock.now() >= job.limit_at:
            job.is_late = True
            self._kill(job)

    def close(self) -> None:
        """Nobody listens any more: end what runs."""
        if self._job is not None:
            self._kill(self._job)

    def _kill(self, job: _Job) -> None:
        if transient_units.runs_in_units():
            try:
                killer = transient_units.kill_unit(job.unit)
            except OSError as error:
                journal.say(Severity.ERROR, "fence", str(error))
            else:
                self._loop.watch(killer, lambda: self._reap(killer))
        children.kill_group(job.child)

    def _reap(self, child: Child) -> None:
        self._loop.forget(child)
        children.reap(child)

    def _see_end(self) -> None:
        job = self._job
        assert job is not None
        self._job = None
        self._loop.forget(job.child)
        status = children.reap(job.child)
        assert status is not None, "its pidfd said that it has ended"
        self._log(job, job.output.last_lines())
        self._loop.forget(job.output)
        job.output.close()
        is_done, ending = fence_command.verdict(job.run.action, status)
        if job.is_late:
            is_done, ending = False, f"killed after {job.run.seconds:g} s"
        last = f" ({job.last_line})" if job.last_line else ""
        job.tell(is_done, f"{job.run.argv[0]}: {ending}{last}")

    def _log(self, job: _Job, lines: list[str]) -> None:
        for line in lines:
            job.last_line = line
            job.listen(line)
            journal.say(Severity.INFO, "fence", f"{job.run.argv[0]} says: {line}")


def _start(run: FenceRun, unit: str) -> tuple[Child, CommandOutput]:
    """Its input is written before it starts: a pipe holds it all. Raises OSError."""
    environment = {**transient_units.inherited_environment(), **run.environment}
    argv = run.argv
    if transient_units.runs_in_units():
        argv = transient_units.unit_argv(argv, environment, unit, f"fence {run.action} for pulse")
    reading, writing = os.pipe()
    try:
        try:
            os.set_blocking(writing, False)
            os.write(writing, run.stdin)
        finally:
            os.close(writing)
        output = CommandOutput()
        try:
            said = output.writing
            child = children.spawn(argv, environment, stdin=reading, stdout=said, stderr=said)
        except OSError:
            output.close()
            raise
        finally:
            output.started()
    finally:
        os.close(reading)
    return child, output
