"""Which users this namespace knows."""

from piranha.system.user_namespace import knows_group, knows_user


def test_root_is_known_everywhere() -> None:
    assert knows_user(0)
    assert knows_group(0)


def test_a_number_that_no_user_can_have_is_not() -> None:
    assert not knows_user(2**32)
    assert not knows_group(2**32)
