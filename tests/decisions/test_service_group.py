"""Stories of one group in the fos that serves it: permission, start, release."""

from dataclasses import replace
from typing import get_args

import pytest

from piranha.config.settings import Standby
from piranha.decisions import service_group
from piranha.decisions.fos_effects import SetVips
from piranha.decisions.fos_events import (
    FosEvent,
    OrderGiven,
    PulseCame,
    PulseLeft,
    VipAnswered,
    VipsGone,
)
from piranha.decisions.group_standing import Phase
from piranha.wire.order_line import Announce, Order, Permit, Quit, Release
from piranha.wire.report_line import (
    Armed,
    Dropped,
    Hello,
    Released,
    Serving,
    Taken,
    Unarmable,
    VipForeign,
)
from tests.decisions.group_story import OTHER_VIP, GroupStory, service

WEB, FTP = service("web"), service("ftp", vip=OTHER_VIP)


def test_every_event_and_every_order_has_its_line_in_every_phase() -> None:
    kinds = set(get_args(FosEvent)) - {OrderGiven} | set(get_args(Order))
    assert set(service_group.MOVES) == {(phase, kind) for phase in Phase for kind in kinds}


# Taking


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


def test_the_vips_are_up_before_any_command_runs() -> None:
    story = GroupStory(WEB)
    story.permit()
    assert story.standing.running is not None
    assert story.told == [Taken(1, 0.0)]


def test_stop_first_0_leaves_the_stop_command_out() -> None:
    story = GroupStory(replace(WEB, stop_first=False))
    story.permit()
    story.end_commands()
    assert story.done == ["announce 10.0.0.10", "start web", "nanny web"]


def test_a_service_without_commands_is_only_watched() -> None:
    story = GroupStory(replace(WEB, start_cmd=(), stop_cmd=()))
    story.permit()
    assert story.done == ["announce 10.0.0.10", "nanny web"]
    assert story.standing.phase is Phase.SERVING


def test_a_hot_standby_service_is_neither_started_nor_stopped() -> None:
    story = GroupStory(replace(WEB, standby=Standby.HOT), FTP)
    story.permit()
    story.end_commands()
    assert "start web" not in story.done
    story.release()
    story.end_commands()
    assert "stop web" not in story.done
    assert story.standing.phase is Phase.ARMED


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


# The permission


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


def test_the_kernel_alone_ends_the_vips_with_the_permission_when_fos_stands_still() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.pass_time(0.6)
    assert story.kernel["10.0.0.10"] == pytest.approx(103.5)


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


def test_with_a_lease_in_user_space_fos_itself_drops_at_the_end() -> None:
    story = GroupStory(WEB, has_kernel_lease=False).serve(seconds=0.2)
    story.pass_time(0.199)
    assert story.vips == ["10.0.0.10"]
    story.pass_time(0.001)
    assert story.vips == []


def test_a_permission_that_comes_too_late_renews_nothing() -> None:
    story = GroupStory(WEB, has_kernel_lease=False).serve(seconds=0.2)
    story.now += 0.3
    story.permit(seconds=-0.05)
    assert [effect for effect in story.effects if isinstance(effect, SetVips)] == []


# Announcing and putting back


def test_vips_are_announced_five_times_more_in_the_first_seconds_and_then_every_interval() -> None:
    story = GroupStory(WEB)
    story.permit()
    story.pass_time(24.0, is_permitted=True)
    assert story.announced_at == [100.0, 100.1, 100.5, 101.0, 102.0, 103.0, 113.0, 123.0]


def test_pulse_can_have_them_announced_again() -> None:
    story = GroupStory(WEB).serve()
    story.order(Announce("the partner was active until just now"))
    assert story.done == ["announce 10.0.0.10"]


def test_a_vip_that_somebody_removed_is_put_back_at_once_and_announced() -> None:
    story = GroupStory(WEB, FTP).serve()
    del story.kernel["10.0.0.10"]
    story.give(VipsGone(("10.0.0.10",)))
    assert story.vips == ["10.0.0.10", "10.0.0.11"]
    assert story.done == ["announce 10.0.0.10"]
    expected = "warning site: 10.0.0.10 was removed by somebody else on eth0: putting it back"
    assert story.said == [expected]


def test_a_vip_that_is_removed_again_and_again_is_back_within_100_ms() -> None:
    story = GroupStory(WEB).serve()
    for _ in range(5):
        story.kernel.clear()
        story.give(VipsGone(("10.0.0.10",)))
        story.pass_time(0.1)
        assert story.vips == ["10.0.0.10"]


def test_a_vip_removed_after_the_permission_is_not_put_back() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.now += 3.5
    story.kernel.clear()
    story.give(VipsGone(("10.0.0.10",)))
    assert story.vips == []


def test_a_vip_removed_in_the_last_second_comes_back_with_the_next_permission() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.pass_time(2.9)
    story.kernel.clear()
    story.give(VipsGone(("10.0.0.10",)))
    assert story.vips == []
    story.permit(seconds=3.5)
    assert story.vips == ["10.0.0.10"]


