"""Stories of the VIPs while they are permitted: renewed, announced, put back, dropped."""

import pytest

from piranha.decisions import vip_lease
from piranha.decisions.fos_effects import AnnounceVips, SetVips
from piranha.decisions.fos_events import (
    VipAnswered,
    VipsGone,
)
from piranha.decisions.group_standing import Phase
from piranha.wire.order_line import Announce
from piranha.wire.report_line import (
    Unarmable,
    VipForeign,
)
from tests.decisions.group_story import OTHER_VIP, GroupStory, service

WEB, FTP = service("web"), service("ftp", vip=OTHER_VIP)


def test_the_kernel_alone_ends_the_vips_with_the_permission_when_fos_stands_still() -> None:
    story = GroupStory(WEB).serve(seconds=3.5)
    story.pass_time(0.6)
    assert story.kernel["10.0.0.10"] == pytest.approx(103.5)


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


def test_vips_are_announced_five_times_more_in_the_first_seconds_and_then_every_interval() -> None:
    story = GroupStory(WEB)
    story.permit()
    story.pass_time(24.0, is_permitted=True)
    assert story.announced_at == [100.0, 100.1, 100.5, 101.0, 102.0, 103.0, 113.0, 123.0]


def test_pulse_can_have_them_announced_again() -> None:
    story = GroupStory(WEB).serve()
    story.order(Announce("the partner was active until just now"))
    assert story.done == ["announce 10.0.0.10"]


def test_a_takeover_that_is_not_believed_is_announced_in_all_forms_once() -> None:
    story = GroupStory(WEB).serve()
    story.effects.clear()
    story.order(Announce("not believed", is_in_all_forms=True))
    story.pass_time(1.0, is_permitted=True)
    forms = [e.is_in_all_forms for e in story.effects if isinstance(e, AnnounceVips)]
    assert forms == [True, False, False, False]


def test_who_says_that_he_has_a_vip_of_ours_is_contradicted_soon_but_not_all_the_time() -> None:
    story = GroupStory(WEB).serve()
    story.pass_time(6.0, is_permitted=True)
    before = len(story.announced_at)
    for _ in range(20):
        story.give(VipAnswered("10.0.0.10", "02:00:00:00:00:07"))
    assert len(story.announced_at) == before
    story.pass_time(vip_lease.DEFEND_WAIT + 0.001, is_permitted=True)
    assert len(story.announced_at) == before + 1
    story.pass_time(1.0, is_permitted=True)
    story.give(VipAnswered("10.0.0.10", "02:00:00:00:00:07"))
    story.pass_time(vip_lease.DEFEND_WAIT + 0.001, is_permitted=True)
    assert len(story.announced_at) == before + 2


def test_nobody_is_contradicted_after_the_permission() -> None:
    """The node that loses a conflict lets go within the wait, and the last word is the keeper's."""
    story = GroupStory(WEB).serve()
    story.pass_time(6.0, is_permitted=True)
    story.give(VipAnswered("10.0.0.10", "02:00:00:00:00:07"))
    before = len(story.announced_at)
    story.release(vips_first=True)
    story.pass_time(1.0)
    assert len(story.announced_at) == before


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
