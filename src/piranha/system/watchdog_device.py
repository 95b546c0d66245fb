"""The machine's watchdog: resets it unless it is written to again and again (Linux watchdog API).

The kernel's documentation, watchdog/watchdog-api.rst: any byte but "V" feeds it; "V" as the last
one before the descriptor is closed switches it off, unless the driver forbids that (`nowayout`).
"""

import errno
import fcntl
import os
import stat
import struct

from piranha.system.refused import refused

_SET_TIMEOUT, _GET_TIMEOUT = 0xC0045706, 0x80045707
_SECONDS = struct.Struct("=i")
_FOOD, _MAGIC_CLOSE = b"\0", b"V"
_NOT_A_WATCHDOG = (errno.ENOTTY, errno.EINVAL, errno.EOPNOTSUPP)


class WatchdogDevice:
    """Open from its construction on, and from then on it bites."""

    def __init__(self, path: str, timeout_seconds: int) -> None:
        """Raises OSError `cannot open /dev/watchdog: Device or resource busy`."""
        self.path = path
        try:
            self._device = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise refused(f"cannot open {path}", error) from error
        self.is_real = stat.S_ISCHR(os.fstat(self._device).st_mode)
        """False: a file or a pipe that stands in for one."""
        self.timeout_seconds = self._set_timeout(timeout_seconds)
        """What is in force: a device may know only some timeouts."""

    def feed(self) -> None:
        """Raises OSError."""
        self._write(_FOOD)

    def close(self, *, is_orderly: bool) -> None:
        """In order: it is switched off. Else it goes on, and resets the machine unless somebody
        opens it again. Never raises."""
        try:
            if is_orderly:
                self._write(_MAGIC_CLOSE)
        except OSError:
            pass  # it goes on, then: the machine is reset, which is the safe side
        finally:
            os.close(self._device)

    def _write(self, byte: bytes) -> None:
        try:
            os.write(self._device, byte)
        except OSError as error:
            raise refused(f"cannot feed {self.path}", error) from error

    def _set_timeout(self, seconds: int) -> int:
        try:
            return self._ask(_SET_TIMEOUT, seconds)
        except OSError as error:
            if error.errno not in _NOT_A_WATCHDOG:
                os.close(self._device)
                raise refused(f"cannot set the timeout of {self.path}", error) from error
        try:
            return self._ask(_GET_TIMEOUT, seconds)
        except OSError:
            return seconds

    def _ask(self, request: int, seconds: int) -> int:
        answer = fcntl.ioctl(self._device, request, _SECONDS.pack(seconds))
        return int(_SECONDS.unpack(answer)[0])
