"""Stories of one service: which probes make it healthy or failed."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from piranha.decisions import service_check
from piranha.decisions.service_check import CheckRules, Health, ServiceCheck
from piranha.wire.nanny_line import NannyReport


def probe(is_healthy: bool, is_judgement: bool = True, verdict: str = "") -> NannyReport:
    name = verdict or ("answered" if is_healthy else "refused")
    return NannyReport("web", name, is_healthy, is_judgement, f"{name}, after 0.001 s", 0.001, 1)


GOOD, BAD, UNASKED = probe(True), probe(False), probe(False, False, "system refused")


def after(rules: CheckRules, *reports: NannyReport) -> ServiceCheck:
    check = service_check.begin(rules, now=100.0)
    for report in reports:
        check = service_check.hear(rules, check, report)
    return check


def test_a_service_nobody_has_asked_yet_is_neither_healthy_nor_failed() -> None:
    assert after(CheckRules()).health is Health.WAITING
    assert after(CheckRules()).wake_at == inf


def test_one_good_probe_ends_the_waiting_whatever_rise_says() -> None:
    assert after(CheckRules(rise=3), GOOD).health is Health.HEALTHY


def test_by_default_one_bad_probe_is_a_failure_and_one_good_one_a_recovery() -> None:
    assert after(CheckRules(), GOOD, BAD).health is Health.FAILED
    assert after(CheckRules(), GOOD, BAD, GOOD).health is Health.HEALTHY


def test_fall_bad_probes_in_a_row_make_a_service_failed() -> None:
    rules = CheckRules(fall=3)
    assert after(rules, GOOD, BAD, BAD).health is Health.HEALTHY
    assert after(rules, GOOD, BAD, BAD, GOOD, BAD, BAD).health is Health.HEALTHY
    assert after(rules, GOOD, BAD, BAD, BAD).health is Health.FAILED
    assert after(rules, GOOD, BAD, BAD, BAD).in_a_row == 3


def test_rise_good_probes_in_a_row_make_a_failed_service_healthy() -> None:
    rules = CheckRules(rise=2)
    assert after(rules, GOOD, BAD, GOOD).health is Health.FAILED
    assert after(rules, GOOD, BAD, GOOD, BAD, GOOD).health is Health.FAILED
    assert after(rules, GOOD, BAD, GOOD, GOOD).health is Health.HEALTHY


def test_without_a_first_wait_fall_counts_from_the_first_probe() -> None:
    assert after(CheckRules(fall=2), BAD).health is Health.WAITING
    assert after(CheckRules(fall=2), BAD, BAD).health is Health.FAILED


def test_bad_probes_during_the_first_wait_do_not_count() -> None:
    check = after(CheckRules(first_wait_seconds=5), BAD, BAD, BAD)
    assert check.health is Health.WAITING
    assert check.wake_at == 105.0
    assert service_check.pass_time(check, 104.9) == check


def test_a_service_that_has_not_answered_by_the_end_of_its_first_wait_has_failed() -> None:
    check = service_check.pass_time(after(CheckRules(first_wait_seconds=5), BAD), 105.0)
    assert (check.health, check.verdict) == (Health.FAILED, "refused")
    assert check.wake_at == inf


def test_the_first_wait_ends_even_when_no_probe_has() -> None:
    check = service_check.pass_time(after(CheckRules(first_wait_seconds=5)), 105.0)
    assert (check.health, check.evidence) == (Health.FAILED, "no probe has ended yet")


def test_an_answer_ends_the_first_wait_so_that_the_next_failure_counts() -> None:
    rules = CheckRules(first_wait_seconds=5)
    assert after(rules, BAD, GOOD).wake_at == inf
    assert after(rules, BAD, GOOD, BAD).health is Health.FAILED


def test_a_probe_that_could_not_be_asked_changes_nothing_but_is_counted() -> None:
    check = after(CheckRules(fall=2), GOOD, BAD, UNASKED, UNASKED)
    assert (check.health, check.in_a_row, check.unasked_in_a_row) == (Health.HEALTHY, 1, 2)
    assert check.verdict == "system refused"
    failed = service_check.hear(CheckRules(fall=2), check, BAD)
    assert (failed.health, failed.unasked_in_a_row) == (Health.FAILED, 0)


@given(
    st.lists(st.sampled_from([GOOD, BAD, UNASKED])),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_health_follows_from_the_last_run_of_probes(
    reports: list[NannyReport], fall: int, rise: int
) -> None:
    check = after(CheckRules(fall, rise), *reports)
    judged = [report.is_healthy for report in reports if report.is_judgement]
    if judged[-fall:] == [False] * fall:
        assert check.health is Health.FAILED
    if judged[-rise:] == [True] * rise:
        assert check.health is Health.HEALTHY
    if check.health is Health.FAILED:
        assert "".join("+-"[not good] for good in judged).count("-" * fall) >= 1
