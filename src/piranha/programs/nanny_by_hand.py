"""A nanny that a person started: it shows every dialogue, logs each change, runs two commands."""

import os
import select
from collections.abc import Sequence

from piranha.decisions import service_check
from piranha.decisions.service_check import CheckRules, Health
from piranha.defaults import COMMAND_TIMEOUT_SECONDS
from piranha.probes.doors import Doors, Note, Waiting
from piranha.probes.question import environment_of, expanded
from piranha.probes.transcript import ending, lines_of, plan_of
from piranha.probes.verdict import Outcome
from piranha.programs.nanny_options import NannyOptions
from piranha.programs.nanny_rounds import report_of
from piranha.system import children, clock, journal
from piranha.system.children import Child
from piranha.terms import Severity
from piranha.wire.exit_status import ExitStatus

_RULES = CheckRules()
_WORDS = {Health.WAITING: "unknown", Health.HEALTHY: "up", Health.FAILED: "down"}


class NannyByHand:
    """Follows the probes of one command line."""

    def __init__(self, options: NannyOptions, orders_fd: int | None = None) -> None:
        self._options = options
        self._question = options.question
        self._shows_dialogue = options.is_verbose and options.logs_to_stdout
        self._check = service_check.begin(_RULES, clock.now())
        listener = _show if self._shows_dialogue else None
        self.doors = Doors(clock.now, children, listener, orders_fd, clock.wall)

    def announce(self) -> None:
        """Say what would be asked and run."""
        for line in plan_of(self._question):
            print(line)
        print(f"every {self._options.interval_seconds:g} s")
        for words, argv in self._commands().items():
            if argv:
                print(f"running at {words}: {' '.join(argv)}")

    def finish(self, outcome: Outcome) -> int:
        """Say how the only probe ended; the exit status says it, too."""
        if self._shows_dialogue:
            print(ending(outcome))
        else:
            print(f"nanny: {self._question.target}: {outcome.verdict}: {outcome.evidence}")
        if outcome.warning:
            print(f"nanny: {self._question.target}: warning: {outcome.warning}")
        if not outcome.is_judgement:
            return ExitStatus.REFUSED
        return ExitStatus.OK if outcome.is_healthy else ExitStatus.FAILED

    def follow(self, outcome: Outcome, number: int) -> None:
        """One of many probes has ended. Raises ToldToEnd."""
        if self._shows_dialogue:
            print(ending(outcome), end="\n\n", flush=True)
        else:
            self._say(Severity.DEBUG, f"{outcome.verdict}: {outcome.evidence}")
        before = self._check
        report = report_of(self._question, outcome, number)
        self._check = service_check.hear(_RULES, before, report)
        if self._check.unasked_in_a_row == 1:
            self._say(Severity.ERROR, f"cannot ask: {outcome.verdict}: {outcome.evidence}")
        if self._check.health is not before.health:
            self._change(before.health, self._check.health, outcome)

    def _change(self, old: Health, new: Health, outcome: Outcome) -> None:
        is_up = new is Health.HEALTHY
        if not self._options.is_suppressed:
            self._say(
                Severity.INFO if is_up else Severity.WARNING,
                f"{_WORDS[old]} -> {_WORDS[new]}: {outcome.verdict}: {outcome.evidence}",
            )
        if is_up or old is Health.HEALTHY:
            name = "startup" if is_up else "shutdown"
            self._run(name, self._commands()[name])

    def _commands(self) -> dict[str, list[str]]:
        options, question = self._options, self._question
        return {
            "startup": [expanded(word, question) for word in options.startup],
            "shutdown": [expanded(word, question) for word in options.shutdown],
        }

    def _run(self, name: str, argv: Sequence[str]) -> None:
        """Run a command to its end; no probe is made meanwhile. Raises ToldToEnd."""
        if not argv:
            return
        try:
            child = children.spawn(argv, os.environ | environment_of(self._question))
        except OSError as error:
            self._say(Severity.ERROR, f"{name} command: {error.strerror or error}")
            return
        status = self._status_of(child)
        if status is None:
            limit = f"(limit {COMMAND_TIMEOUT_SECONDS:g} s)"
            self._say(Severity.ERROR, f"{name} command was killed: still running {limit}")
        elif status != 0:
            how = f"exit status {status}" if status > 0 else f"signal {-status}"
            self._say(Severity.ERROR, f"{name} command failed: {how}")

    def _status_of(self, child: Child) -> int | None:
        """The exit status, or minus the signal; None: it took too long and was killed."""
        waiting = Waiting(self.doors)
        waiting.watch(child.pidfd, select.POLLIN)
        has_ended = False
        try:
            has_ended = bool(waiting.until(clock.now() + COMMAND_TIMEOUT_SECONDS))
        finally:
            children.kill_group(child)
            waiting_for_death = select.poll()
            waiting_for_death.register(child.pidfd, select.POLLIN)
            waiting_for_death.poll(1000)
            status = children.reap(child)
        return status if has_ended else None

    def _say(self, severity: Severity, text: str) -> None:
        journal.say(severity, self._question.target, text)


def _show(note: Note) -> None:
    for line in lines_of(note):
        print(line, flush=True)
