"""The command line of `fos`."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from piranha import __version__, defaults
from piranha.programs.command_line import CommandLine
from piranha.terms import Side
from piranha.wire.report_line import FosMode


@dataclass(frozen=True, slots=True)
class FosOptions:
    """One command line, understood."""

    mode: FosMode
    config: Path
    """Absolute: a daemon's directory is /."""
    group: str | None
    """None: the only one of the file."""
    node: Side | None
    """None: the one whose addresses this machine has."""
    is_detached: bool
    is_by_hand: bool
    """No pulse is wanted: an active fos permits itself."""
    logs_to_stdout: bool
    is_test_start: bool
    is_verbose: bool


def read_options(argv: Sequence[str] | None) -> FosOptions:
    """Understand a command line (without the program's name; None: our own).

    Raises UsageError for wrong use, and SystemExit for --help and --version.
    """
    parser = CommandLine(
        prog="fos",
        allow_abbrev=False,
        description="Serve one group of services on this node, or watch the partner's. See fos(8).",
    )
    add = parser.add_argument
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("-F", "--active", action="store_const", dest="mode", const=FosMode.ACTIVE,
                      help="take the VIPs and start the services, when permitted")  # fmt: skip
    mode.add_argument("-f", "--monitor", action="store_const", dest="mode", const=FosMode.MONITOR,
                      help="watch the services on the partner")  # fmt: skip
    add("-c", "--configfile", metavar="FILE", type=Path, default=defaults.CONFIG_FILE,
        help="the configuration file (default: %(default)s)")  # fmt: skip
    add("--group", metavar="NAME", help="which group (default: the only one of the file)")
    add("--node", choices=[side.value for side in Side],
        help="which node this one is (default: the one whose addresses it has)")  # fmt: skip
    add("-n", "--nodaemon", action="store_true",
        help="stay in the foreground and log to standard output")  # fmt: skip
    add("--nofork", action="store_true",
        help="the same, as a child of pulse that waits for its permission")  # fmt: skip
    add("-t", "--test-start", action="store_true",
        help="say what would be done, and do nothing")  # fmt: skip
    add("-v", "--verbose", action="store_true", help="log every probe, too")
    add("--version", action="version", version=f"fos {__version__}")
    given = parser.parse_args(argv)
    return FosOptions(
        mode=given.mode,
        config=given.configfile.absolute(),
        group=given.group,
        node=None if given.node is None else Side(given.node),
        is_detached=not (given.nodaemon or given.nofork),
        is_by_hand=not given.nofork,
        logs_to_stdout=given.nodaemon or (given.nofork and not _is_stdout_nothing()),
        is_test_start=given.test_start,
        is_verbose=given.verbose,
    )


def _is_stdout_nothing() -> bool:
    """True when standard output is /dev/null, as that of a pulse in the background is."""
    try:
        return os.fstat(1).st_rdev == os.stat(os.devnull).st_rdev
    except OSError:
        return True
