"""Commands as transient units of systemd, outside of our sandbox, where systemd is PID 1."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from piranha.system import children
from piranha.system.children import Child

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "TZ")
"""Variables of ours that a command gets; the others are our business."""
SYSTEMD_DIRECTORY = Path("/run/systemd/system")
"""It exists where systemd is PID 1 (sd_booted(3))."""


def inherited_environment() -> dict[str, str]:
    """Variables of ours that commands get."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {"PATH": DEFAULT_PATH, **inherited}


def runs_in_units() -> bool:
    """True where systemd is PID 1 and we are (part of) one of its services."""
    return "INVOCATION_ID" in os.environ and SYSTEMD_DIRECTORY.exists()


def unit_argv(
    argv: Sequence[str], environment: Mapping[str, str], unit: str, description: str
) -> tuple[str, ...]:
    """The words of systemd-run(1) around a command; its standard streams are the caller's.

    KillMode=process, so that a daemon that the command leaves behind lives on. Without default
    dependencies, as systemd starts no other unit on its way down, where commands are needed.
    """
    return (
        "systemd-run",
        "--wait",
        "--pipe",
        "--collect",
        "--quiet",
        f"--unit={unit}",
        f"--description={description}",
        "--property=KillMode=process",
        "--property=DefaultDependencies=no",
        *(f"--setenv={name}={value}" for name, value in environment.items()),
        "--",
        *argv,
    )


def kill_unit(unit: str) -> Child:
    """systemd-run is only the messenger; the command itself is systemd's child. The one returned
    is to be reaped. Raises OSError."""
    command = ("systemctl", "kill", "--signal=KILL", f"{unit}.service")
    return children.spawn(command, {"PATH": DEFAULT_PATH})
