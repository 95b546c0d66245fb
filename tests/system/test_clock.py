"""Time is seconds since boot, and dates are for people."""

import re
import time

from piranha.system import clock


def test_now_is_the_time_since_boot() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= clock.now() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_the_wall_clock_is_the_date() -> None:
    before = time.time()
    assert before <= clock.wall() <= time.time()


def test_a_date_is_written_to_the_millisecond() -> None:
    text = clock.wall_text(1714575789.1239)
    assert re.fullmatch(r"2024-05-0[12] \d\d:\d3:09\.123", text)


def test_a_date_in_syslog_has_a_blank_before_a_small_day() -> None:
    assert re.fullmatch(r"[A-Z][a-z]{2} [ 123]\d \d\d:\d\d:\d\d", clock.syslog_text())


def test_sleeping_ends_at_the_instant_and_not_before() -> None:
    instant = clock.now() + 0.005
    clock.sleep_until(instant)
    assert clock.now() >= instant


def test_sleeping_until_the_past_is_no_sleep() -> None:
    began = clock.now()
    clock.sleep_until(began - 100)
    assert clock.now() - began < 1
