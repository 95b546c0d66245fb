"""One wait for everything, and nothing runs that was forgotten."""

import os
import signal
import socket
from collections.abc import Iterator

import pytest

from piranha.system import clock
from piranha.system.loop import Loop


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    yield one, other
    one.close()
    other.close()


def test_a_wait_without_events_lasts_until_its_instant(loop: Loop) -> None:
    instant = clock.now() + 0.01
    loop.turn(instant)
    assert clock.now() >= instant


def test_a_wait_until_the_past_only_looks(loop: Loop) -> None:
    began = clock.now()
    loop.turn(began - 5)
    assert clock.now() - began < 1


def test_a_readable_source_is_called(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    heard: list[bytes] = []
    loop.watch(pair[0], lambda: heard.append(pair[0].recv(10)))
    pair[1].send(b"now")
    loop.turn(None)
    assert heard == [b"now"]


def test_a_source_may_be_a_number(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    heard: list[bytes] = []
    loop.watch(pair[0].fileno(), lambda: heard.append(pair[0].recv(10)))
    pair[1].send(b"now")
    loop.turn(None)
    loop.forget(pair[0].fileno())
    assert heard == [b"now"]


def test_watching_again_replaces_the_calls(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    calls: list[str] = []
    loop.watch(pair[0], lambda: calls.append("old"))
    loop.watch(pair[0], lambda: calls.append("new"))
    pair[1].send(b"x")
    loop.turn(None)
    assert calls == ["new"]


def test_a_writable_source_is_called_only_if_asked_for(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    calls: list[str] = []
    loop.watch(pair[0], lambda: calls.append("read"), lambda: calls.append("write"))
    loop.turn(None)
    loop.watch(pair[0], lambda: calls.append("read"))
    loop.turn(clock.now())
    assert calls == ["write"]


def test_a_source_that_an_earlier_call_forgot_is_not_called(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    calls: list[str] = []

    def forget_both() -> None:
        calls.append("once")
        loop.forget(pair[0])
        loop.forget(pair[1])

    loop.watch(pair[0], forget_both)
    loop.watch(pair[1], forget_both)
    pair[0].send(b"x")
    pair[1].send(b"x")
    loop.turn(None)
    assert calls == ["once"]


def test_a_number_that_was_given_to_another_file_is_not_called_for_the_old_one(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    """A pidfd is closed and its number is used again, all within one turn."""
    calls: list[str] = []
    pipes = [os.pipe(), os.pipe()]

    def replace_other(mine: int, other: int) -> None:
        calls.append("old")
        loop.forget(mine)
        loop.forget(other)
        os.dup2(pair[0].fileno(), other)
        loop.watch(other, lambda: calls.append("new"))

    first, second = pipes[0][0], pipes[1][0]
    loop.watch(first, lambda: replace_other(first, second))
    loop.watch(second, lambda: replace_other(second, first))
    for _, end in pipes:
        os.write(end, b"x")
    loop.turn(None)
    assert calls == ["old"]
    for number in (*pipes[0], *pipes[1]):
        os.close(number)


def test_forgetting_what_is_closed_or_was_never_watched_is_no_error(loop: Loop) -> None:
    one, other = socket.socketpair()
    loop.watch(one, lambda: None)
    one.close()
    loop.forget(one)
    loop.forget(other)
    other.close()
    loop.forget(other)


def test_a_signal_ends_the_wait_and_runs_in_the_loop(loop: Loop) -> None:
    calls: list[str] = []
    loop.on_signal(signal.SIGUSR1, lambda: calls.append("signal"))
    os.kill(os.getpid(), signal.SIGUSR1)
    assert calls == []
    loop.turn(None)
    assert calls == ["signal"]


def test_many_arrivals_of_a_signal_are_one_call(loop: Loop) -> None:
    calls: list[str] = []
    loop.on_signal(signal.SIGUSR1, lambda: calls.append("signal"))
    for _ in range(1000):
        os.kill(os.getpid(), signal.SIGUSR1)
    loop.turn(None)
    loop.turn(clock.now())
    assert calls == ["signal"]


def test_signals_come_before_sources(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    calls: list[str] = []
    loop.watch(pair[0], lambda: calls.append("source"))
    loop.on_signal(signal.SIGUSR1, lambda: calls.append("signal"))
    pair[1].send(b"x")
    os.kill(os.getpid(), signal.SIGUSR1)
    loop.turn(None)
    assert calls == ["signal", "source"]


def test_a_closed_loop_leaves_signals_as_they_were_by_default() -> None:
    loop = Loop()
    loop.on_signal(signal.SIGUSR1, lambda: None)
    loop.close()
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL
    assert signal.set_wakeup_fd(-1) == -1
