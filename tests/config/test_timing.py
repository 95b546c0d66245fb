"""The arithmetic of leases: when the kernel guards one, and how long two nodes can answer."""

from hypothesis import given
from hypothesis import strategies as st

from piranha.config.timing import (
    has_kernel_lease,
    lease_seconds,
    overlap,
    shortest_kernel_deadtime,
)

seconds = st.floats(0.001, 600.0)


def test_the_defaults_have_a_kernel_lease() -> None:
    assert has_kernel_lease(2.0, 5.0)
    assert lease_seconds(2.0, 5.0) == 3.5


@given(seconds)
def test_the_shortest_kernel_deadtime_has_a_kernel_lease(keepalive: float) -> None:
    shortest = shortest_kernel_deadtime(keepalive)
    assert has_kernel_lease(keepalive, shortest + 1e-6)
    assert not has_kernel_lease(keepalive, shortest - 0.11)


@given(seconds, seconds)
def test_a_kernel_lease_leaves_no_overlap(keepalive: float, deadtime: float) -> None:
    longest = overlap(keepalive, deadtime)
    if has_kernel_lease(keepalive, deadtime):
        assert (longest.one_process, longest.everything) == (0.0, 0.0)
    else:
        assert 0.0 < longest.one_process <= longest.everything
