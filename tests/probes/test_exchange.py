"""Stories of dialogues in datagrams, without a socket."""

from hypothesis import given
from hypothesis import strategies as st

from piranha.probes.exchange import DATAGRAM_LIMIT, SILENCE_SECONDS, Exchange
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import ExpectAny, ExpectPrefix, ExpectRegex, Send, Step

ECHO = (Send(b"ping"), ExpectPrefix(b"ping"))


def begun(steps: tuple[Step, ...], timeout: float = 4.0) -> Exchange:
    """An exchange that began at instant 100 and has sent what it wanted to send."""
    exchange = Exchange(steps, 100.0, timeout)
    while exchange.outbox:
        exchange.sent()
    return exchange


def outcome_of(exchange: Exchange) -> Outcome:
    assert exchange.outcome is not None
    return exchange.outcome


def test_a_datagram_is_sent_and_its_answer_compared() -> None:
    exchange = Exchange(ECHO, 100.0, 4.0)
    assert exchange.outbox == [b"ping"]
    exchange.sent()
    assert exchange.wanted == '"ping"'
    exchange.received(b"ping pong", 100.002)
    outcome = outcome_of(exchange)
    assert outcome.verdict is Verdict.ANSWERED
    assert outcome.evidence == 'expected "ping", got "ping pong", after 0.002 s'


def test_where_nothing_is_sent_first_an_empty_datagram_asks() -> None:
    assert Exchange((ExpectAny(),), 100.0, 4.0).outbox == [b""]
    assert Exchange((), 100.0, 4.0).outbox == [b""]


def test_an_empty_datagram_is_an_answer() -> None:
    exchange = begun((ExpectAny(),))
    exchange.received(b"", 100.002)
    assert outcome_of(exchange).evidence == 'expected any answer, got "", after 0.002 s'


def test_what_does_not_fit_is_passed_over_for_it_may_be_late() -> None:
    exchange = begun(ECHO)
    exchange.received(b"old", 100.001)
    assert exchange.outcome is None
    exchange.received(b"ping", 100.002)
    assert outcome_of(exchange).is_healthy


def test_at_the_deadline_the_last_wrong_answer_is_the_evidence() -> None:
    exchange = begun(ECHO)
    exchange.received(b"pong", 100.001)
    exchange.time_passed(103.9)
    assert exchange.outcome is None
    exchange.time_passed(104.0)
    outcome = outcome_of(exchange)
    assert outcome.verdict is Verdict.WRONG_ANSWER
    assert outcome.evidence == 'expected "ping", got "pong", after 4.000 s'


def test_two_halves_in_two_datagrams_are_no_answer() -> None:
    exchange = begun(ECHO)
    exchange.received(b"pi", 100.001)
    exchange.received(b"ng", 100.002)
    exchange.time_passed(104.0)
    assert outcome_of(exchange).verdict is Verdict.WRONG_ANSWER


def test_each_datagram_is_whole_for_an_expression() -> None:
    exchange = begun((Send(b"x"), ExpectRegex(rb"^\w+$")))
    exchange.received(b"not one word", 100.001)
    exchange.received(b"word", 100.002)
    assert outcome_of(exchange).is_healthy


def test_silence_where_an_answer_is_expected_times_out() -> None:
    exchange = begun(ECHO)
    exchange.time_passed(104.0)
    assert outcome_of(exchange).verdict is Verdict.EXPECT_TIMED_OUT


def test_silence_where_none_is_expected_is_health_after_a_moment() -> None:
    exchange = begun((Send(b"<14>log me"),), timeout=30.0)
    exchange.time_passed(100.0 + SILENCE_SECONDS)
    outcome = outcome_of(exchange)
    assert (outcome.verdict, outcome.evidence) == (
        Verdict.NOT_REFUSED,
        "not refused, after 1.000 s",
    )


def test_a_short_timeout_shortens_the_moment() -> None:
    exchange = begun((), timeout=0.2)
    exchange.time_passed(100.2)
    assert outcome_of(exchange).verdict is Verdict.NOT_REFUSED


def test_an_answer_that_nobody_expected_is_an_answer() -> None:
    exchange = begun((Send(b"x"),))
    exchange.received(b"y", 100.001)
    outcome = outcome_of(exchange)
    assert (outcome.verdict, outcome.evidence) == (Verdict.ANSWERED, 'got "y", after 0.001 s')


def test_a_question_is_asked_again_within_the_deadline() -> None:
    exchange = begun(ECHO)
    wakes = []
    while exchange.outcome is None:
        wakes.append(exchange.wake_at)
        exchange.time_passed(exchange.wake_at)
        if exchange.outbox:
            assert exchange.outbox == [b"ping"]
            exchange.sent()
    assert wakes == [101.0, 102.0, 104.0]


def test_a_refusal_is_told_at_once() -> None:
    exchange = begun(ECHO)
    exchange.failed(Verdict.REFUSED, "connection refused", 100.001)
    assert outcome_of(exchange).evidence == "connection refused, after 0.001 s"


def test_a_flood_of_wrong_answers_is_too_much() -> None:
    exchange = begun(ECHO)
    for _ in range(DATAGRAM_LIMIT):
        exchange.received(b"no", 100.001)
    assert outcome_of(exchange).verdict is Verdict.TOO_MUCH


def test_a_dialogue_may_have_several_turns() -> None:
    exchange = begun((Send(b"1"), ExpectPrefix(b"2"), Send(b"3"), ExpectPrefix(b"4")))
    exchange.received(b"2", 100.001)
    assert exchange.outbox == [b"3"]
    exchange.sent()
    exchange.received(b"4", 100.002)
    assert outcome_of(exchange).evidence == 'expected "4", got "4", after 0.002 s'


steps_lists = st.lists(
    st.one_of(
        st.binary(max_size=3).map(Send),
        st.binary(max_size=2).map(ExpectPrefix),
        st.just(ExpectAny()),
        st.just(ExpectRegex(b"a$")),
    ),
    max_size=4,
).map(tuple)


@given(steps_lists, st.lists(st.binary(max_size=4), max_size=8))
def test_there_is_an_outcome_at_the_deadline_whatever_came(
    steps: tuple[Step, ...], datagrams: list[bytes]
) -> None:
    exchange = begun(steps)
    for datagram in datagrams:
        exchange.received(datagram, 100.001)
    assert exchange.wake_at <= exchange.deadline
    exchange.time_passed(exchange.deadline)
    assert outcome_of(exchange).seconds <= 4.0
