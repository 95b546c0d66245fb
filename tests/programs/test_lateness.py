"""How late pulse was woken, at worst and lately."""

from piranha.programs.lateness import Lateness


def test_the_worst_is_kept_for_ever_and_forgotten_by_the_recent_figure() -> None:
    lateness = Lateness()
    lateness.note(10.0, 10.25)
    lateness.note(11.0, 11.01)
    assert (lateness.worst_seconds, lateness.recent_seconds) == (0.25, 0.25)
    lateness.note(80.0, 80.0)
    assert lateness.recent_seconds == 0.25
    lateness.note(150.0, 150.0)
    assert (lateness.worst_seconds, lateness.recent_seconds) == (0.25, 0.0)


def test_waking_early_is_not_late() -> None:
    lateness = Lateness()
    lateness.note(10.0, 9.5)
    assert (lateness.worst_seconds, lateness.recent_seconds) == (0.0, 0.0)


def test_after_a_long_pause_the_old_figure_is_not_recent() -> None:
    lateness = Lateness()
    lateness.note(10.0, 10.25)
    lateness.note(1000.0, 1000.0)
    assert lateness.recent_seconds == 0.0
