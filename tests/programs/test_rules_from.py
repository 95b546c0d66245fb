"""Settings become the rules of one node."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from piranha.config.settings import Group, OnFailure, Unreleased
from piranha.errors import UsageError
from piranha.programs.rules_from import keep_heartbeat, rules_from, side_of
from piranha.terms import Side
from tests.programs.example_settings import FTP, SETTINGS, WEB, settings


def test_a_node_is_the_side_whose_address_it_has() -> None:
    assert side_of(SETTINGS, {ip_address("10.0.0.2"), ip_address("127.0.0.1")}) is Side.BACKUP


def test_the_private_address_is_enough() -> None:
    assert side_of(SETTINGS, {ip_address("192.168.9.1")}) is Side.PRIMARY


def test_a_stranger_is_told_which_addresses_are_expected() -> None:
    with pytest.raises(UsageError, match=r"no address .*primary = 10\.0\.0\.1, 192\.168\.9\.1;"):
        side_of(SETTINGS, {ip_address("127.0.0.1")})


def test_a_node_cannot_be_both() -> None:
    with pytest.raises(UsageError, match="both nodes are on this one"):
        side_of(SETTINGS, {ip_address("10.0.0.1"), ip_address("192.168.9.2")})


def test_the_partner_is_called_by_its_first_address() -> None:
    assert rules_from(SETTINGS, Side.PRIMARY).partner_name == "10.0.0.2"


def test_a_group_prefers_the_node_that_it_names_first() -> None:
    rules = rules_from(SETTINGS, Side.PRIMARY)
    assert [(g.name, g.is_preferred) for g in rules.groups] == [("sites", True), ("files", False)]


def test_a_release_may_take_the_stop_timeouts_and_a_deadtime() -> None:
    assert rules_from(SETTINGS, Side.BACKUP).group("sites").release_timeout_seconds == 25.0
    given = rules_from(settings(release_timeout_seconds=3.0), Side.BACKUP)
    assert given.group("sites").release_timeout_seconds == 3.0


def test_only_services_that_may_move_their_group_have_a_tag() -> None:
    quiet = replace(FTP, on_failure=OnFailure.IGNORE)
    rules = rules_from(settings(groups=(Group("all", (WEB, quiet)),)), Side.PRIMARY)
    assert rules.group("all").service_tags == {7: "web"}


@pytest.mark.parametrize("kind", list(Unreleased))
def test_each_answer_to_an_unreleased_claim_reaches_the_core(kind: Unreleased) -> None:
    assert rules_from(settings(unreleased=kind), Side.PRIMARY).unreleased is kind


def test_fencing_reaches_the_core() -> None:
    assert not rules_from(SETTINGS, Side.PRIMARY).has_fence
    fenced = settings(fence_cmd=("/sbin/f",), fence_failed_takes=True, fence_delay_seconds=3.0)
    rules = rules_from(fenced, Side.PRIMARY)
    assert rules.has_fence
    assert rules.fence_failed_takes
    assert rules.fence_delay_seconds == 3.0


def test_a_reload_leaves_the_heartbeat_as_it_is_and_says_so() -> None:
    fresh = settings(keepalive_seconds=1.0, heartbeat_key="secret", serial_no=4)
    kept, names = keep_heartbeat(SETTINGS, fresh)
    assert kept == settings(serial_no=4)
    assert names == ("heartbeat_key", "keepalive")


def test_a_reload_without_heartbeat_changes_names_nothing() -> None:
    assert keep_heartbeat(SETTINGS, settings(serial_no=4)) == (settings(serial_no=4), ())


def test_a_witness_is_looked_for_where_the_file_names_one() -> None:
    given = settings(witness=(ip_address("10.0.0.254"),))
    assert rules_from(given, Side.PRIMARY).has_witness
    assert not rules_from(settings(witness=()), Side.PRIMARY).has_witness
