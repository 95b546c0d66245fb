"""What a transport needs from outside, handed in by the program: time, processes, a listener."""

import contextlib
import select
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Child(Protocol):
    """A running program; `pidfd` turns readable when it has ended."""

    @property
    def pid(self) -> int: ...
    @property
    def pidfd(self) -> int: ...


class Processes(Protocol):
    """Starting programs and ending them (piranha.system.children)."""

    def spawn(
        self, argv: Sequence[str], env: Mapping[str, str], *, stdout: int, stderr: int
    ) -> Child: ...
    def reap(self, child: Any) -> int | None: ...
    def kill_group(self, child: Any) -> None: ...


class ToldToEnd(Exception):
    """Whoever gives the orders has gone; the probe is broken off."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened in a dialogue, for people who watch it."""

    seconds: float
    """Since the probe began."""
    kind: str
    """asking, started, connected, secured, expecting, waiting, sent, received, closed or ended."""
    data: bytes = b""
    """What was sent or received."""
    text: str = ""
    """Anything else, for people."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The way out of a probe; a test can put anything it likes here."""

    now: Callable[[], float]
    processes: Processes
    note: Callable[[Note], None] | None = None
    orders_fd: int | None = None
    """When its other end is closed, every wait raises ToldToEnd."""
    today: Callable[[], float] | None = None
    """The date in seconds since 1970, to which the end of a certificate is compared; None: it is
    not."""


class Waiting:
    """One poll(2) over the descriptors of one probe."""

    def __init__(self, doors: Doors) -> None:
        self._now = doors.now
        self._orders_fd = doors.orders_fd
        self._poll = select.poll()
        if doors.orders_fd is not None:
            self._poll.register(doors.orders_fd, 0)  # 0: only the hang-up

    def watch(self, descriptor: int, events: int) -> None:
        """From now on wait for these events (select.POLLIN, POLLOUT) of the descriptor."""
        self._poll.register(descriptor, events)

    def forget(self, descriptor: int) -> None:
        """Wait for it no longer; nothing where it is not waited for."""
        with contextlib.suppress(KeyError):
            self._poll.unregister(descriptor)

    def until(self, instant: float) -> dict[int, int]:
        """Wait for the first events, no longer than to the instant. Raises ToldToEnd."""
        milliseconds = max(0.0, (instant - self._now()) * 1000)
        ready = dict(self._poll.poll(milliseconds))
        if self._orders_fd is not None and self._orders_fd in ready:
            raise ToldToEnd
        return ready
