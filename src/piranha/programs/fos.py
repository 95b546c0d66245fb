"""`fos` serves one group of services on this node, or watches the partner's.

pulse starts one `fos --active` for each group ahead of need, armed, and permits it to take the
VIPs; `fos --monitor` watches what the partner serves. Each also runs by hand. See fos(8).
"""

import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial

from piranha import defaults
from piranha.config.complaints import errors
from piranha.config.reading import Reading
from piranha.config.settings import Group, Settings
from piranha.errors import PiranhaError, UsageError
from piranha.programs.config_file import read_trusted_file
from piranha.programs.fos_active import ActiveFos
from piranha.programs.fos_assignment import Assignment, socket_path
from piranha.programs.fos_monitor import MonitorFos
from piranha.programs.fos_options import FosOptions, read_options
from piranha.programs.fos_test_start import plan
from piranha.programs.rules_from import side_of
from piranha.system import capabilities, journal
from piranha.system.addresses import Addresses
from piranha.system.loop import Loop
from piranha.terms import Severity, Side
from piranha.wire.exit_status import ExitStatus
from piranha.wire.report_line import FosMode

Ready = Callable[[ExitStatus, str], None]
"""Called once: OK when we run, else the status and the reason."""


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Returns its exit status; see fos(8)."""
    try:
        options = read_options(argv)
        settings = _read(options)
        group = _group(settings, options.group)
        side = options.node or _side(settings)
        if options.is_test_start:
            print(*plan(settings, group, side, options.mode), sep="\n")
            return ExitStatus.OK
        if not options.is_detached:
            return _run(options, settings, group.name, side, _tell_nobody)
        from piranha.programs.detaching import run_detached  # only a fos run by hand detaches

        title = f"fos --{options.mode} {group.name}"
        return run_detached(title, partial(_run, options, settings, group.name, side))
    except (PiranhaError, OSError) as error:
        print(f"fos: {error}", file=sys.stderr)
        return _status_of(error)
    except Exception:
        print(f"fos: our own bug: {traceback.format_exc()}", file=sys.stderr)
        return ExitStatus.OUR_BUG


def _read(options: FosOptions) -> Settings:
    """The settings of the file; every complaint goes to standard error. Raises UsageError."""
    try:
        reading = read_trusted_file(options.config)
    except OSError as error:
        raise UsageError(str(error)) from error
    for complaint in reading.complaints:
        if complaint.severity == "error" or options.is_by_hand:
            print(complaint, file=sys.stderr)
    if reading.settings is None:
        raise UsageError(_refusal(options, reading))
    return reading.settings


def _read_again(options: FosOptions, group: str) -> Settings | None:
    """The settings of a new file; None when it is refused, which is logged."""
    try:
        reading = read_trusted_file(options.config)
    except (OSError, UsageError) as error:
        journal.say(Severity.ERROR, group, f"{error}; the old configuration stays")
        return None
    for complaint in errors(reading.complaints):
        journal.say(Severity.ERROR, group, str(complaint))
    if reading.settings is None:
        text = f"{_refusal(options, reading)}; the old configuration stays"
        journal.say(Severity.ERROR, group, text)
        return None
    if group not in [one.name for one in reading.settings.groups]:
        text = f"{options.config} no longer names this group; the old configuration stays"
        journal.say(Severity.ERROR, group, text)
        return None
    return reading.settings


def _refusal(options: FosOptions, reading: Reading) -> str:
    count = len(errors(reading.complaints))
    wrong = "1 error" if count == 1 else f"{count} errors"
    return f"{options.config} cannot be used: {wrong}"


def _group(settings: Settings, name: str | None) -> Group:
    """The group of that name, or the only one. Raises UsageError."""
    names = [group.name for group in settings.groups]
    if name is None and len(names) == 1:
        return settings.groups[0]
    if name is None:
        raise UsageError(f"which group? --group {' or --group '.join(names)}")
    if name not in names:
        raise UsageError(f"the file has no group {name}; it has {', '.join(names)}")
    return settings.group(name)


def _side(settings: Settings) -> Side:
    """Which node this one is, by its addresses. Raises UsageError, OSError."""
    addresses = Addresses()
    try:
        return side_of(settings, addresses.local())
    finally:
        addresses.close()


def _run(options: FosOptions, settings: Settings, group: str, side: Side, ready: Ready) -> int:
    """Be the daemon until the end."""
    journal.open_journal("fos", options.logs_to_stdout, options.is_verbose)
    if refusal := capabilities.keep_only():
        journal.say(Severity.WARNING, "rights", refusal)
    loop = Loop()
    try:
        assignment = Assignment(
            group=group,
            side=side,
            socket=socket_path(defaults.run_directory(), settings.cluster, group, options.mode),
            is_by_hand=options.is_by_hand,
            read=lambda: _read_again(options, group),
        )
        kind = ActiveFos if options.mode is FosMode.ACTIVE else MonitorFos
        fos = kind(assignment, settings, loop)
        ready(ExitStatus.OK, "")
        fos.run()
    except (PiranhaError, OSError) as error:
        journal.say(Severity.ERROR, group, str(error))
        ready(_status_of(error), f"fos: {error}")
        return _status_of(error)
    except Exception:
        for line in traceback.format_exc().splitlines():
            journal.say(Severity.CRITICAL, "our own bug", line)
        ready(ExitStatus.OUR_BUG, f"fos: our own bug: {traceback.format_exc()}")
        return ExitStatus.OUR_BUG
    finally:
        loop.close()
    return ExitStatus.OK


def _status_of(error: Exception) -> ExitStatus:
    return ExitStatus.WRONG_USE if isinstance(error, UsageError) else ExitStatus.REFUSED


def _tell_nobody(_status: ExitStatus, _text: str) -> None:
    """In the foreground the log says everything already."""


if __name__ == "__main__":
    sys.exit(main())
