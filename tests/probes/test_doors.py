"""One wait for everything that a probe waits for."""

import os
import select

import pytest

from piranha.probes.doors import ToldToEnd, Waiting
from tests.probes.servers import doors, now


def test_a_wait_ends_with_the_first_event_or_at_its_instant() -> None:
    reading, writing = os.pipe()
    waiting = Waiting(doors())
    waiting.watch(reading, select.POLLIN)
    began = now()
    assert waiting.until(began + 0.05) == {}
    assert 0.05 <= now() - began < 0.3
    os.write(writing, b"x")
    assert waiting.until(now() + 5) == {reading: select.POLLIN}
    os.close(reading)
    os.close(writing)


def test_an_instant_in_the_past_is_no_wait() -> None:
    began = now()
    assert Waiting(doors()).until(began - 5) == {}
    assert now() - began < 0.3


def test_what_is_forgotten_is_not_waited_for() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"x")
    waiting = Waiting(doors())
    waiting.watch(reading, select.POLLIN)
    waiting.forget(reading)
    assert waiting.until(now() + 0.01) == {}
    os.close(reading)
    os.close(writing)


def test_when_the_orders_are_closed_every_wait_says_so() -> None:
    reading, writing = os.pipe()
    waiting = Waiting(doors(orders_fd=reading))
    os.write(writing, b"!")
    assert waiting.until(now() + 0.01) == {}
    os.close(writing)
    with pytest.raises(ToldToEnd):
        waiting.until(now() + 5)
    os.close(reading)
