"""What differs is asked for page by page, in time, and nobody can be kept busy with questions."""

from piranha.config.document import Document, parse
from piranha.programs.file_questions import (
    MOST_SECTIONS,
    NEVER,
    ONLY_IN_MEANING,
    REPEAT_SECONDS,
    FileQuestions,
)
from piranha.terms import Side
from piranha.wire import aside, envelope
from piranha.wire.aside import Aside, SectionAsked, SectionTold, Talk

WEB = 'failover web {\n    port = 80\n    send = "PASS hunter2"\n}\n'


class Pair:
    """Two nodes and what they say to each other; `lost` says which datagram is lost."""

    def __init__(self, here: str, there: str) -> None:
        self.now = 100.0
        self.said: list[Talk] = []
        self.lost = lambda _number: False
        self.ours = FileQuestions(self._to_partner, lambda: _document(here))
        self.partners = FileQuestions(self._to_us, lambda: _document(there))

    def _to_partner(self, talk: Talk) -> None:
        self._pass(talk, self.partners)

    def _to_us(self, talk: Talk) -> None:
        self._pass(talk, self.ours)

    def _pass(self, talk: Talk, to: FileQuestions) -> None:
        datagram = aside.encode(Aside("c", Side.PRIMARY, talk))
        assert b"hunter" not in datagram
        self.said.append(talk)
        if not self.lost(len(self.said)):
            to.hear(aside.read(envelope.open_datagram(datagram).body).talk, self.now)

    def pass_by(self, seconds: float) -> None:
        end = self.now + seconds
        while self.ours.wake_at() <= end:
            self.now = max(self.now + 0.006, self.ours.wake_at())
            self.ours.tend(self.now)
        self.now = end


def _document(text: str) -> Document:
    return parse(text.encode())


def test_a_section_that_differs_is_told_with_both_values() -> None:
    pair = Pair(WEB, WEB.replace("80", "8080").replace("hunter2", "hunter3"))
    pair.ours.ask("failover web", pair.now, 2.5)
    pair.pass_by(0.1)
    assert pair.ours.answers == {
        "failover web": (
            'port is "80" here and "8080" there',
            "send differs (it may be a secret and is not shown)",
        )
    }
    assert [type(talk) for talk in pair.said] == [SectionAsked, SectionTold]
    assert pair.ours.wake_at() == NEVER


def test_a_section_of_many_pages_comes_in_pieces() -> None:
    words = ("cluster", "witness", "notify_cmd", "primary", "backup")
    many = "".join(f"{word} = {'x' * 290}\n" for word in words)
    pair = Pair(many, many.replace("x", "y"))
    pair.ours.ask("global", pair.now, 2.5)
    pair.pass_by(0.2)
    found = pair.ours.answers["global"]
    assert found is not None
    assert len(found) == 5
    assert len(pair.said) == 6, "three questions, three pages"


def test_what_is_lost_is_asked_again() -> None:
    pair = Pair(WEB, WEB.replace("80", "81"))
    pair.lost = lambda number: number in (1, 3)
    pair.ours.ask("failover web", pair.now, 2.5)
    pair.pass_by(2.5 * REPEAT_SECONDS)
    assert pair.ours.answers["failover web"] == ('port is "80" here and "81" there',)


def test_a_partner_that_does_not_answer_is_not_waited_for() -> None:
    pair = Pair(WEB, WEB)
    pair.lost = lambda _number: True
    for section in ("failover web", "global"):
        pair.ours.ask(section, pair.now, 2.5)
    pair.pass_by(3.0)
    assert pair.ours.answers == {"failover web": None, "global": None}
    assert len(pair.said) <= 2.5 / REPEAT_SECONDS + 2


def test_files_that_only_mean_different_things_are_told_so() -> None:
    pair = Pair(WEB, WEB)
    pair.ours.ask("failover web", pair.now, 2.5)
    pair.pass_by(0.1)
    assert pair.ours.answers["failover web"] == (ONLY_IN_MEANING,)


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    pair = Pair(WEB, WEB)
    pair.ours.hear(SectionTold(1, 0, 1, True, ()), pair.now)
    pair.lost = lambda _number: True
    pair.ours.ask("failover web", pair.now, 2.5)
    pair.ours.tend(pair.now)
    (asked,) = pair.said
    assert isinstance(asked, SectionAsked)
    pair.ours.hear(SectionTold(asked.number ^ 1, 0, 1, True, ()), pair.now)
    pair.ours.hear(SectionTold(asked.number, 1, 2, True, ()), pair.now)
    assert pair.ours.answers == {}


def test_questions_in_a_flood_are_answered_now_and_then() -> None:
    pair = Pair(WEB, WEB)
    for _ in range(1000):
        pair.partners.hear(SectionAsked(1, 0, "failover web"), pair.now)
    assert len(pair.said) == 1


def test_more_sections_than_a_person_reads_are_not_asked_for() -> None:
    pair = Pair(WEB, WEB)
    for number in range(MOST_SECTIONS + 3):
        pair.ours.ask(f"failover s{number}", pair.now, 2.5)
    assert list(pair.ours.answers.values()) == [None] * 3
