"""A command on the partner by the administrator's `rsh_command`, run to its end."""

import contextlib
import os
import select
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from piranha.errors import SystemRefusedError, UsageError
from piranha.system import children, clock

REMOTE_PATH = 'PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin"'
"""A login by ssh that runs one command often has no sbin in its path."""
LARGEST_OUTPUT = 4 << 20
PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int
    output: bytes
    """Of standard output; standard error goes to ours."""


def remote_argv(rsh_command: str, host: str, words: Sequence[str]) -> list[str]:
    """What is executed here: the words go as one argument, for a shell is at the other end.
    Raises UsageError."""
    try:
        program = shlex.split(rsh_command)
    except ValueError as error:
        raise UsageError(f'rsh_command is "{rsh_command}": {error}') from error
    if not program:
        raise UsageError("rsh_command is empty, expected a command such as ssh")
    return [*program, host, f"{REMOTE_PATH} exec {shlex.join(words)}"]


def run(argv: Sequence[str], given: bytes, seconds: float) -> Outcome:
    """Run it with this standard input. It stays in our session, so that it may ask for a password
    at our terminal. Raises OSError, SystemRefusedError when it takes too long or says too much."""
    reading, writing = os.pipe()
    source = os.memfd_create("given", os.MFD_CLOEXEC)
    try:
        os.write(source, given)
        os.lseek(source, 0, os.SEEK_SET)
        environment = dict(os.environ)
        child = children.spawn(argv, environment, stdin=source, stdout=writing, new_group=False)
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(source)
        os.close(writing)
    try:
        output = _read_all(reading, clock.now() + seconds, argv[0])
        while (status := children.reap(child)) is None:
            select.select([child], [], [], 1.0)
        return Outcome(status, output)
    except SystemRefusedError:
        children.kill(child)
        select.select([child], [], [], 1.0)
        with contextlib.suppress(OSError):
            children.reap(child)
        raise
    finally:
        os.close(reading)


def _read_all(reading: int, limit_at: float, program: str) -> bytes:
    found = b""
    while True:
        if not select.select([reading], [], [], max(0.0, limit_at - clock.now()))[0]:
            raise SystemRefusedError(f"{program} has not ended in time")
        piece = os.read(reading, PIECE)
        if not piece:
            return found
        found += piece
        if len(found) > LARGEST_OUTPUT:
            raise SystemRefusedError(f"{program} says more than {LARGEST_OUTPUT} bytes")
