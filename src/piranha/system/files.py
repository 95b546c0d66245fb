"""The only writer of files: whole or not at all."""

import contextlib
import errno
import os
from pathlib import Path

from piranha.system.randomness import token
from piranha.system.refused import RefusedError, refused


def read_limited(path: Path | str, limit: int) -> bytes:
    """The whole content, at most `limit` bytes. Raises OSError: EFBIG when there is more."""
    return read_with_status(path, limit)[0]


def read_with_status(path: Path | str, limit: int) -> tuple[bytes, os.stat_result]:
    """The content, and the rights of the very file that it was read from. Raises OSError."""
    try:
        with open(path, "rb") as file:
            content, status = file.read(limit + 1), os.fstat(file.fileno())
    except OSError as error:
        raise refused(f"cannot read {path}", error) from error
    if len(content) > limit:
        raise RefusedError(f"cannot read {path} (more than {limit} bytes)", errno.EFBIG)
    return content, status


def our_user() -> int:
    """The user whose files only we can open."""
    return os.geteuid()


def write_new(path: Path | str, content: bytes, mode: int) -> None:
    """Make a file that is not there yet, whole and on disk. Raises OSError: FileExistsError."""
    try:
        draft = Path(path).with_name(f".{Path(path).name}.{token(4).hex()}")
        try:
            _write_new(draft, content, mode, sync=True)
            os.link(draft, path)
        finally:
            with contextlib.suppress(OSError):
                draft.unlink()
        _sync_directory(Path(path).parent)
    except OSError as error:
        raise refused(f"cannot write {path}", error) from error


def write_atomically(path: Path | str, content: bytes, mode: int, sync: bool = True) -> None:
    """Replace the file so that a reader, or a crash, finds all of the old or all of the new one.

    On disk when this returns, which may take tens of milliseconds, and seconds on a busy disk.
    Without `sync` that is left to the kernel: for those who must not wait, and whose content may
    be older after a power cut. Raises OSError.
    """
    target = Path(path)
    draft = target.with_name(f".{target.name}.{token(4).hex()}")
    try:
        try:
            _write_new(draft, content, mode, sync)
            os.replace(draft, target)
            if sync:
                _sync_directory(target.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
    except OSError as error:
        raise refused(f"cannot write {path}", error) from error


def append_line(path: Path | str, line: bytes, mode: int = 0o640) -> None:
    """Add one line in one write, so that two writers never mix. Not synced. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, mode)
        try:
            os.write(descriptor, line + b"\n")
        finally:
            os.close(descriptor)
    except OSError as error:
        raise refused(f"cannot write {path}", error) from error


def remove(path: Path | str) -> None:
    """Remove the file if it is there. Raises OSError."""
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    except OSError as error:
        raise refused(f"cannot remove {path}", error) from error


def make_directory(path: Path | str, mode: int = 0o755) -> None:
    """Make the directory and those above it where they are missing. Raises OSError."""
    try:
        Path(path).mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise refused(f"cannot make directory {path}", error) from error


def discard(descriptor: int) -> None:
    """Whatever is written to the descriptor from now on goes nowhere. Raises OSError."""
    nothing = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(nothing, descriptor)
    os.close(nothing)


def _write_new(path: Path, content: bytes, mode: int, sync: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        if sync:
            os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
