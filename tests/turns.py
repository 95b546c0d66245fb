"""Several workers run the tests side by side; but a test that measures runs alone.

A test that is marked `alone` waits until no other runs, and no other begins meanwhile.
"""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


class Turns:
    """Locks that the workers of one run share (flock(2)): a room, and a gate in front of it.

    Who comes passes the gate into the room; who is alone keeps the gate until it leaves.
    """

    def __init__(self, run: str) -> None:
        """`run` is the same in all workers of one run, and in no other run."""
        self._base = Path(tempfile.gettempdir()) / f"piranha-turns-{run}"

    @contextlib.contextmanager
    def turn(self, *, is_alone: bool) -> Iterator[None]:
        """Wait for it; it ends with the block."""
        with self._open("gate") as gate, self._open("room") as room:
            fcntl.flock(gate, fcntl.LOCK_EX)
            fcntl.flock(room, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
            if not is_alone:
                fcntl.flock(gate, fcntl.LOCK_UN)
            yield

    def forget(self) -> None:
        """After the run."""
        for name in ("gate", "room"):
            self._path(name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _open(self, name: str) -> Iterator[int]:
        descriptor = os.open(self._path(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _path(self, name: str) -> Path:
        return self._base.with_name(f"{self._base.name}.{name}")
