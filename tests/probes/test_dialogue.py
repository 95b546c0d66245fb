"""Stories of dialogues over a stream, without a socket; and what holds for every one of them."""

import tracemalloc
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piranha.probes import dialogue as dialogue_module
from piranha.probes.dialogue import READ_LIMIT, Dialogue
from piranha.probes.verdict import Outcome, Verdict
from piranha.script.steps import (
    Close,
    ExpectAny,
    ExpectBytes,
    ExpectLine,
    ExpectLineRegex,
    ExpectPrefix,
    ExpectRegex,
    ExpectSomeLine,
    ExpectStreamRegex,
    Send,
    SkipUntil,
    StartTls,
    Step,
    Wait,
    steps_of,
)

GREETING = (ExpectPrefix(b"220"),)
HTTP = steps_of(b"GET / HTTP/1.0\r\n\r\n", b"HTTP")


def begun(steps: tuple[Step, ...], timeout: float = 10.0) -> Dialogue:
    """A dialogue that began at instant 100 and was connected 1 ms later."""
    dialogue = Dialogue(steps, 100.0, timeout)
    dialogue.connected(100.001)
    return dialogue


def outcome_of(dialogue: Dialogue) -> Outcome:
    assert dialogue.outcome is not None
    return dialogue.outcome


def test_without_steps_a_connection_is_enough() -> None:
    outcome = outcome_of(begun(()))
    assert outcome == Outcome(Verdict.CONNECTED, "connected, after 0.001 s", outcome.seconds)


def test_a_greeting_is_compared_with_the_first_bytes() -> None:
    dialogue = begun(GREETING)
    assert dialogue.wanted == '"220"'
    dialogue.received(b"220 mail ready\r\n", 100.003)
    outcome = outcome_of(dialogue)
    assert outcome.verdict is Verdict.ANSWERED
    assert outcome.evidence == r'expected "220", got "220 mail ready\r\n", after 0.003 s'


def test_a_wrong_greeting_shows_what_came_and_when() -> None:
    dialogue = begun(GREETING)
    dialogue.received(b"421 too busy", 100.031)
    outcome = outcome_of(dialogue)
    assert outcome.verdict is Verdict.WRONG_ANSWER
    assert outcome.evidence == 'expected "220", got "421 too busy", after 0.031 s'


def test_what_is_to_be_sent_is_offered_until_it_is_sent() -> None:
    dialogue = begun(HTTP)
    assert dialogue.outbox == b"GET / HTTP/1.0\r\n\r\n"
    dialogue.sent(6, 100.002)
    assert dialogue.outbox == b"HTTP/1.0\r\n\r\n"
    dialogue.sent(12, 100.003)
    assert (dialogue.outbox, dialogue.wanted) == (b"", '"HTTP"')
    dialogue.received(b"HTTP/1.1 200 OK\r\n", 100.004)
    assert outcome_of(dialogue).is_healthy


def test_sending_alone_is_a_connection_that_took_what_was_sent() -> None:
    dialogue = begun((Send(b"hello"),))
    dialogue.sent(5, 100.002)
    assert outcome_of(dialogue).verdict is Verdict.CONNECTED


def test_an_answer_that_comes_while_we_still_send_is_kept() -> None:
    dialogue = begun(HTTP)
    dialogue.received(b"HTTP/1.1 400", 100.002)
    assert dialogue.outcome is None
    dialogue.sent(18, 100.003)
    assert outcome_of(dialogue).verdict is Verdict.ANSWERED


def test_bytes_behind_an_answer_belong_to_the_next_step() -> None:
    dialogue = begun((ExpectPrefix(b"220"), Send(b"QUIT\r\n"), ExpectPrefix(b" mail\r\n221")))
    dialogue.received(b"220 mail\r\n221 bye\r\n", 100.002)
    dialogue.sent(6, 100.003)
    assert outcome_of(dialogue).evidence.startswith(r'expected " mail\r\n221", got " mail\r\n221')


def test_the_polite_word_after_the_answer_does_not_hide_it() -> None:
    dialogue = begun((ExpectPrefix(b"220"), Send(b"QUIT\r\n")))
    dialogue.received(b"220 mail\r\n", 100.002)
    dialogue.sent(6, 100.003)
    outcome = outcome_of(dialogue)
    assert outcome.verdict is Verdict.ANSWERED
    assert outcome.evidence == r'expected "220", got "220 mail\r\n", after 0.003 s'


def test_a_close_before_the_answer_is_complete_is_early() -> None:
    dialogue = begun(GREETING)
    dialogue.received(b"22", 100.002)
    dialogue.ended(100.003)
    outcome = outcome_of(dialogue)
    assert outcome.verdict is Verdict.CLOSED_EARLY
    assert outcome.evidence == 'expected "220", got "22" and the end, after 0.003 s'


def test_a_close_ends_what_an_expression_waited_for() -> None:
    healthy, sick = (begun((ExpectRegex(b"ready$"),)) for _ in range(2))
    healthy.received(b"220 ready", 100.002)
    healthy.ended(100.003)
    assert outcome_of(healthy).verdict is Verdict.ANSWERED
    sick.received(b"220 not yet", 100.002)
    sick.ended(100.003)
    assert outcome_of(sick).verdict is Verdict.WRONG_ANSWER


