"""VIPs that an earlier run left in the kernel: found, and removed when nobody renews them."""

from collections.abc import Iterator
from pathlib import Path

from piranha.config.settings import Group, Settings
from piranha.errors import SystemRefusedError, UsageError
from piranha.programs.accepted_file import accepted_path
from piranha.programs.config_file import read_config_file
from piranha.programs.fos_keeper import socket_path
from piranha.system import local_socket
from piranha.system.addresses import Addresses
from piranha.system.pid_file import PidFile
from piranha.wire.report_line import FosMode


def clear_group(addresses: Addresses, group: Group) -> Iterator[str]:
    """Remove every VIP of the group from this node; a line for each. Raises OSError."""
    present = addresses.present(vip.address for vip in group.vips)
    for address, (device, _) in present.items():
        addresses.delete(address, device)
        yield f"removed {address} from {device}, left by an earlier run"


def remove_leftovers(run_directory: Path, cluster: str) -> Iterator[str]:
    """Remove the VIPs of each group that has no living fos; what was done, line by line.

    Raises SystemRefusedError while pulse runs, UsageError without a file that was in force, and
    OSError.
    """
    holder = PidFile(run_directory / f"{cluster}.pid").holder()
    if holder is not None:
        raise SystemRefusedError(f"pulse runs, pid {holder}: it cleans up by itself")
    settings = _accepted(accepted_path(run_directory, cluster))
    addresses = Addresses()
    try:
        for group in settings.groups:
            path = socket_path(run_directory, cluster, group.name, FosMode.ACTIVE)
            if _is_alive(path):
                yield f"{group.name}: fos lives, nothing removed"
                continue
            for line in clear_group(addresses, group):
                yield f"{group.name}: {line}"
    finally:
        addresses.close()


def _accepted(path: Path) -> Settings:
    try:
        settings = read_config_file(path).settings
    except OSError as error:
        raise UsageError(f"{error}: no pulse has run since the start of the machine") from error
    if settings is None:
        raise UsageError(f"{path} cannot be used")
    return settings


def _is_alive(path: Path) -> bool:
    """Somebody holds the socket open, even if he is stopped."""
    try:
        local_socket.connect(path).close()
    except OSError:
        return False
    return True
