"""Files that root believes: a configuration, a key, a program. Who may write one is root."""

import os
import stat
from pathlib import Path

from piranha.system import user_namespace
from piranha.system.refused import refused

NOT_TRUSTED = "is not to be trusted"
"""How the fault of a program begins that could be run, but should not."""


def distrust(path: Path | str) -> str:
    """Why nobody should believe this file: `everybody may write it (mode 0666): chmod o-w PATH`;
    empty when only root may write it. Links are followed. Raises OSError when it is not there.

    A directory above it counts, too, when everybody may replace what is in it.
    """
    real = Path(os.path.realpath(path))
    try:
        status = real.stat()
    except OSError as error:
        raise refused(f"cannot read {path}", error) from error
    mode = stat.S_IMODE(status.st_mode)
    if mode & stat.S_IWOTH:
        return f"everybody may write it (mode {mode:04o}): chmod o-w {real}"
    if mode & stat.S_IWGRP and status.st_gid != 0 and user_namespace.knows_group(status.st_gid):
        return f"its group {status.st_gid} may write it (mode {mode:04o}): chmod g-w {real}"
    if status.st_uid not in (0, os.geteuid()) and user_namespace.knows_user(status.st_uid):
        return f"it belongs to user {status.st_uid}: chown root {real}"
    for directory in real.parents:
        mode = directory.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            shown = f"mode {stat.S_IMODE(mode):04o}"
            return f"everybody may replace files in {directory} ({shown}): chmod o-w {directory}"
    return ""


def secret_fault(path: Path | str) -> str:
    """The same for a file with a secret in it, which not everybody may read: `everybody may read it
    (mode 0644): chmod o-r PATH`. Raises OSError."""
    if reason := distrust(path):
        return reason
    real = Path(os.path.realpath(path))
    mode = stat.S_IMODE(real.stat().st_mode)
    return f"everybody may read it (mode {mode:04o}): chmod o-r {real}" if mode & 0o004 else ""


def program_fault(program: str, search_path: str | None = None) -> str:
    """Why root cannot, or should not, run this program; empty when it can. A bare name is sought
    in `search_path` (None: in our own PATH)."""
    path = Path(program) if "/" in program else _in_path(program, search_path)
    if path is None:
        return "is not found in PATH"
    if not path.exists():
        return "does not exist"
    if path.is_dir():
        return "is a directory"
    if not os.access(path, os.X_OK):
        return "is not executable"
    reason = distrust(path)
    return f"{NOT_TRUSTED}: {reason}" if reason else ""


def _in_path(name: str, search_path: str | None) -> Path | None:
    """The first program of that name. (shutil.which would bring 0.4 MB into every daemon.)"""
    environment = None if search_path is None else {"PATH": search_path}
    found = (Path(directory, name) for directory in os.get_exec_path(environment))
    return next((path for path in found if path.is_file() and os.access(path, os.X_OK)), None)
