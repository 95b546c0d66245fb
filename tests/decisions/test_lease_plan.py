"""The kernel's lifetime of the VIPs: never past the permission, and no shorter than need be."""

from hypothesis import given
from hypothesis import strategies as st

from piranha.decisions import lease_plan
from piranha.decisions.lease_plan import Correction, LeasePlan


def test_a_takeover_sets_as_many_whole_seconds_as_the_permission_has() -> None:
    plan = lease_plan.plan(until=103.5, expiry=None, has_kernel_lease=True, now=100.0)
    assert plan == LeasePlan(3, look_again_at=100.5)


def test_at_the_whole_second_it_is_set_again_and_ends_with_the_permission() -> None:
    plan = lease_plan.plan(until=103.5, expiry=103.0, has_kernel_lease=True, now=100.5)
    assert plan == LeasePlan(3, look_again_at=103.5)


def test_what_ends_with_the_permission_is_left_alone() -> None:
    plan = lease_plan.plan(until=103.5, expiry=103.5, has_kernel_lease=True, now=101.0)
    assert plan == LeasePlan(None, look_again_at=103.5)


def test_a_new_permission_waits_for_its_whole_second() -> None:
    plan = lease_plan.plan(until=105.4, expiry=103.5, has_kernel_lease=True, now=102.0)
    assert plan.lifetime is None
    assert 102.3 < plan.look_again_at < 102.5


def test_a_lifetime_that_runs_low_is_set_again_at_once() -> None:
    plan = lease_plan.plan(until=105.4, expiry=103.0, has_kernel_lease=True, now=102.0)
    assert plan.lifetime == 3


def test_less_than_a_second_is_nothing_for_the_kernel() -> None:
    plan = lease_plan.plan(until=100.9, expiry=None, has_kernel_lease=True, now=100.0)
    assert plan == LeasePlan(None, look_again_at=100.9)


def test_a_lease_in_user_space_has_a_backstop_in_the_kernel_renewed_each_quarter() -> None:
    first = lease_plan.plan(until=100.03, expiry=None, has_kernel_lease=False, now=100.0)
    assert first == LeasePlan(2, look_again_at=100.03)
    fresh = lease_plan.plan(until=101.0, expiry=102.0, has_kernel_lease=False, now=100.1)
    assert fresh == LeasePlan(None, look_again_at=100.5)
    due = lease_plan.plan(until=101.0, expiry=102.0, has_kernel_lease=False, now=100.5)
    assert due.lifetime == 2


def test_a_renewal_that_took_too_long_is_made_a_second_shorter() -> None:
    assert lease_plan.check_set(103.0, 3, True, answered_at=100.02) == Correction(None, False)
    assert lease_plan.check_set(103.0, 3, True, answered_at=100.03) == Correction(2, False)


def test_a_renewal_after_the_permission_must_be_undone() -> None:
    assert lease_plan.check_set(103.0, 3, True, answered_at=103.0) == Correction(None, True)
    assert lease_plan.check_set(103.0, 2, False, answered_at=103.0) == Correction(None, True)


def test_a_last_second_that_cannot_be_made_shorter_is_undone() -> None:
    assert lease_plan.check_set(101.0, 1, True, answered_at=100.5) == Correction(None, True)


@given(
    pauses=st.lists(st.floats(0.01, 2.0), min_size=1, max_size=30),
    lease=st.floats(3.0, 10.0),
)
def test_while_permissions_come_no_lifetime_runs_out_and_none_passes_the_permission(
    pauses: list[float], lease: float
) -> None:
    """Permissions come with pauses of at most 2 s, each for `lease` from then."""
    now, expiry = 1000.0, None
    for pause in pauses:
        until = now + lease
        end = now + pause
        for _ in range(100):
            plan = lease_plan.plan(until, expiry, True, now)
            if plan.lifetime is not None:
                expiry = now + plan.lifetime
                assert expiry <= until + lease_plan.LATE_SECONDS
            assert expiry is not None
            assert expiry > now
            if plan.look_again_at >= end:
                break
            assert plan.look_again_at > now or plan.lifetime is not None
            now = max(now, plan.look_again_at)
        else:
            raise AssertionError("it is asked for ever")
        now = end
        assert expiry > now
