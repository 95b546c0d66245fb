"""Can this node serve the group? A look at its devices and commands, ahead of need."""

import os
from collections.abc import Iterator

from piranha.config.settings import Group, Standby
from piranha.programs.transient_units import DEFAULT_PATH
from piranha.system import trusted_files


def command_complaints(group: Group) -> Iterator[str]:
    """What is wrong with the commands of the services that are started here."""
    search_path = os.environ.get("PATH", DEFAULT_PATH)
    for service in group.services:
        if service.standby is Standby.HOT:
            continue
        for keyword, argv in (("start_cmd", service.start_cmd), ("stop_cmd", service.stop_cmd)):
            fault = trusted_files.program_fault(argv[0], search_path) if argv else ""
            if fault:
                yield f"{service.name}: {keyword}: {argv[0]} {fault}"
