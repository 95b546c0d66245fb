"""The command line of `pulse`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from piranha import __version__, defaults
from piranha.programs.command_line import CommandLine


@dataclass(frozen=True, slots=True)
class PulseOptions:
    """One command line, understood."""

    config: Path
    """Absolute: a daemon's directory is /."""
    is_detached: bool
    is_test_start: bool
    is_verbose: bool
    is_forced: bool
    fos: str | None
    """The program to start as fos; None: our own."""


def read_options(argv: Sequence[str] | None) -> PulseOptions:
    """Understand a command line (without the program's name; None: our own).

    Raises UsageError for wrong use, and SystemExit for --help and --version.
    """
    parser = CommandLine(
        prog="pulse",
        allow_abbrev=False,
        description="Watch the partner by heartbeats and decide who serves. See pulse(8).",
    )
    add = parser.add_argument
    add("-c", "--configfile", metavar="FILE", type=Path, default=defaults.CONFIG_FILE,
        help="the configuration file (default: %(default)s)")  # fmt: skip
    add("-n", "--nodaemon", action="store_true",
        help="stay in the foreground and log to standard output")  # fmt: skip
    add("-t", "--test-start", "--norun", action="store_true",
        help="say what would be done, and do nothing")  # fmt: skip
    add("-v", "--verbose", action="store_true", help="log more")
    add("--forceactive", action="store_true",
        help="take every group over at once, without waiting for silence")  # fmt: skip
    add("--fos", metavar="PATH", help="the program to start as fos (default: our own)")
    add("--version", action="version", version=f"pulse {__version__}")
    given = parser.parse_args(argv)
    return PulseOptions(
        config=given.configfile.absolute(),
        is_detached=not given.nodaemon,
        is_test_start=given.test_start,
        is_verbose=given.verbose,
        is_forced=given.forceactive,
        fos=given.fos,
    )
