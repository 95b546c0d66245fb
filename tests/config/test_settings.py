"""Settings answer for their groups."""

import pytest

from tests.config.lvs_cf import FTP, GLOBAL, WEB, settings, web


def test_a_group_has_each_address_once_in_the_order_of_the_file() -> None:
    both = settings(GLOBAL + FTP + WEB + WEB.replace("web {", "www {"))
    assert [vip.label for vip in both.groups[0].vips] == ["eth0:2", "eth0:1"]
    assert both.vips == both.groups[0].vips


def test_the_limits_of_a_group_are_those_of_its_services() -> None:
    lines = ("start_timeout = 4", "stop_timeout = 3", "first_wait = 2")
    first = settings(GLOBAL + web(*lines)).groups[0]
    assert (first.start_seconds, first.stop_seconds) == (9.0, 3.0)
    assert settings(GLOBAL + web(*lines, "stop_first = 0")).groups[0].start_seconds == 6.0


def test_a_group_is_found_by_its_name() -> None:
    found = settings(GLOBAL + WEB)
    assert found.group("default") is found.groups[0]
    with pytest.raises(KeyError):
        found.group("shop")