def test_a_renewal_that_the_kernel_refuses_is_tried_again_and_given_up_after_a_second() -> None:
    story = GroupStory(WEB).serve()
    story.refusal = "cannot add 10.0.0.10/32 to eth0: Network is down"
    story.pass_time(6.0, is_permitted=True)
    story.end_commands()
    assert story.standing.phase is Phase.ARMED
    assert story.told[0] == Unarmable(story.refusal)


def test_after_a_standstill_with_a_permission_waiting_vips_that_ran_out_are_announced_again() -> (
    None
):
    story = GroupStory(WEB).serve(seconds=3.5)
    story.now += 5.0
    story.give(VipsGone(("10.0.0.10",)))
    assert story.effects == []
    story.permit(seconds=3.5)
    assert story.vips == ["10.0.0.10"]
    assert story.done == ["announce 10.0.0.10"]


def test_the_same_when_the_permission_is_read_before_the_kernel_s_news() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.now += 5.0
    story.permit(seconds=3.5)
    assert story.done == ["announce 10.0.0.10"]
    story.give(VipsGone(()))
    assert story.vips == ["10.0.0.10"]


def test_each_machine_that_has_a_vip_of_ours_is_named_once() -> None:
    story = GroupStory(WEB).serve()
    for mac in ("02:00:00:00:00:07", "02:00:00:00:00:07", "02:00:00:00:00:08"):
        story.give(VipAnswered("10.0.0.10", mac))
    story.give(VipAnswered("10.0.0.99", "02:00:00:00:00:07"))
    assert story.told == [
        VipForeign("10.0.0.10", "02:00:00:00:00:07"),
        VipForeign("10.0.0.10", "02:00:00:00:00:08"),
    ]
    assert story.said[0] == (
        "critical site: 10.0.0.10 is also answered by 02:00:00:00:00:07: "
        "two machines have this address"
    )


# Release


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


def test_a_start_command_that_runs_when_the_release_comes_is_killed_and_stopped() -> None:
    story = GroupStory(WEB, FTP)
    story.permit()
    story.end_command()
    story.forget()
    story.release()
    assert story.done == ["kill web"]
    story.end_command(is_success=False, outcome="killed by signal 9")
    assert story.done == ["kill web", "stop web"]
    story.end_command()
    assert story.told == [Released(1, "switchover")]
    assert "stop ftp" not in story.done, "it was never started"


def test_a_stop_command_that_runs_when_the_release_comes_counts_as_the_stop() -> None:
    story = GroupStory(WEB)
    story.permit()
    story.forget()
    story.release()
    story.end_command()
    assert story.done == ["drop 10.0.0.10"]
    assert story.told == [Released(1, "switchover")]


def test_a_stop_command_that_hangs_is_killed_after_its_timeout() -> None:
    story = GroupStory(WEB).serve(seconds=100.0)
    story.release()
    story.pass_time(30.0)
    assert story.done[-1] == "kill web"
    story.end_command(is_success=False, outcome="killed by signal 9")
    assert story.told == [Released(1, "switchover")]


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


def test_asked_to_end_it_releases_first() -> None:
    story = GroupStory(WEB).serve()
    story.order(Quit())
    assert not story.has_left
    story.end_commands()
    assert story.told == [Released(1, "fos was asked to end")]
    assert story.has_left


def test_asked_to_end_with_nothing_held_it_leaves_at_once() -> None:
    story = GroupStory(WEB)
    story.order(Quit())
    assert story.has_left


def test_without_pulse_it_serves_until_the_permission_ends_and_leaves_ten_seconds_later() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.give(PulseLeft())
    story.pass_time(3.4)
    assert story.vips == ["10.0.0.10"]
    story.pass_time(0.2)
    story.end_commands()
    assert story.vips == []
    story.pass_time(9.9)
    assert not story.has_left
    story.pass_time(0.2)
    assert story.has_left


def test_a_pulse_that_came_back_keeps_an_armed_fos() -> None:
    story = GroupStory(WEB)
    story.give(PulseLeft())
    story.pass_time(5.0)
    story.give(PulseCame(pid=7))
    story.pass_time(60.0)
    assert not story.has_left


def test_a_new_pulse_is_told_everything() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.give(PulseLeft())
    story.probe("web", is_healthy=False)
    story.forget()
    story.give(PulseCame(pid=7))
    hello, armed, taken, verdict, serving = story.told
    assert isinstance(hello, Hello)
    assert (hello.epoch, hello.until, hello.services) == (1, 103.5, {"web": "judged"})
    assert armed == Armed()
    assert taken == Taken(1, 0.0)
    assert not verdict.is_healthy  # type: ignore[union-attr]
    assert serving == Serving(1, 0.0)


def test_a_new_pulse_inside_the_permission_is_no_failover() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.give(PulseLeft())
    story.pass_time(2.0)
    story.give(PulseCame(pid=7))
    story.forget()
    story.pass_time(20.0, is_permitted=True)
    assert story.vips == ["10.0.0.10"]
    assert "stop web" not in story.done
