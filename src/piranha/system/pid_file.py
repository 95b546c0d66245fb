"""The pid file of a daemon: at most one holder, and never a stale one that is believed."""

import fcntl
import os
from pathlib import Path

from lockfile.pidlockfile import PIDLockFile

from piranha.errors import SystemRefusedError
from piranha.system.refused import refused


class PidFile(PIDLockFile):  # type: ignore[misc]
    """A PIDLockFile that is also locked by the kernel (fcntl(2) record lock).

    The file alone lies: it may be left by a crash, and its pid may be somebody else's by now. The
    lock ends with the process that took it, and a child does not inherit it. Take it after the
    last fork of going into the background, as daemon.DaemonContext(pidfile=...) does.
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__(os.fspath(path))
        self._descriptor: int | None = None

    def acquire(self, timeout: float | None = None) -> None:  # noqa: ARG002  (never waits)
        """Raises SystemRefusedError `already running, pid N`, or OSError."""
        try:
            descriptor = self._open_locked()
        except OSError as error:
            raise refused(f"cannot lock {self.path}", error) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Remove the file and end the lock; does nothing in a process that does not hold it."""
        if not self.i_am_locking():
            return
        assert self._descriptor is not None
        os.unlink(self.path)
        os.close(self._descriptor)
        self._descriptor = None

    def break_lock(self) -> None:
        """There is nothing to break: a lock of a living process holds, others do not exist."""

    def read_pid(self) -> int | None:
        """The pid in the file, whoever wrote it. The holder reads by its own descriptor: closing
        any other one of the same file would end its lock (fcntl(2))."""
        if self._descriptor is not None:
            return _pid(os.pread(self._descriptor, 32, 0))
        try:
            return _pid(Path(self.path).read_bytes()[:32])
        except OSError:
            return None

    def is_locked(self) -> bool:
        """Whether a living process, we or another, holds it."""
        return self.i_am_locking() or self.holder() is not None

    def i_am_locking(self) -> bool:
        return self._descriptor is not None and self.read_pid() == os.getpid()

    def holder(self) -> int | None:
        """The pid of another process that holds it; None when nobody else does."""
        if self._descriptor is not None:
            return None
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _pid(os.pread(descriptor, 32, 0))
        else:
            return None
        finally:
            os.close(descriptor)

    def _open_locked(self) -> int:
        """Opened again when the file was removed between opening and locking."""
        while True:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(self.path, flags, 0o644)
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = _pid(os.pread(descriptor, 32, 0))
                os.close(descriptor)
                raise SystemRefusedError(f"already running, pid {pid or 'unknown'}") from None
            if _is_the_file_at(self.path, descriptor):
                return descriptor
            os.close(descriptor)


def _is_the_file_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _pid(content: bytes) -> int | None:
    text = content.strip()
    return int(text) if text.isdigit() else None
