"""Can this node serve the group? A look at its devices and commands, ahead of need."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from piranha.config.settings import Group, Standby
from piranha.programs.fos_commands import DEFAULT_PATH


def command_complaints(group: Group) -> Iterator[str]:
    """What is wrong with the commands of the services that are started here."""
    for service in group.services:
        if service.standby is Standby.HOT:
            continue
        for keyword, argv in (("start_cmd", service.start_cmd), ("stop_cmd", service.stop_cmd)):
            fault = command_fault(argv[0]) if argv else ""
            if fault:
                yield f"{service.name}: {keyword}: {argv[0]} {fault}"


def command_fault(program: str) -> str:
    """Why the program cannot be run; empty when it can. A bare name is sought in PATH."""
    if "/" not in program:
        return "" if any(_is_program(path) for path in _in_path(program)) else "is not in PATH"
    path = Path(program)
    if not path.exists():
        return "does not exist"
    return "" if _is_program(path) else "is not executable"


def _in_path(name: str) -> Iterable[Path]:
    return (Path(directory, name) for directory in os.get_exec_path({"PATH": _search_path()}))


def _search_path() -> str:
    return os.environ.get("PATH", DEFAULT_PATH)


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
