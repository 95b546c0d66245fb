"""Which users exist here: a user namespace may know few of the machine's (user_namespaces(7))."""

from pathlib import Path

_USERS, _GROUPS = Path("/proc/self/uid_map"), Path("/proc/self/gid_map")


def knows_user(uid: int) -> bool:
    """True when the number stands for a user here, and not for "somebody outside"."""
    return _is_mapped(uid, _USERS)


def knows_group(gid: int) -> bool:
    """The same of a group."""
    return _is_mapped(gid, _GROUPS)


def _is_mapped(number: int, path: Path) -> bool:
    ranges = [[int(word) for word in line.split()] for line in path.read_text().splitlines()]
    return any(first <= number < first + count for first, _, count in ranges)
