"""pulse goes back from a file that was synced on trial and not confirmed.

It reads the old file at once, by itself. The file on the disk is put back by a piranhactl outside
of pulse's sandbox, which may not write there; that is tried again until it is done.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from piranha.programs import file_trial
from piranha.system import children, clock, journal
from piranha.system.children import Child
from piranha.system.loop import Loop
from piranha.terms import Severity

SYSTEMD_DIRECTORY = Path("/run/systemd/system")
RETRY_SECONDS = 10.0
NEVER = float("inf")


def outside(argv: list[str], systemd: Path = SYSTEMD_DIRECTORY) -> list[str]:
    """The words that run a command outside of our sandbox, where there can be one."""
    if not systemd.is_dir():
        return argv
    return ["systemd-run", "--collect", "--quiet", "--", *argv]


class TrialWatch:
    """Of one configuration file."""

    def __init__(self, loop: Loop, file: Path, reload: Callable[[], object]) -> None:
        self._loop = loop
        self._file = file
        self._reload = reload
        self._is_told = False
        self._child: Child | None = None
        """The one that puts the file back, on a disk that may hang: never two at once."""
        self.due_at = NEVER

    def look(self) -> None:
        """At the start, and whenever the file was read again: is it on trial?"""
        trial = file_trial.read_trial(self._file)
        if trial is None:
            self.due_at, self._is_told = NEVER, False
        elif trial.is_due(clock.now()):
            self.due_at = max(clock.now(), self.due_at if self._is_told else 0.0)
        else:
            self.due_at = trial.due_at

    def tend(self, now: float) -> None:
        if now < self.due_at:
            return
        self.due_at = NEVER
        if file_trial.read_trial(self._file) is None:
            self._is_told = False
            return
        self.due_at = now + RETRY_SECONDS
        if not self._is_told:
            self._is_told = True
            text = f"{self._file} was not confirmed: going back to the file before it"
            journal.say(Severity.WARNING, "sync", text)
            self._reload()
        if self._child is None:
            self._put_back()

    def _put_back(self) -> None:
        program = [sys.executable, "-m", "piranha.programs.piranhactl"]
        argv = outside([*program, "-c", str(self._file), "sync", "--back"])
        try:
            child = self._child = children.spawn(argv, dict(os.environ))
        except OSError as error:
            journal.say(Severity.ERROR, "sync", str(error))
            return
        self._loop.watch(child, lambda: self._see_end(child))

    def _see_end(self, child: Child) -> None:
        self._child = None
        self._loop.forget(child)
        status = children.reap(child)
        if status:
            text = f"{self._file} could not be put back (exit status {status}), tried again"
            journal.say(Severity.ERROR, "sync", text)
