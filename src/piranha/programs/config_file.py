"""The configuration file on the disk: read whole, with this machine's names for hosts and ports."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from piranha.config.reading import LARGEST_FILE, Reading, read_settings
from piranha.config.settings import Settings
from piranha.config.values import Names
from piranha.errors import UsageError
from piranha.programs import file_trial
from piranha.programs.recipe_files import recipe_names, recipe_text
from piranha.system import files, trusted_files

_QUICK_RESOLVER = "timeout:1 attempts:1"
"""resolv.conf(5): a name server that is away may delay a reload, but not for a lease."""


def read_config_file(path: Path) -> Reading:
    """Read and judge the file. Raises OSError when it cannot be read."""
    return _read(path, files.read_limited(path, LARGEST_FILE))


def _read(path: Path, data: bytes) -> Reading:
    names = Names(resolve_host, port_of_service, recipe_names, recipe_text)
    return read_settings(data, str(path), names)


def read_trusted_file(path: Path) -> Reading:
    """The same for those who act on it: after an unconfirmed trial the file before it. Raises
    UsageError, too, when others than root may write the file, or a program that pulse itself would
    run for it."""
    if reason := trusted_files.distrust(path):
        raise UsageError(f"{path} is not to be trusted: {reason}")
    reading = _read(path, file_trial.content_in_force(path, LARGEST_FILE))
    if reading.settings is not None:
        for keyword, argv in _own_commands(reading.settings):
            fault = trusted_files.program_fault(argv[0])
            if fault.startswith(trusted_files.NOT_TRUSTED):
                raise UsageError(f"{path}: {keyword}: {argv[0]} {fault}")
    return reading


def _own_commands(settings: Settings) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Those that pulse runs; fos looks at the services' own when it is armed."""
    for keyword, argv in (("notify_cmd", settings.notify_cmd), ("fence_cmd", settings.fence_cmd)):
        if argv:
            yield keyword, argv


def resolve_host(name: str) -> str | None:
    """The first address of a host name, IPv4 before IPv6; None when it has none."""
    with _quick_resolver():
        for family in (socket.AF_INET, socket.AF_INET6):
            with contextlib.suppress(OSError, UnicodeError):
                return str(socket.getaddrinfo(name, None, family, socket.SOCK_STREAM)[0][4][0])
    return None


@contextlib.contextmanager
def _quick_resolver() -> Iterator[None]:
    """The C library reads the variable at the first question; no child shall inherit it."""
    before = os.environ.get("RES_OPTIONS")
    os.environ["RES_OPTIONS"] = f"{before or ''} {_QUICK_RESOLVER}"
    try:
        yield
    finally:
        if before is None:
            del os.environ["RES_OPTIONS"]
        else:
            os.environ["RES_OPTIONS"] = before


def port_of_service(name: str) -> int | None:
    """The port of a service's name (services(5)); None when there is none."""
    try:
        return socket.getservbyname(name)
    except OSError:
        return None
