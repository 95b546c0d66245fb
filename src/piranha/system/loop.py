"""One wait for everything: readable sources, signals and the next instant at which to wake."""

import contextlib
import math
import select
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from piranha.system import clock


class HasFileno(Protocol):
    def fileno(self) -> int: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Watched:
    source: int | HasFileno
    when_readable: Callable[[], None]
    when_writable: Callable[[], None] | None


_NOT_FOR_READING = ~select.EPOLLOUT
_NOT_FOR_WRITING = ~select.EPOLLIN
"""An error or a hang-up is for both to see."""


class Loop:
    """An epoll whose wait also ends at a signal; nothing ever runs inside a signal handler.

    Without the module `selectors`: an idle daemon is all turns, and this is half of what one costs.
    At most one Loop exists in a process at a time, in the main thread (signal.set_wakeup_fd).
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watched: dict[int, _Watched] = {}
        self._arrived: dict[int, None] = {}
        self._calls: dict[int, Callable[[], None]] = {}
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)
        self.watch(self._bell, self._silence_bell)
        self._bell_before = signal.set_wakeup_fd(self._button.fileno(), warn_on_full_buffer=False)

    def watch(
        self,
        source: int | HasFileno,
        when_readable: Callable[[], None],
        when_writable: Callable[[], None] | None = None,
    ) -> None:
        """Call back whenever the source is ready; watching it again replaces the callbacks."""
        number = source if isinstance(source, int) else source.fileno()
        events = select.EPOLLIN | (select.EPOLLOUT if when_writable else 0)
        try:
            self._epoll.register(number, events)
        except FileExistsError:
            self._epoll.modify(number, events)
        self._watched[number] = _Watched(source, when_readable, when_writable)

    def forget(self, source: int | HasFileno) -> None:
        """No longer watch the source; nothing happens when it was not watched or is closed."""
        number = source if isinstance(source, int) else source.fileno()
        if number < 0:  # closed, so epoll has forgotten it
            number = next((n for n, w in self._watched.items() if w.source is source), -1)
        if self._watched.pop(number, None) is not None:
            with contextlib.suppress(OSError):
                self._epoll.unregister(number)

    def on_signal(self, number: int, call: Callable[[], None]) -> None:
        """Let the signal end the wait and run the call inside the loop; many arrivals of one
        signal before the next turn are one call."""
        self._calls[number] = call
        signal.signal(number, self._note_signal)

    def turn(self, until: float | None) -> None:
        """Wait once, until something is ready or until an instant of `clock.now`, then run what
        is ready, signals first. None: no limit. Never returns early for the instant's sake."""
        if not self._arrived:
            self._wait(until)
        ready = self._epoll.poll(0, max(1, len(self._watched)))
        found = [(number, self._watched.get(number), events) for number, events in ready]
        if self._arrived:
            self._run_signals()
        for number, watched, events in found:
            if watched is not None and self._watched.get(number) is watched:
                self._run(number, watched, events)

    def _wait(self, until: float | None) -> None:
        """By select(2) on the epoll descriptor: epoll itself waits in whole milliseconds, which
        would make every heartbeat and every judgement of silence up to 1 ms late."""
        timeout = None if until is None or until == math.inf else max(0.0, until - clock.now())
        select.select((self._epoll,), (), (), timeout)

    def close(self) -> None:
        """Stop listening to signals (their default action is back) and close the selector."""
        signal.set_wakeup_fd(self._bell_before)
        for number in self._calls:
            signal.signal(number, signal.SIG_DFL)
        self._calls.clear()
        self._epoll.close()
        self._bell.close()
        self._button.close()

    def _run(self, number: int, watched: _Watched, events: int) -> None:
        """Unless an earlier call of this turn forgot or replaced the source: its number may already
        belong to another file."""
        if events & _NOT_FOR_READING:
            watched.when_readable()
        if (
            events & _NOT_FOR_WRITING
            and watched.when_writable
            and self._watched.get(number) is watched
        ):
            watched.when_writable()

    def _note_signal(self, number: int, _frame: FrameType | None) -> None:
        self._arrived[number] = None

    def _run_signals(self) -> None:
        arrived, self._arrived = self._arrived, {}
        for number in arrived:
            self._calls[number]()

    def _silence_bell(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._bell.recv(512):
                pass
