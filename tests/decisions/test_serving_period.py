"""Stories of one serving period: from the permission that begins it to its release."""

import pytest

from piranha.decisions.group_standing import Phase
from piranha.wire.order_line import Permit, Release
from piranha.wire.report_line import (
    Dropped,
    Released,
    Serving,
    Taken,
    Unarmable,
)
from tests.decisions.group_story import OTHER_VIP, GroupStory, service

WEB, FTP = service("web"), service("ftp", vip=OTHER_VIP)


def test_one_permission_takes_the_vips_announces_them_and_starts_the_services_in_file_order() -> (
    None
):
    story = GroupStory(WEB, FTP)
    story.permit(seconds=3.5)
    assert story.vips == ["10.0.0.10", "10.0.0.11"]
    story.end_commands()
    assert story.done == [
        "announce 10.0.0.10 10.0.0.11",
        "stop web",
        "start web",
        "stop ftp",
        "nanny web",
        "start ftp",
        "nanny ftp",
    ]
    assert story.told == [Taken(1, 0.0), Serving(1, 0.0)]


def test_an_epoch_that_has_ended_never_begins_again() -> None:
    story = GroupStory(WEB).serve()
    story.release()
    story.end_commands()
    story.permit(epoch=1)
    assert story.vips == []
    story.permit(epoch=2)
    assert story.vips == ["10.0.0.10"]


def test_a_permission_that_has_ended_on_its_way_takes_nothing() -> None:
    story = GroupStory(WEB)
    story.permit(seconds=-0.1)
    assert story.vips == []


def test_a_permission_too_short_for_the_kernel_waits_for_a_longer_one() -> None:
    story = GroupStory(WEB)
    story.permit(seconds=0.9)
    assert story.standing.phase is Phase.ARMED
    story.permit(seconds=2.9)
    assert story.standing.phase is Phase.STARTING


def test_the_earliest_grantor_counts() -> None:
    story = GroupStory(WEB)
    story.order(Permit(1, {"partner": story.now + 3.5, "arbiter": story.now + 2.0}))
    story.end_commands()
    story.pass_time(1.9)
    assert story.vips == ["10.0.0.10"]
    story.pass_time(0.2)
    assert story.vips == []


def test_a_kernel_that_refuses_the_vips_makes_the_group_unarmable_and_nothing_is_started() -> None:
    story = GroupStory(WEB)
    story.refusal = "cannot add 10.0.0.10/32 to eth0: No such device"
    story.permit()
    assert story.done == ["drop 10.0.0.10"]
    assert story.told == [Unarmable(story.refusal), Released(1, story.refusal)]
    assert story.standing.phase is Phase.ARMED


def test_while_permissions_come_the_vips_stay() -> None:
    story = GroupStory(WEB).serve()
    for _ in range(40):
        story.pass_time(0.5, is_permitted=True)
        assert story.vips == ["10.0.0.10"]
    assert story.standing.phase is Phase.SERVING


def test_the_vips_go_at_the_very_end_of_the_permission_and_the_services_after_them() -> None:
    story = GroupStory(WEB, FTP).serve(seconds=3.5)
    story.pass_time(3.499)
    assert story.vips == ["10.0.0.10", "10.0.0.11"]
    story.forget()
    story.pass_time(0.001)
    assert story.vips == []
    story.end_commands()
    assert story.done == [
        "drop 10.0.0.10 10.0.0.11",
        "no nanny web",
        "no nanny ftp",
        "stop ftp",
        "stop web",
    ]
    reason = "the permission of epoch 1 by partner ended 0.000 s ago"
    assert story.told == [Dropped(1, reason), Released(1, reason)]


def test_orders_that_waited_in_the_socket_are_given_before_time_is_judged() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.now += 5.0
    story.permit(seconds=3.5)
    story.pass_time(0.0)
    assert story.standing.phase is Phase.SERVING


def test_a_granted_instant_never_goes_back() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.permit(seconds=1.0)
    assert story.standing.permitted_until == pytest.approx(103.5)


def test_a_later_epoch_goes_on_with_what_is_held() -> None:
    story = GroupStory(WEB).serve()
    story.permit(epoch=4)
    assert story.told == [Taken(4, 0.0), Serving(4, 0.0)]
    assert story.done == []
    story.permit(epoch=3)
    assert story.standing.epoch == 4


def test_a_release_by_request_stops_in_reverse_order_and_then_drops() -> None:
    story = GroupStory(WEB, FTP).serve()
    story.release()
    assert story.vips == ["10.0.0.10", "10.0.0.11"]
    story.end_commands()
    assert story.done == [
        "no nanny web",
        "no nanny ftp",
        "stop ftp",
        "stop web",
        "drop 10.0.0.10 10.0.0.11",
    ]
    assert story.told == [Released(1, "switchover")]


def test_while_services_stop_the_vips_are_still_renewed() -> None:
    story = GroupStory(WEB).serve()
    story.release()
    story.pass_time(10.0, is_permitted=True)
    assert story.vips == ["10.0.0.10"]


def test_when_the_permission_ends_in_the_middle_of_a_release_the_vips_go_at_once() -> None:
    story = GroupStory(WEB).serve()
    story.release()
    story.pass_time(4.0)
    assert story.vips == []
    story.end_commands()
    assert [type(report) for report in story.told] == [Dropped, Released]


def test_a_lost_conflict_drops_the_vips_before_the_services() -> None:
    story = GroupStory(WEB).serve()
    story.release(vips_first=True)
    assert story.vips == []
    story.end_commands()
    assert story.done == ["drop 10.0.0.10", "no nanny web", "stop web"]
    assert story.told == [Dropped(1, "switchover"), Released(1, "switchover")]


def test_released_is_not_said_while_the_kernel_still_has_a_vip() -> None:
    story = GroupStory(WEB).serve()
    story.is_stubborn = True
    story.release(vips_first=True)
    story.end_commands()
    story.pass_time(1.0)
    assert story.told == []
    assert len([line for line in story.said if "cannot be removed" in line]) == 1
    story.is_stubborn = False
    story.pass_time(0.1)
    assert story.told[-1] == Released(1, "switchover")


def test_a_release_of_what_an_earlier_fos_began_drops_the_vips_and_stops_the_services() -> None:
    story = GroupStory(WEB)
    story.kernel["10.0.0.10"] = 200.0
    story.order(Release(5, False, "leftovers"))
    assert story.vips == []
    assert story.done[-1] == "stop web"
    assert not any(isinstance(report, Released) for report in story.told)
    story.end_command()
    assert story.told[-1] == Released(5, "leftovers")
    story.permit(epoch=5)
    assert story.vips == []


def test_a_release_of_an_epoch_that_has_ended_is_answered_at_once() -> None:
    story = GroupStory(WEB).serve()
    story.release()
    story.end_command()
    story.order(Release(1, False, "again"))
    assert story.told[-1] == Released(1, "again")


def test_a_release_of_an_older_epoch_changes_nothing() -> None:
    story = GroupStory(WEB)
    story.permit(epoch=3)
    story.order(Release(2, True, "late"))
    assert story.vips == ["10.0.0.10"]


def test_a_permission_for_a_later_epoch_waits_until_the_release_is_done() -> None:
    story = GroupStory(WEB).serve()
    story.release(vips_first=True)
    story.permit(epoch=2)
    assert story.vips == []
    story.end_command()
    assert story.vips == ["10.0.0.10"]
    assert story.standing.epoch == 2


# pulse comes and goes
