"""The configuration file of a running pulse: in force, perhaps on trial, and like the partner's.

A version that is refused changes nothing. One that is accepted is copied for every fos, then pulse
puts it in force.
"""

import gc
from collections.abc import Callable

from piranha.decisions.rules import NodeRules
from piranha.programs.accepted_file import accepted_path, write_accepted
from piranha.programs.file_agreement import FileAgreement
from piranha.programs.file_questions import FileQuestions
from piranha.programs.heartbeat_key import tell_of_keys
from piranha.programs.pulse_reload import Running, read_again
from piranha.programs.pulse_setup import Setup
from piranha.programs.trial_watch import TrialWatch
from piranha.system import clock, journal, notify
from piranha.system.loop import Loop
from piranha.terms import Severity
from piranha.wire.aside import Talk
from piranha.wire.heartbeat import Heartbeat


class FileInForce:
    """Of one pulse; `say` sends to the partner, `put` puts in force what `running` has become."""

    def __init__(
        self, setup: Setup, loop: Loop, say: Callable[[Talk], None], put: Callable[[], None]
    ) -> None:
        self._config = setup.options.config
        self._put = put
        self._questions = FileQuestions(say, lambda: self.running.document)
        self._agreement = FileAgreement(self._questions)
        self._trial = TrialWatch(loop, self._config, self.reload)
        self.running = Running(setup.settings, setup.document, setup.keys)
        self.accepted_path = accepted_path(setup.run_directory, setup.settings.cluster)

    def begin(self) -> None:
        """Say how heartbeats are sealed, and make the copy for every fos. Raises OSError."""
        tell_of_keys(self.running.keys)
        write_accepted(self.accepted_path, self.running.document)

    def look(self) -> None:
        """Find out whether the file is on trial."""
        self._trial.look()

    def reload(self) -> tuple[bool, list[str]]:
        """Read the file again; whether it was put in force, and what was said about it."""
        notify.reloading()
        reread = read_again(self._config, self.running)
        for severity, text in reread.lines:
            journal.say(severity, "reload", text)
        if reread.fresh is not None:
            self.running = reread.fresh
            try:
                write_accepted(self.accepted_path, self.running.document)
            except OSError as error:
                journal.say(Severity.ERROR, "reload", str(error))
            self._put()
        self._trial.look()
        gc.collect()
        notify.ready()
        return reread.fresh is not None, [text for _, text in reread.lines]

    @property
    def mismatches(self) -> tuple[str, ...]:
        """What the partner's file has otherwise."""
        return self._agreement.told

    def hear(self, rules: NodeRules, beat: Heartbeat, now: float) -> None:
        """A heartbeat tells whether the partner's file is the same."""
        self._agreement.hear(rules, beat, now)

    def hear_aside(self, talk: Talk, now: float) -> None:
        """What the partner asks of our file, or says of its own."""
        self._questions.hear(talk, now)
        self._agreement.tend()

    def wake_at(self) -> float:
        """When a question is asked again or a trial is over."""
        return min(self._questions.wake_at(), self._trial.due_at)

    def tend(self) -> None:
        """Ask again, say what is known by now, end a trial whose time is over."""
        self._questions.tend(clock.now())
        self._agreement.tend()
        self._trial.tend(clock.now())
