"""One wait for everything: readable sources, signals and the next instant at which to wake."""

import contextlib
import math
import select
import selectors
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import NamedTuple, Protocol

from piranha.system import clock


class HasFileno(Protocol):
    def fileno(self) -> int: ...


class _Calls(NamedTuple):
    when_readable: Callable[[], None]
    when_writable: Callable[[], None] | None


class Loop:
    """A selector whose wait also ends at a signal; nothing ever runs inside a signal handler.

    At most one Loop exists in a process at a time, in the main thread (signal.set_wakeup_fd).
    """

    def __init__(self) -> None:
        self._selector = selectors.EpollSelector()
        self._arrived: dict[int, None] = {}
        self._calls: dict[int, Callable[[], None]] = {}
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, _Calls(self._silence_bell, None))
        self._bell_before = signal.set_wakeup_fd(self._button.fileno(), warn_on_full_buffer=False)

    def watch(
        self,
        source: int | HasFileno,
        when_readable: Callable[[], None],
        when_writable: Callable[[], None] | None = None,
    ) -> None:
        """Call back whenever the source is ready; watching it again replaces the callbacks."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if when_writable else 0)
        calls = _Calls(when_readable, when_writable)
        try:
            self._selector.register(source, events, calls)
        except KeyError:
            self._selector.modify(source, events, calls)

    def forget(self, source: int | HasFileno) -> None:
        """No longer watch the source; nothing happens when it was not watched or is closed."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(source)

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
        ready = self._selector.select(0)
        self._run_signals()
        for key, events in ready:
            if self._is_current(key):
                self._run(key, events)

    def _wait(self, until: float | None) -> None:
        """By select(2) on the epoll descriptor: epoll itself waits in whole milliseconds, which
        would make every heartbeat and every judgement of silence up to 1 ms late."""
        timeout = None if until is None or until == math.inf else max(0.0, until - clock.now())
        select.select((self._selector.fileno(),), (), (), timeout)

    def close(self) -> None:
        """Stop listening to signals (their default action is back) and close the selector."""
        signal.set_wakeup_fd(self._bell_before)
        for number in self._calls:
            signal.signal(number, signal.SIG_DFL)
        self._calls.clear()
        self._selector.close()
        self._bell.close()
        self._button.close()

    def _run(self, key: selectors.SelectorKey, events: int) -> None:
        calls: _Calls = key.data
        if events & selectors.EVENT_READ:
            calls.when_readable()
        if events & selectors.EVENT_WRITE and calls.when_writable and self._is_current(key):
            calls.when_writable()

    def _is_current(self, key: selectors.SelectorKey) -> bool:
        """False when an earlier callback of this turn forgot or replaced the source: its number
        may already belong to another file."""
        current = self._selector.get_map().get(key.fd)
        return current is not None and current.data is key.data

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
