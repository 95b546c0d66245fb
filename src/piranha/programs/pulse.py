"""`pulse` watches the partner by heartbeats and decides, with it, who serves. See pulse(8)."""

import gc
import re
import sys
from collections.abc import Sequence

from piranha.errors import PiranhaError, UsageError
from piranha.programs.detaching import Tell, run_detached
from piranha.programs.pulse_options import read_options
from piranha.programs.pulse_setup import Setup, look_around
from piranha.programs.pulse_shell import PulseShell
from piranha.programs.pulse_test_start import lines_of_test_start
from piranha.system import capabilities, files, journal, notify, scheduling
from piranha.system.pid_file import PidFile
from piranha.terms import Severity
from piranha.wire.exit_status import ExitStatus


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Returns its exit status; see pulse(8)."""
    try:
        options = read_options(argv)
        setup = look_around(options)
        if options.is_test_start:
            print("\n".join(lines_of_test_start(setup)))
            return ExitStatus.OK
        if options.is_detached:
            title = f"pulse -c {options.config}"
            return run_detached(title, lambda tell: run(setup, tell))
        return run(setup, _tell_nobody)
    except (PiranhaError, OSError) as error:
        print(f"pulse: {error}", file=sys.stderr)
        return _status_of(error)
    except Exception:
        print(f"pulse: our own bug: {_traceback()}", file=sys.stderr)
        return ExitStatus.OUR_BUG


def run(setup: Setup, tell: Tell) -> int:
    """Be the daemon until the end; `tell` is called when it is ready, or why it is not."""
    options = setup.options
    journal.open_journal("pulse", not options.is_detached, options.is_verbose)
    try:
        files.make_directory(setup.run_directory, 0o755)
        files.make_directory(setup.state_directory, 0o750)
        pid_file = PidFile(setup.run_directory / f"{setup.settings.cluster}.pid")
        pid_file.acquire()
        try:
            return _serve(setup, tell)
        finally:
            pid_file.release()
    except (PiranhaError, OSError) as error:
        status = _status_of(error)
        tell(status, f"pulse: {error}")
        journal.say(Severity.ERROR, "", str(error))
        return status
    except Exception:
        tell(ExitStatus.OUR_BUG, f"pulse: our own bug: {_traceback()}")
        for line in _traceback().splitlines():
            journal.say(Severity.CRITICAL, "our own bug", line)
        return ExitStatus.OUR_BUG


def _serve(setup: Setup, tell: Tell) -> int:
    for refusal in (scheduling.become_realtime(), scheduling.lock_memory()):
        if refusal is not None:
            journal.say(Severity.WARNING, "scheduling", refusal)
    if refusal := capabilities.keep_only():
        journal.say(Severity.WARNING, "rights", refusal)
    shell = PulseShell(setup)
    shell.begin()
    _keep_memory_still()
    journal.say(Severity.INFO, setup.settings.cluster, _introduction(setup))
    tell(ExitStatus.OK, "")
    notify.ready()
    shell.run()
    shell.end()
    journal.say(Severity.INFO, setup.settings.cluster, "pulse has ended")
    return ExitStatus.OK


def _keep_memory_still() -> None:
    """The loop makes no cycles, and a collection would make a heartbeat late. What only imports
    needed, the names in the directories of modules, goes first."""
    sys.path_importer_cache.clear()
    re.purge()
    gc.collect()
    gc.freeze()
    gc.disable()
    scheduling.return_free_memory()


def _introduction(setup: Setup) -> str:
    settings, side = setup.settings, setup.side
    ours, theirs = settings.addresses[side][0], settings.addresses[side.other][0]
    groups = ", ".join(group.name for group in settings.groups)
    return (
        f"this node is the {side}, {ours}; partner {theirs}; "
        f"keepalive {settings.keepalive_seconds:g} s, deadtime {settings.deadtime_seconds:g} s; "
        f"groups: {groups}"
    )


def _traceback() -> str:
    import traceback  # here: 0.1 MB that a pulse without bugs never needs

    return traceback.format_exc()


def _status_of(error: Exception) -> ExitStatus:
    return ExitStatus.WRONG_USE if isinstance(error, UsageError) else ExitStatus.REFUSED


def _tell_nobody(_status: ExitStatus, text: str) -> None:
    """In the foreground the log says everything already."""


if __name__ == "__main__":
    sys.exit(main())
