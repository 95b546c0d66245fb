"""What is said besides heartbeats comes back as it was said, in datagrams that fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.errors import WireError
from piranha.terms import Side
from piranha.wire import aside, envelope, fields
from piranha.wire.aside import (
    MOST_PAGES,
    Aside,
    Challenge,
    ChallengeAnswered,
    EntryTold,
    SectionAsked,
    SectionTold,
    pages,
)

u16, u32, u64 = (st.integers(0, (1 << bits) - 1) for bits in (16, 32, 64))
words = st.text(st.characters(codec="ascii", categories=["L", "Nd"]), min_size=1, max_size=40)
values = st.text(st.characters(codec="utf-8"), max_size=60)
entries = st.builds(EntryTold, words, values, st.just(False), st.binary(min_size=4, max_size=4))
secrets = st.builds(EntryTold, words, st.just(""), st.just(True), st.binary(min_size=4, max_size=4))
some = st.lists(entries | secrets, max_size=4).map(tuple)
talks = (
    st.builds(Challenge, u64)
    | st.builds(ChallengeAnswered, u64, u64, u64)
    | st.builds(SectionAsked, u32, u16, words)
    | st.builds(SectionTold, u32, u16, st.integers(1, MOST_PAGES), st.booleans(), some)
)
asides = st.builds(Aside, words, st.sampled_from(Side), talks)


def come_back(said: Aside) -> Aside:
    return aside.read(envelope.open_datagram(aside.encode(said)).body)


@given(asides)
def test_it_comes_back_as_it_was_said(said: Aside) -> None:
    assert come_back(said) == said


def test_the_value_of_a_secret_is_never_sent() -> None:
    told = SectionTold(1, 0, 1, True, (EntryTold("send", "PASS hunter2", True, b"1234"),))
    assert b"hunter2" not in aside.encode(Aside("c", Side.PRIMARY, told))


@given(st.lists(entries | secrets, max_size=60).map(tuple))
def test_every_page_fits_and_nothing_is_lost(all_of_it: tuple[EntryTold, ...]) -> None:
    found = pages(all_of_it)
    assert 1 <= len(found) <= MOST_PAGES
    assert tuple(entry for page in found for entry in page) == all_of_it
    for number, page in enumerate(found):
        told = SectionTold(1, number, len(found), True, page)
        assert come_back(Aside("c" * 255, Side.BACKUP, told)).talk == told


def test_the_longest_entries_fit_too() -> None:
    long = EntryTold("k" * 255, "v" * 5000, False, b"1234")
    for page in pages((long,) * 100):
        aside.encode(Aside("c" * 255, Side.PRIMARY, SectionTold(1, 0, 1, True, page)))


NODE, CLUSTER = fields.field(1, b"\0"), fields.field(2, b"c")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "field of 0 bytes"),
        (NODE, "name that is empty"),
        (fields.field(1, b"\7") + CLUSTER, "side 7"),
        (NODE + CLUSTER, "what it says is unknown"),
        (NODE + CLUSTER + fields.field(200, b"news"), "what it says is unknown"),
        (NODE + CLUSTER + fields.field(3, b"1"), "field of 1 bytes"),
        (NODE + CLUSTER + fields.field(6, bytes(9)), "0 pages"),
        (NODE + CLUSTER + fields.field(7, b"1"), "entry of 1 bytes"),
        (NODE + CLUSTER + fields.field(7, b"\0abcd\x09key"), "longer than itself"),
    ],
)
def test_what_is_wrong_is_named(body: bytes, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        aside.read(body)


@given(st.lists(st.tuples(st.integers(0, 9), st.binary(max_size=60)), max_size=8))
def test_random_fields_are_survived(pairs: list[tuple[int, bytes]]) -> None:
    try:
        said = aside.read(b"".join(fields.field(kind, value) for kind, value in pairs))
    except WireError:
        return
    assert come_back(said).cluster == said.cluster
