"""A nanny can go on for ever: a probe is cheap, and nothing of it stays."""

from tests.lab import endurance, limits


def test_five_thousand_probes_are_cheap_and_leave_nothing() -> None:
    seen = endurance.measure(5_000)
    assert seen.milliseconds <= limits.PROBE_MS
    assert seen.growth_kilobytes <= limits.GROWTH_KB
