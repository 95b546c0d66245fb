"""Gives up the rights of root that a daemon does not need (capabilities(7)).

The bounding set is left alone: what the daemon executes as root, a service's start command among
them, has all of root's rights again, and a nanny that becomes another user has none.
"""

import ctypes
import os
import struct
from collections.abc import Iterable

from piranha.system.refused import refused

NUMBERS = {
    "CAP_KILL": 5,
    "CAP_SETGID": 6,
    "CAP_SETUID": 7,
    "CAP_NET_BIND_SERVICE": 10,
    "CAP_NET_ADMIN": 12,
    "CAP_NET_RAW": 13,
    "CAP_IPC_LOCK": 14,
    "CAP_SYS_NICE": 23,
}
_VERSION_3 = 0x20080522
_WORDS = 2
_LIBC = ctypes.CDLL(None, use_errno=True)

KEPT = tuple(NUMBERS)
"""What the daemons need: KILL to end nannies, which are another user; SETGID and SETUID to make
them that, and a socket another group's; BIND_SERVICE for the heartbeat's port; NET_ADMIN for
addresses; NET_RAW to announce and to ask; IPC_LOCK and SYS_NICE to be in time."""


def keep_only(names: Iterable[str] = KEPT) -> str | None:
    """Keep these rights, as far as we have them, and no others, from now on.

    Returns why the system refused, else None. Raises KeyError for a name that is not known here.
    """
    wanted = sum(1 << NUMBERS[name] for name in names)
    try:
        _set(wanted & permitted())
    except OSError as error:
        return str(error)
    return None


def permitted() -> int:
    """The rights that we may use now, one bit each."""
    return _get()[1]


def _get() -> tuple[int, int, int]:
    """Effective, permitted, inheritable (capget(2))."""
    header = struct.pack("Ii", _VERSION_3, 0)
    data = ctypes.create_string_buffer(struct.calcsize("3I") * _WORDS)
    if _LIBC.capget(header, data) != 0:
        raise _refused("read")
    words = struct.unpack("6I", data.raw)
    effective, allowed, inheritable = (words[i] | words[i + 3] << 32 for i in range(3))
    return effective, allowed, inheritable


def _set(allowed: int) -> None:
    header = struct.pack("Ii", _VERSION_3, 0)
    low, high = allowed & 0xFFFFFFFF, allowed >> 32
    if _LIBC.capset(header, struct.pack("6I", low, low, 0, high, high, 0)) != 0:
        raise _refused("give up")


def _refused(what: str) -> OSError:
    number = ctypes.get_errno()
    return refused(f"cannot {what} capabilities", OSError(number, os.strerror(number)))
