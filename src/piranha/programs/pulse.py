"""`pulse` watches the partner by heartbeats and decides, with it, who serves. See pulse(8)."""

import gc
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from piranha import defaults
from piranha.config.complaints import errors
from piranha.config.reading import Reading
from piranha.config.settings import Settings
from piranha.errors import PiranhaError, UsageError
from piranha.programs.config_file import read_config_file
from piranha.programs.detaching import Tell, run_detached
from piranha.programs.pulse_options import PulseOptions, read_options
from piranha.programs.pulse_shell import PulseShell, Setup
from piranha.programs.pulse_test_start import lines_of_test_start
from piranha.programs.rules_from import side_of
from piranha.system import files, journal, notify, scheduling
from piranha.system.addresses import Addresses
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
        print(f"pulse: our own bug: {traceback.format_exc()}", file=sys.stderr)
        return ExitStatus.OUR_BUG


def look_around(options: PulseOptions) -> Setup:
    """Read the file and find out which side this node is. Raises UsageError, OSError."""
    try:
        reading = read_config_file(options.config)
    except OSError as error:
        raise UsageError(str(error)) from error
    settings = _accepted(reading, options.config)
    addresses = Addresses()
    try:
        side = side_of(settings, addresses.local())
    finally:
        addresses.close()
    return Setup(
        options=options,
        settings=settings,
        document=reading.document,
        side=side,
        run_directory=defaults.run_directory(),
        state_directory=defaults.state_directory(),
    )


def _accepted(reading: Reading, path: Path) -> Settings:
    """The settings; every complaint goes to standard error first. Raises UsageError."""
    for complaint in reading.complaints:
        if complaint.severity != "notice":
            print(complaint, file=sys.stderr)
    if reading.settings is None:
        count = len(errors(reading.complaints))
        wrong = "1 error" if count == 1 else f"{count} errors"
        raise UsageError(f"{path} cannot be used: {wrong}")
    return reading.settings


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
        tell(ExitStatus.OUR_BUG, f"pulse: our own bug: {traceback.format_exc()}")
        for line in traceback.format_exc().splitlines():
            journal.say(Severity.CRITICAL, "our own bug", line)
        return ExitStatus.OUR_BUG


def _serve(setup: Setup, tell: Tell) -> int:
    for refusal in (scheduling.become_realtime(), scheduling.lock_memory()):
        if refusal is not None:
            journal.say(Severity.WARNING, "scheduling", refusal)
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
    """The loop makes no cycles, and a collection would make a heartbeat late."""
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


def _status_of(error: Exception) -> ExitStatus:
    return ExitStatus.WRONG_USE if isinstance(error, UsageError) else ExitStatus.REFUSED


def _tell_nobody(_status: ExitStatus, text: str) -> None:
    """In the foreground the log says everything already."""


if __name__ == "__main__":
    sys.exit(main())