def test_at_the_deadline_a_prompt_without_a_line_end_is_whole() -> None:
    dialogue = begun((ExpectRegex(b"login: $"),), timeout=2.0)
    dialogue.received(b"host login: ", 100.5)
    dialogue.time_passed(101.999)
    assert dialogue.outcome is None
    dialogue.time_passed(102.0)
    assert outcome_of(dialogue).verdict is Verdict.ANSWERED


@pytest.mark.parametrize("now", [102.0, 102.4])
def test_each_stage_has_its_own_verdict_at_the_deadline(now: float) -> None:
    connecting = Dialogue(HTTP, 100.0, 2.0)
    connecting.time_passed(now)
    assert outcome_of(connecting).verdict is Verdict.CONNECT_TIMED_OUT
    sending = begun(HTTP, timeout=2.0)
    sending.sent(3, 100.5)
    sending.time_passed(now)
    assert outcome_of(sending).verdict is Verdict.SEND_TIMED_OUT
    assert outcome_of(sending).evidence.startswith("15 bytes not sent")
    waiting = begun(GREETING, timeout=2.0)
    waiting.time_passed(now)
    assert outcome_of(waiting).verdict is Verdict.EXPECT_TIMED_OUT
    assert outcome_of(waiting).evidence.startswith('expected "220", got nothing, after ')


def test_whoever_stood_still_judges_what_came_and_nothing_else() -> None:
    answered, silent = begun(GREETING, timeout=2.0), begun(GREETING, timeout=2.0)
    answered.received(b"220 ready", 119.0)
    answered.time_passed(119.0)
    assert outcome_of(answered).verdict is Verdict.ANSWERED
    silent.time_passed(119.0)
    assert outcome_of(silent).verdict is Verdict.TIME_LOST
    assert outcome_of(silent).evidence == 'expected "220", got nothing, after 19.000 s'


def test_a_server_that_never_stops_is_too_much() -> None:
    dialogue = begun((ExpectRegex(b"never"),))
    for _ in range(5):
        dialogue.received(b"x" * 16_384, 100.002)
    outcome = outcome_of(dialogue)
    assert outcome.verdict is Verdict.TOO_MUCH
    assert outcome.evidence.endswith("and more than 65536 bytes, after 0.002 s")


def test_a_failure_of_the_connection_tells_what_had_come() -> None:
    dialogue = begun(GREETING)
    dialogue.received(b"2", 100.002)
    dialogue.failed(Verdict.RESET, "connection reset by peer", 100.003)
    assert outcome_of(dialogue).evidence == (
        'expected "220", got "2", connection reset by peer, after 0.003 s'
    )


def test_a_failure_to_connect_says_only_that() -> None:
    dialogue = Dialogue(GREETING, 100.0, 2.0)
    dialogue.failed(Verdict.REFUSED, "connection refused", 100.001)
    assert outcome_of(dialogue).evidence == "connection refused, after 0.001 s"


def test_a_wait_lets_time_pass_and_leaves_what_comes_unread() -> None:
    dialogue = begun((ExpectLine(b"220"), Wait(1.0), ExpectLine(b"250")))
    dialogue.received(b"220 ready\r\n250", 100.5)
    assert dialogue.wake_at == 101.5
    dialogue.received(b" fine\r\n", 100.6)
    dialogue.time_passed(101.4)
    assert dialogue.outcome is None
    dialogue.time_passed(101.5)
    assert outcome_of(dialogue).verdict is Verdict.ANSWERED


def test_a_wait_that_is_too_long_ends_with_the_time_for_all() -> None:
    dialogue = begun((Wait(60.0), ExpectLine(b"250")), timeout=2.0)
    assert dialogue.wake_at == 102.0
    dialogue.time_passed(102.0)
    assert outcome_of(dialogue).verdict is Verdict.EXPECT_TIMED_OUT


def test_our_side_is_closed_before_what_the_server_says_to_that() -> None:
    dialogue = begun((Send(b"x"), Close(), ExpectLine(b"bye")))
    dialogue.sent(1, 100.002)
    assert dialogue.wants_close
    dialogue.closed(100.003)
    dialogue.received(b"bye\n", 100.004)
    assert outcome_of(dialogue).is_healthy


def test_a_handshake_in_the_middle_takes_what_came_too_early() -> None:
    dialogue = begun((ExpectLine(b"220"), StartTls(), ExpectLine(b"250")))
    dialogue.received(b"220 go\r\n250 injected\r\n", 100.002)
    assert dialogue.wants_tls
    assert dialogue.wanted == "a TLS handshake"
    assert dialogue.take_unread() == b"250 injected\r\n"
    dialogue.secured(100.003)
    assert dialogue.outcome is None


