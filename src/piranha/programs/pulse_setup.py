"""What is known before pulse begins to run: its options, the file, and which node this one is."""

import sys
from dataclasses import dataclass
from pathlib import Path

from piranha import defaults
from piranha.config.complaints import errors
from piranha.config.document import Document
from piranha.config.reading import Reading
from piranha.config.settings import Settings
from piranha.errors import UsageError
from piranha.programs.config_file import read_trusted_file
from piranha.programs.heartbeat_key import keys_of
from piranha.programs.pulse_options import PulseOptions
from piranha.programs.rules_from import side_of
from piranha.system.addresses import Addresses
from piranha.terms import Side
from piranha.wire.envelope import NO_KEYS, KeyRing


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that is known before pulse begins to run."""

    options: PulseOptions
    settings: Settings
    document: Document
    side: Side
    run_directory: Path
    state_directory: Path
    keys: KeyRing = NO_KEYS


def look_around(options: PulseOptions) -> Setup:
    """Read the file and find out which side this node is. Raises UsageError, OSError."""
    try:
        reading = read_trusted_file(options.config)
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
        keys=keys_of(settings),
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
