"""Two machines on one cable, made of network namespaces that vanish with the test.

The first is where the test itself stands while the fixture `cable` is in use.
"""

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Namespace:
    """A network namespace, alive as long as its descriptor is open."""

    descriptor: int

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """The test, and what it starts, stand in this namespace meanwhile."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _check(_LIBC.setns(self.descriptor, _CLONE_NEWNET))
            yield
        finally:
            _check(_LIBC.setns(before, _CLONE_NEWNET))
            os.close(before)

    def run(self, command: str) -> str:
        """What a command says in this namespace."""
        with self.entered():
            return subprocess.run(
                command.split(), check=True, capture_output=True, text=True
            ).stdout


@dataclass(frozen=True)
class Cable:
    """Both ends are called eth0 and are up."""

    here: Namespace
    there: Namespace


@contextlib.contextmanager
def cable() -> Iterator[Cable]:
    """The cable, and the test at its first end."""
    here, there = _new_namespace(), _new_namespace()
    try:
        peer = f"/proc/{os.getpid()}/fd/{there.descriptor}"
        here.run(f"ip link add eth0 type veth peer name eth0 netns {peer}")
        for end in (here, there):
            end.run("ip link set lo up")
            end.run("ip link set eth0 up")
        with here.entered():
            yield Cable(here, there)
    finally:
        os.close(here.descriptor)
        os.close(there.descriptor)


def _new_namespace() -> Namespace:
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _check(_LIBC.unshare(_CLONE_NEWNET))
        return Namespace(os.open("/proc/thread-self/ns/net", os.O_RDONLY))
    finally:
        _check(_LIBC.setns(before, _CLONE_NEWNET))
        os.close(before)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
