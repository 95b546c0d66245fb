"""Each verdict has a name, a phrase and a bearing of its own."""

from piranha.probes.verdict import Bearing, Outcome, Verdict, timed_out


def test_names_and_phrases_are_unique() -> None:
    assert len({verdict.words for verdict in Verdict}) == len(Verdict)
    assert len({verdict.phrase for verdict in Verdict}) == len(Verdict)


def test_an_outcome_is_healthy_exactly_when_its_verdict_is() -> None:
    assert Outcome(Verdict.ANSWERED, "", 0.0).is_healthy
    assert not Outcome(Verdict.WRONG_ANSWER, "", 0.0).is_healthy


def test_a_deadline_that_we_ourselves_miss_is_nobodys_fault() -> None:
    assert timed_out(Verdict.EXPECT_TIMED_OUT, 102.0, 102.4) is Verdict.EXPECT_TIMED_OUT
    assert timed_out(Verdict.EXPECT_TIMED_OUT, 102.0, 102.5) is Verdict.TIME_LOST


def test_what_went_wrong_on_this_node_is_no_judgement() -> None:
    unasked = {v for v in Verdict if not Outcome(v, "", 0.0).is_judgement}
    assert unasked == {
        Verdict.NO_SUCH_PROGRAM,
        Verdict.BAD_EXPRESSION,
        Verdict.TIME_LOST,
        Verdict.SYSTEM_REFUSED,
    }
    assert all(verdict.bearing is Bearing.NOTHING for verdict in unasked)
