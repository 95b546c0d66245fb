"""Asks by running a program: its output or its exit status is the answer."""

import os
import select
from collections.abc import Callable
from contextlib import ExitStack
from errno import E2BIG, EACCES, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOEXEC, ENOTDIR, EPERM

from piranha.probes.doors import Child, Doors, Note, Waiting
from piranha.probes.expression_guard import ExpressionGuard
from piranha.probes.output import ProgramOutput
from piranha.probes.question import Question, environment_of, expanded
from piranha.probes.sick_endings import verdict_of
from piranha.probes.verdict import Outcome, Verdict

Listen = Callable[[bytes, float], None]

_READ_SIZE = 16_384
_KILLED_SECONDS = 1.0
"""How long a killed program may take to disappear before we leave it to the kernel."""
_CANNOT_BE_RUN = {E2BIG, EACCES, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOEXEC, ENOTDIR, EPERM}


class ProgramProbe:
    """One run of a program, in a process group of its own that ends with the probe."""

    def __init__(self, question: Question, doors: Doors) -> None:
        self._question = question
        self._doors = doors
        self._started_at = doors.now()
        self._output = ProgramOutput(question.steps, self._started_at, question.timeout_seconds)
        self._guard = ExpressionGuard(question, doors.now)
        self._waiting = Waiting(doors)
        self._child: Child | None = None

    def ask(self) -> Outcome:
        """Run the program to its end, or to the deadline. Raises ToldToEnd."""
        output = self._output
        with ExitStack() as stack:
            try:
                pipes = self._start(stack)
                while output.outcome is None:
                    self._turn(pipes)
            except OSError as error:
                verdict, words = verdict_of(error)
                if self._child is None and error.errno in _CANNOT_BE_RUN:
                    verdict = Verdict.NO_SUCH_PROGRAM
                output.failed(verdict, f"{self._question.argv[0]}: {words}", self._doors.now())
        assert output.outcome is not None, "a run ends with an outcome"
        return output.outcome

    def part(self) -> None:
        """Nothing: a program that has answered has ended."""

    def close(self) -> None:
        """End what still runs of it."""
        child, self._child = self._child, None
        if child is None:
            return
        self._doors.processes.kill_group(child)
        ended = select.poll()
        ended.register(child.pidfd, select.POLLIN)
        ended.poll(_KILLED_SECONDS * 1000)
        self._doors.processes.reap(child)

    def _start(self, stack: ExitStack) -> dict[int, Listen]:
        """Start it; who listens to which of its pipes."""
        question, output = self._question, self._output
        argv = [expanded(word, question) for word in question.argv]
        env = {"PATH": os.environ.get("PATH", os.defpath)} | environment_of(question)
        said, stdout = self._pipe(stack)
        complained, stderr = self._pipe(stack)
        try:
            processes = self._doors.processes
            self._child = processes.spawn(argv, env, stdout=stdout, stderr=stderr)
        finally:
            os.close(stdout)
            os.close(stderr)
        self._waiting.watch(self._child.pidfd, select.POLLIN)
        self._note("started", text=" ".join(argv))
        if output.wanted:
            self._note("expecting", text=output.wanted)
        return {said: output.received, complained: output.complained}

    def _pipe(self, stack: ExitStack) -> tuple[int, int]:
        """A pipe whose reading end we watch; the writing end is for the program."""
        reading, writing = os.pipe()
        stack.callback(os.close, reading)
        self._waiting.watch(reading, select.POLLIN)
        return reading, writing

    def _turn(self, pipes: dict[int, Listen]) -> None:
        output, child = self._output, self._child
        assert child is not None, "the program was started"
        ready = self._waiting.until(output.deadline)
        for pipe in ready.keys() & pipes.keys():
            data = os.read(pipe, _READ_SIZE)
            if data:
                self._note("received", data)
                pipes[pipe](data, self._doors.now())
            else:
                self._waiting.forget(pipe)
        if ready.keys() == {child.pidfd}:  # all that it wrote has been read
            self._exited(child)
        output.time_passed(self._doors.now())

    def _exited(self, child: Child) -> None:
        self._doors.processes.kill_group(child)  # what it left running; the group's number is ours
        status = self._doors.processes.reap(child)
        assert status is not None, "its pidfd said that it has ended"
        self._child = None
        self._note("ended", text=f"exit status {status}" if status >= 0 else f"signal {-status}")
        self._guard.tell(self._output, self._output.exited, status)

    def _note(self, kind: str, data: bytes = b"", text: str = "") -> None:
        if self._doors.note is not None:
            self._doors.note(Note(self._doors.now() - self._started_at, kind, data, text))
