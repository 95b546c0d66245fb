"""What the standby makes of the segment's answers for the VIPs of a new serving period."""

from piranha.decisions import takeover_check
from piranha.decisions.takeover_check import FIRST_SECONDS, LONGEST_PAUSE, NEVER, VipCheck

VIPS = ("10.0.0.10", "10.0.0.11")
ALL = frozenset(VIPS)


def asked() -> VipCheck:
    check = takeover_check.begun(7, 100.0)
    assert check.next_at == 100.0 + FIRST_SECONDS
    return takeover_check.asked(check, 101.0)


def test_a_takeover_that_every_answer_confirms_is_asked_for_no_more() -> None:
    check = takeover_check.judged(asked(), VIPS, ALL, "", 102.0)
    assert (check.number, check.is_wrong, check.next_at) == (1, False, NEVER)


def test_an_answer_from_somewhere_else_counts_at_once() -> None:
    foreign = "10.0.0.10 is at 02:99:00:00:00:99"
    check = takeover_check.judged(asked(), VIPS, ALL, foreign, 102.0)
    assert (check.number, check.is_wrong, check.evidence) == (1, True, foreign)


def test_silence_counts_when_it_is_heard_twice_in_a_row() -> None:
    once = takeover_check.judged(asked(), VIPS, frozenset(["10.0.0.10"]), "", 102.0)
    assert once.number == 0
    twice = takeover_check.judged(once, VIPS, frozenset(["10.0.0.10"]), "", 103.0)
    assert (twice.number, twice.is_wrong) == (1, True)
    assert twice.evidence == "nobody answers for 10.0.0.11"
    mended = takeover_check.judged(twice, VIPS, ALL, "", 104.0)
    assert (mended.number, mended.is_wrong, mended.evidence) == (2, False, "")


def test_a_segment_that_cannot_be_asked_says_nothing() -> None:
    check = takeover_check.judged(asked(), (), frozenset(), "", 102.0)
    assert (check.number, check.asked_at) == (0, None)
    assert check.next_at < NEVER


def test_the_pauses_between_wrong_answers_grow_and_end_growing() -> None:
    check, pauses = asked(), []
    for _ in range(6):
        check = takeover_check.judged(check, VIPS, frozenset(), "", 200.0)
        pauses.append(check.next_at - 200.0)
    assert pauses == [1.0, 2.0, 4.0, 8.0, LONGEST_PAUSE, LONGEST_PAUSE]


def test_services_are_asked_when_the_segment_has_the_vips_and_are_told_together() -> None:
    sure = takeover_check.judged(asked(), VIPS, ALL, "", 102.0)
    assert sure.is_over
    check = takeover_check.probing(sure, frozenset([1, 2]), 103.0)
    assert not check.is_over
    check = takeover_check.probed(check, 2, "ftp: refused", 103.1)
    assert (check.number, check.is_wrong) == (1, False)
    check = takeover_check.probed(check, 1, "", 103.2)
    assert (check.number, check.is_wrong, check.evidence) == (2, True, "ftp: refused")
    assert check.next_at == 104.2


def test_services_that_were_not_reached_stay_told_until_they_are() -> None:
    sure = takeover_check.judged(asked(), VIPS, ALL, "", 102.0)
    check = takeover_check.probing(sure, frozenset([1]), 103.0)
    check = takeover_check.probed(check, 1, "web: refused", 103.1)
    again = takeover_check.judged(takeover_check.asked(check, 104.1), VIPS, ALL, "", 104.2)
    assert (again.number, again.is_wrong, again.is_over, again.probed) == (2, True, True, set())
    check = takeover_check.probing(again, frozenset([1]), 104.3)
    worse = takeover_check.probed(check, 1, "web: refused", 104.4)
    assert (worse.number, worse.next_at) == (3, 106.4)
    well = takeover_check.probed(check, 1, "", 104.4)
    assert (well.number, well.is_wrong, well.evidence, well.is_over) == (3, False, "", True)


def test_services_that_answer_are_no_news() -> None:
    sure = takeover_check.judged(asked(), VIPS, ALL, "", 102.0)
    check = takeover_check.probing(sure, frozenset([1]), 103.0)
    assert takeover_check.probed(check, 1, "", 103.1).number == sure.number