def test_a_line_that_drips_is_late_at_the_deadline() -> None:
    dialogue = begun((ExpectLine(b"220"),), timeout=2.0)
    dialogue.received(b"220 mail rea", 101.0)
    dialogue.time_passed(102.0)
    assert outcome_of(dialogue).verdict is Verdict.EXPECT_TIMED_OUT


def test_the_first_outcome_stays() -> None:
    dialogue = begun(GREETING)
    dialogue.received(b"220", 100.002)
    first = outcome_of(dialogue)
    dialogue.received(b"more", 100.003)
    dialogue.ended(100.004)
    dialogue.failed(Verdict.RESET, "connection reset by peer", 100.005)
    dialogue.time_passed(999.0)
    assert dialogue.outcome is first


def test_many_steps_need_no_deep_stack() -> None:
    steps = (ExpectPrefix(b"x"),) * 5_000
    dialogue = begun(steps)
    dialogue.received(b"x" * 5_000, 100.002)
    assert outcome_of(dialogue).verdict is Verdict.ANSWERED


def test_an_endless_answer_needs_no_more_memory_than_the_limit() -> None:
    dialogue = begun((ExpectRegex(b"never"),))
    piece = b"x" * 1024
    tracemalloc.start()
    try:
        for _ in range(5_000):
            dialogue.received(piece, 100.002)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * READ_LIMIT


words = st.lists(st.sampled_from([b"a", b"b", b"2", b"\n"]), max_size=6).map(b"".join)
expressions = st.sampled_from(
    [b"a", b"^a", b"a$", b"^a+b?$", b"(a|b)+", b"b(?!a)", rb"\ba", b"[^a]b", b"a.*b", b"(?s)a.*b$"]
)
sound_expressions = st.sampled_from([b"(?s)a", b"(?s)^.{2}", b"(?s)a.*b", b"(?s)(ab|b)"])
steps_lists = st.lists(
    st.one_of(
        words.map(Send),
        words.map(ExpectPrefix),
        st.just(ExpectAny()),
        expressions.map(ExpectRegex),
        words.filter(bool).map(ExpectLine),
        st.sampled_from([b"2", b"22"]).map(ExpectLine),
        expressions.map(ExpectLineRegex),
        expressions.map(ExpectSomeLine),
        sound_expressions.map(ExpectStreamRegex),
        st.integers(1, 5).map(ExpectBytes),
        words.filter(bool).map(SkipUntil),
        st.floats(0.001, 20.0).map(Wait),
        st.just(Close()),
        st.just(StartTls()),
    ),
    max_size=4,
).map(tuple)


def verdict_of(steps: tuple[Step, ...], pieces: list[bytes], has_ended: bool) -> Verdict:
    """The verdict when these pieces come, then the end or only the deadline."""
    dialogue = begun(steps)

    def send_all() -> None:
        while dialogue.outbox or dialogue.wants_tls or dialogue.wants_close:
            if dialogue.outbox:
                dialogue.sent(1, 100.002)
            elif dialogue.wants_tls:
                dialogue.secured(100.002)
            else:
                dialogue.closed(100.002)

    send_all()
    for piece in pieces:
        dialogue.received(piece, 100.003)
        send_all()
    if has_ended:
        dialogue.ended(100.004)
        send_all()
    while dialogue.outcome is None:
        dialogue.time_passed(dialogue.wake_at)
        send_all()
    assert outcome_of(dialogue).seconds <= 10.0
    return outcome_of(dialogue).verdict


@settings(max_examples=1_000, deadline=None)
@given(steps_lists, st.lists(words, max_size=4), st.booleans(), st.integers(1, 12))
def test_segments_never_change_the_verdict(
    steps: tuple[Step, ...], pieces: list[bytes], has_ended: bool, limit: int
) -> None:
    whole = b"".join(pieces)
    bytewise = [bytes([byte]) for byte in whole]
    before, dialogue_module.READ_LIMIT = dialogue_module.READ_LIMIT, limit
    try:
        verdicts = {verdict_of(steps, cut, has_ended) for cut in (pieces, [whole], bytewise)}
    finally:
        dialogue_module.READ_LIMIT = before
    assert len(verdicts) == 1


@given(
    steps_lists,
    st.lists(st.tuples(st.sampled_from(["sent", "received", "ended"]), words), max_size=8),
)
def test_there_is_an_outcome_at_the_deadline_whatever_happened(
    steps: tuple[Step, ...], events: list[tuple[str, bytes]]
) -> None:
    dialogue = begun(steps)
    for event, data in events:
        if event == "sent" and dialogue.outbox:
            dialogue.sent(min(len(data), len(dialogue.outbox)), 100.002)
        elif event == "received":
            dialogue.received(data, 100.002)
        elif event == "ended":
            dialogue.ended(100.002)
    dialogue.time_passed(dialogue.deadline)
    assert outcome_of(dialogue).seconds <= 10.0
    assert dialogue.outbox == b""


def test_a_bad_expression_is_refused_when_the_dialogue_is_made() -> None:
    with warnings.catch_warnings(), pytest.raises(Exception, match="unterminated"):
        Dialogue((ExpectRegex(b"(a"),), 100.0, 1.0)
