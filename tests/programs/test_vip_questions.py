"""Who answers for a VIP, asked over a real segment in network namespaces. Needs root."""

import os
import subprocess
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from piranha.config.settings import Vip
from piranha.decisions.events import PartnerMacsLearned, VipAnswer, VipsAsked
from piranha.programs.vip_questions import VipQuestions
from piranha.system import clock
from piranha.system.loop import Loop

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces, needs root"),
]
PARTNER = ip_address("10.77.0.1")
VIP = Vip(ip_address("10.77.0.10"), "q0", "q0:1")
NAMESPACE = f"vipq{os.getpid()}"
CLONE_NEWNET = 0x40000000


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def segment() -> Iterator[str]:
    """This thread in a namespace of its own with q0; the partner behind the cable. Its MAC."""
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    libc = __import__("ctypes").CDLL(None, use_errno=True)
    ip("netns", "add", NAMESPACE)
    try:
        assert libc.unshare(CLONE_NEWNET) == 0
        mac = "02:77:00:00:00:01"
        ip("link", "add", "q0", "type", "veth", "peer", "name", "p0", "netns", NAMESPACE)
        ip("addr", "add", "10.77.0.2/24", "dev", "q0")
        ip("link", "set", "q0", "up")
        ip("-n", NAMESPACE, "link", "set", "p0", "address", mac)
        ip("-n", NAMESPACE, "addr", "add", f"{PARTNER}/24", "dev", "p0")
        ip("-n", NAMESPACE, "link", "set", "p0", "up")
        yield mac
    finally:
        libc.setns(own, CLONE_NEWNET)
        os.close(own)
        ip("netns", "del", NAMESPACE)


class Asking:
    def __init__(self) -> None:
        self.loop = Loop()
        self.told: list[VipsAsked] = []
        self.learned: list[frozenset[str]] = []
        self.questions = VipQuestions(self.loop, [PARTNER], self.hear)
        self.questions.watch({"web": (VIP,)})

    def hear(self, event: VipsAsked | PartnerMacsLearned) -> None:
        if isinstance(event, VipsAsked):
            self.told.append(event)
        else:
            self.learned.append(event.macs)

    def run(self, seconds: float) -> None:
        limit = clock.now() + seconds
        while clock.now() < limit:
            self.loop.turn(min(limit, self.questions.wake_at()))
            self.questions.tend()

    def close(self) -> None:
        self.questions.close()
        self.loop.close()


@pytest.fixture
def asking(segment: str) -> Iterator[Asking]:
    assert segment
    made = Asking()
    yield made
    made.close()


def test_nobody_answers_for_a_free_vip(asking: Asking) -> None:
    before = clock.now()
    asking.questions.ask("web", 0.1)
    asking.run(0.15)
    (told,) = asking.told
    assert (told.group, told.answers) == ("web", ())
    assert before <= told.asked_at < before + 0.1


def test_an_answer_says_something_only_where_the_partners_mac_is_known(asking: Asking) -> None:
    asking.questions.ask("web", 0.05)
    asking.run(0.1)
    asking.questions.partner_heard(clock.now())
    asking.run(0.6)
    asking.questions.ask("web", 0.05)
    asking.run(0.1)
    assert [told.asked for told in asking.told] == [(), (str(VIP.address),)]


def test_the_partner_is_known_by_its_real_address(asking: Asking, segment: str) -> None:
    asking.questions.partner_heard(clock.now())
    asking.run(0.6)
    assert asking.questions.partner_macs("q0") == (segment,)
    assert asking.learned == [frozenset({segment})]
    assert asking.questions.wake_at() == float("inf")


@pytest.mark.parametrize("is_partner", [True, False])
def test_an_answer_says_whether_it_is_the_partners(
    asking: Asking, segment: str, is_partner: bool
) -> None:
    ip("-n", NAMESPACE, "addr", "add", f"{VIP.address}/32", "dev", "p0")
    if is_partner:
        asking.questions.partner_heard(clock.now())
        asking.run(0.6)
    asking.questions.ask("web", 0.1)
    asking.run(0.2)
    ip("-n", NAMESPACE, "addr", "del", f"{VIP.address}/32", "dev", "p0")
    (told,) = asking.told
    assert told.answers == (VipAnswer(str(VIP.address), segment, is_partner),)


def test_a_question_that_is_lost_is_repeated_while_there_is_time(
    asking: Asking, segment: str
) -> None:
    asking.questions.partner_heard(clock.now())
    asking.run(0.6)
    asking.questions.ask("web", 0.3)
    asking.run(0.05)
    ip("-n", NAMESPACE, "addr", "add", f"{VIP.address}/32", "dev", "p0")
    asking.run(0.3)
    ip("-n", NAMESPACE, "addr", "del", f"{VIP.address}/32", "dev", "p0")
    (told,) = asking.told
    assert told.answers == (VipAnswer(str(VIP.address), segment, True),)


def test_a_device_that_is_not_there_answers_nothing(asking: Asking) -> None:
    asking.questions.watch({"web": (Vip(VIP.address, "q7", "q7"),)})
    asking.questions.ask("web", 0.05)
    asking.run(0.1)
    assert asking.told[0].answers == ()
