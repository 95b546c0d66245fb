"""What must hold of a group in fos, whatever happens to it in whatever order."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from piranha.decisions.fos_effects import FosEffect, RunCommand, StartNanny, StopNanny, Tell
from piranha.decisions.fos_events import (
    ArmingLooked,
    CommandEnded,
    NannyLost,
    PulseCame,
    PulseLeft,
    RulesChanged,
    VipAnswered,
    VipsGone,
)
from piranha.decisions.group_standing import Phase
from piranha.decisions.lease_plan import LATE_SECONDS
from piranha.wire.order_line import Announce, Permit, ProbeNow, Release, Repair
from piranha.wire.report_line import Released, Taken
from tests.decisions.group_story import OTHER_VIP, GroupStory, rules, service

WEB = service("web", local_restarts=1, fall=2)
FTP = service("ftp", vip=OTHER_VIP)
MAIL = service("mail", stop_first=False, start_cmd=())
CHANGED = service("web", start_cmd=("/other", "start"))
FILES = [(WEB, FTP, MAIL), (WEB,), (CHANGED, MAIL), (FTP, WEB)]
NAMES = st.sampled_from(["web", "ftp", "mail"])
SOON = st.floats(0.0, 6.0)


class WatchedStory(GroupStory):
    """Claims about what is done are checked as it is done."""

    def __init__(self, has_kernel_lease: bool) -> None:
        self.command = ""
        self.nannies: set[str] = set()
        self.ended: set[int] = set()
        super().__init__(*FILES[0], has_kernel_lease=has_kernel_lease)

    def _carry_out(self, effect: FosEffect) -> None:
        match effect:
            case RunCommand(service, command):
                assert not self.command, f"{command} {service.name} beside {self.command}"
                self.command = f"{command} {service.name}"
            case StartNanny(service):
                self.nannies.add(service.name)
            case StopNanny(name):
                self.nannies.discard(name)
            case Tell(Released(epoch)):
                assert self.vips == [], "released while the kernel has VIPs"
                assert not self.command, "released while a command runs"
                self.ended.add(epoch)
            case Tell(Taken(epoch)):
                assert epoch not in self.ended, "an epoch that has ended began again"
        super()._carry_out(effect)


class AnythingCanHappen(RuleBasedStateMachine):
    has_kernel_lease = True

    def __init__(self) -> None:
        super().__init__()
        self.story = WatchedStory(self.has_kernel_lease)

    @rule(epoch=st.integers(1, 4), seconds=st.floats(-1.0, 5.0), is_adoption=st.booleans())
    def permit(self, epoch: int, seconds: float, is_adoption: bool) -> None:
        self.story.order(Permit(epoch, {"partner": self.story.now + seconds}, is_adoption))

    @rule(epoch=st.integers(1, 4), vips_first=st.booleans())
    def release(self, epoch: int, vips_first: bool) -> None:
        self.story.order(Release(epoch, vips_first, "asked"))

    @rule(seconds=SOON, is_permitted=st.booleans())
    def pass_time(self, seconds: float, is_permitted: bool) -> None:
        self.story.pass_time(seconds, is_permitted)

    @rule(seconds=SOON)
    def stand_still(self, seconds: float) -> None:
        """Nothing of ours runs for a while; then time is the first that is judged."""
        self.story.now += seconds
        self.story.pass_time(0.0)

    @rule(is_success=st.booleans())
    def end_command(self, is_success: bool) -> None:
        running = self.story.standing.running
        if running is not None:
            self.story.command = ""
            ended = CommandEnded(running.service, running.command, is_success, "ended")
            self.story.give(ended)

    @rule(name=NAMES, is_healthy=st.booleans())
    def probe(self, name: str, is_healthy: bool) -> None:
        self.story.probe(name, is_healthy)

    @rule(name=NAMES)
    def lose_nanny(self, name: str) -> None:
        self.story.nannies.discard(name)
        self.story.give(NannyLost(name, "killed by signal 9"))

    @rule(vip=st.sampled_from(["10.0.0.10", "10.0.0.11"]))
    def remove_vip(self, vip: str) -> None:
        if self.story.kernel.pop(vip, None) is not None:
            self.story.give(VipsGone((vip,)))

    @rule(is_stubborn=st.booleans())
    def make_stubborn(self, is_stubborn: bool) -> None:
        self.story.is_stubborn = is_stubborn

    @rule(refusal=st.sampled_from(["", "cannot add 10.0.0.10/32 to eth0: No such device"]))
    def refuse(self, refusal: str) -> None:
        self.story.refusal = refusal

    @rule(number=st.integers(0, len(FILES) - 1))
    def read_another_file(self, number: int) -> None:
        self.story.rules = rules(*FILES[number], has_kernel_lease=self.has_kernel_lease)
        self.story.give(RulesChanged())

    @rule(name=NAMES)
    def order_probe_or_repair(self, name: str) -> None:
        self.story.order(ProbeNow(name))
        self.story.order(Repair(name))
        self.story.order(Announce("asked"))

    @rule()
    def come_and_go(self) -> None:
        self.story.give(PulseLeft())
        self.story.give(PulseCame(7))
        self.story.give(ArmingLooked(()))
        self.story.give(VipAnswered("10.0.0.10", "02:00:00:00:00:01"))

    @invariant()
    def the_kernel_never_holds_longer_than_permitted(self) -> None:
        standing = self.story.standing
        if self.has_kernel_lease and standing.phase.is_holding and not self.story.is_stubborn:
            for vip, end in self.story.kernel.items():
                assert end <= standing.permitted_until + LATE_SECONDS, vip

    @invariant()
    def nothing_is_held_while_armed(self) -> None:
        if self.story.standing.phase is Phase.ARMED:
            assert self.story.vips == []
            assert self.story.nannies == set()
            assert not self.story.command

    @invariant()
    def what_is_named_and_held_is_in_the_kernel_or_missed(self) -> None:
        standing, story = self.story.standing, self.story
        if standing.taken_at is None or not standing.phase.is_holding or story.refusal:
            return
        if story.now >= standing.permitted_until - 1.0:
            return
        for vip in standing.vips:
            is_there = story.kernel.get(str(vip.address), 0.0) > story.now
            assert is_there or vip in standing.missing, vip


class AnythingUnderALeaseInUserSpace(AnythingCanHappen):
    has_kernel_lease = False


AnythingCanHappen.TestCase.settings = settings(
    max_examples=200, stateful_step_count=40, deadline=None
)
AnythingUnderALeaseInUserSpace.TestCase.settings = AnythingCanHappen.TestCase.settings
TestKernelLease = AnythingCanHappen.TestCase
TestUserLease = AnythingUnderALeaseInUserSpace.TestCase
