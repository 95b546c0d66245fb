"""One probe through a VIP: what the monitor asks, and what it tells pulse, in which order."""

from piranha.decisions import vip_probing
from piranha.decisions.fos_effects import ProbeAtOnce, ProbeThroughVip, Tell
from piranha.decisions.fos_events import VipProbeEnded
from piranha.decisions.service_watch import ServiceWatch, begin, hear
from piranha.decisions.vip_probing import HELD_HERE, NOT_ASKED_HERE
from piranha.wire.nanny_line import NannyReport
from piranha.wire.report_line import VipProbed
from tests.decisions.group_story import service

WEB = service("web")
MAC = "02:00:00:00:00:01"


def a_watch(*, was_good: bool | None) -> ServiceWatch:
    watch = begin(WEB, 0.0, 100.0)
    return watch if was_good is None else hear(watch, a_report(was_good), 100.0)[0]


def a_report(is_healthy: bool, *, is_judgement: bool = True) -> NannyReport:
    verdict = "answered" if is_healthy else "refused"
    return NannyReport("web", verdict, is_healthy, is_judgement, "after 0.001 s", 0.001, 1)


def test_a_real_address_that_had_not_failed_is_asked_again_as_well() -> None:
    probings, asked = vip_probing.begin({}, a_watch(was_good=True), "web")
    assert asked == (ProbeThroughVip(WEB), ProbeAtOnce("web"))
    probings, told = vip_probing.hear_vip(probings, VipProbeEnded(a_report(True), MAC))
    assert told == (Tell(VipProbed("web", True, "answered", MAC, None, "")),)
    probings, told = vip_probing.hear_real(probings, a_report(False))
    assert told == (Tell(VipProbed("web", True, "answered", MAC, False, "refused")),)
    assert probings == {}
    assert vip_probing.hear_real(probings, a_report(False)) == ({}, ())


def test_one_that_has_failed_is_not_asked_out_of_its_turn() -> None:
    probings, asked = vip_probing.begin({}, a_watch(was_good=False), "web")
    assert asked == (ProbeThroughVip(WEB),)
    assert vip_probing.hear_real(probings, a_report(True)) == (probings, ())
    probings, told = vip_probing.hear_vip(probings, VipProbeEnded(a_report(False), None))
    assert told == (Tell(VipProbed("web", False, "refused", None, False, "refused")),)
    assert probings == {}


def test_what_is_no_judgement_is_no_evidence() -> None:
    probings, _ = vip_probing.begin({}, a_watch(was_good=False), "web")
    ended = VipProbeEnded(a_report(False, is_judgement=False), "")
    _, told = vip_probing.hear_vip(probings, ended)
    assert told == (Tell(VipProbed("web", None, "refused", "", False, "refused")),)


def test_a_node_that_has_the_vip_itself_says_so() -> None:
    probings, _ = vip_probing.begin({}, a_watch(was_good=False), "web")
    _, told = vip_probing.hear_vip(probings, VipProbeEnded(a_report(True), MAC, is_held_here=True))
    assert told == (Tell(VipProbed("web", None, HELD_HERE, "", False, "refused")),)


def test_a_service_that_nobody_asks_over_the_network_is_answered_for_at_once() -> None:
    probings, told = vip_probing.begin({}, None, "web")
    assert told == (Tell(VipProbed("web", None, NOT_ASKED_HERE, "", None, NOT_ASKED_HERE)),)
    assert probings == {}


def test_what_nobody_asked_for_is_not_told() -> None:
    assert vip_probing.hear_vip({}, VipProbeEnded(a_report(True), MAC)) == ({}, ())
