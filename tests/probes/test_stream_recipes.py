"""Every recipe over TCP as a dialogue: segments change no verdict, and no random bytes are healthy.

Servers, real and sick, are for the zoo; here the bytes are cut in every way.
"""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piranha.probes.dialogue import Dialogue
from piranha.probes.question import Transport
from piranha.probes.verdict import Verdict
from piranha.programs.recipe_files import recipe_names
from piranha.script.steps import StartTls, Step, Wait
from tests.probes.test_datagram_recipes import ber, question_for

QUESTIONS = {
    name: question_for(name) for name in recipe_names() if name not in ("dns", "dhcp", "radius")
}
"""All but those that are no dialogues."""
STEPS: dict[str, tuple[Step, ...]] = {
    name: tuple(step for step in question.steps if not isinstance(step, StartTls | Wait))
    for name, question in QUESTIONS.items()
    if question.transport is Transport.TCP
}
BINARY = ("ldap", "kerberos-tcp", "kafka", "mongodb", "smb", "mysql", "postgresql", "rdp", "nfs")
PIECES = [
    *(b"220 a\r\n", b"220-a\r\n", b"250 \r\n", b"221 ", b"+OK\r\n", b"* OK", b"HTTP/1.0 200 \r\n"),
    *(b"SSH-2.0-x\r\n", b"\r\n", b"-", b"a", b"\0", b"\xff\x15\x04", b"R\0\0\0"),
    bytes.fromhex("300c02010161070a010004000400"),
]
answers = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=12).map(b"".join)


def verdict(recipe: str, data: bytes, cuts: list[int]) -> Verdict:
    """When a server says this in such segments, and then closes."""
    dialogue = Dialogue(STEPS[recipe], 0.0, 5.0)
    dialogue.connected(0.0)
    take(dialogue)
    for begin, end in pairwise([0, *sorted(cuts), len(data)]):
        dialogue.received(data[begin:end], 0.1)
        take(dialogue)
    dialogue.ended(0.2)
    take(dialogue)
    dialogue.time_passed(5.0)
    assert dialogue.outcome is not None
    return dialogue.outcome.verdict


def take(dialogue: Dialogue) -> None:
    """Do what it wants, as a transport does."""
    while dialogue.outcome is None and (dialogue.outbox or dialogue.wants_close):
        if dialogue.outbox:
            dialogue.sent(len(dialogue.outbox), 0.1)
        else:
            dialogue.closed(0.1)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(sorted(STEPS)), answers, st.data())
def test_segments_change_no_verdict(recipe: str, data: bytes, draw: st.DataObject) -> None:
    cuts = draw.draw(st.lists(st.integers(0, len(data)), max_size=6))
    whole = verdict(recipe, data, [])
    assert verdict(recipe, data, cuts) is whole
    assert verdict(recipe, data, list(range(len(data)))) is whole


@settings(max_examples=300, deadline=None)
@given(
    recipe=st.sampled_from(["ldap", "ldaps"]),
    code=st.just(0) | st.integers(0, 127),
    texts=st.tuples(st.binary(max_size=40), st.binary(max_size=300)),
    form=st.integers(0, 4),
    draw=st.data(),
)
def test_a_directory_is_well_exactly_when_the_bind_succeeds(
    recipe: str, code: int, texts: tuple[bytes, bytes], form: int, draw: st.DataObject
) -> None:
    """LDAPMessage 1, BindResponse (RFC 4511): result code, matched name, diagnostic message."""
    result = bytes([0x0A, 1, code]) + b"".join(ber(0x04, text, form) for text in texts)
    answer = ber(0x30, b"\x02\x01\x01" + ber(0x61, result, form), form)
    cuts = draw.draw(st.lists(st.integers(0, len(answer)), max_size=6))
    is_well = verdict(recipe, answer, cuts) is Verdict.ANSWERED
    assert is_well == (code == 0)
    damaged = bytearray(answer)
    for at, value in draw.draw(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)))):
        damaged[at % len(damaged)] = value
    found = verdict(recipe, bytes(damaged), [])
    assert found in (Verdict.ANSWERED, Verdict.WRONG_ANSWER, Verdict.CLOSED_EARLY)
    assert verdict(recipe, bytes(damaged), cuts) is found


@pytest.mark.parametrize("recipe", BINARY)
@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=120))
def test_no_random_bytes_are_healthy(recipe: str, data: bytes) -> None:
    assert verdict(recipe, data, []) in (Verdict.WRONG_ANSWER, Verdict.CLOSED_EARLY)
