"""What the operating system refused, as a whole sentence."""

import errno
import os


class RefusedError(OSError):
    """An OSError whose text says what was tried, with which object, and why it failed:
    `cannot add 10.0.0.5/32 to eth0: Operation not permitted`. `errno` is set as usual."""

    def __init__(self, what: str, number: int) -> None:
        super().__init__(number, os.strerror(number))
        self.what = what

    def __str__(self) -> str:
        return f"{self.what}: {self.strerror}"


class MissingError(RefusedError, FileNotFoundError):
    """The same for what is not there, so that `except FileNotFoundError` works."""


def refused(what: str, error: OSError) -> RefusedError:
    """The error of a system call, told with what was tried."""
    if error.errno == errno.ENOENT:
        return MissingError(what, errno.ENOENT)
    return RefusedError(what, error.errno or 0)
