"""What the partner's file says in a section: asked page by page, and answered when it asks us.

Questions go out one at a time, are repeated while the answer is missing, and are given up when
their time is over. Whoever asks is answered with the running file, never with a secret of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from piranha.config import telling
from piranha.config.document import Document
from piranha.config.telling import Told
from piranha.system.randomness import draw
from piranha.wire import aside
from piranha.wire.aside import EntryTold, SectionAsked, SectionTold, Talk

REPEAT_SECONDS = 0.1
ANSWER_SECONDS = 0.005
"""Between two answers: nobody can make pulse do nothing else."""
MOST_SECTIONS = 32
"""Asked about at a time; the rest is named without its values."""
ONLY_IN_MEANING = "not as it is written, so by a name that is looked up or by its version"
NEVER = float("inf")


@dataclass(slots=True)
class _Question:
    section: str
    limit_at: float
    number: int
    due_at: float
    pages: list[tuple[Told, ...]] = field(default_factory=list)


class FileQuestions:
    """Of one node; `say` sends to the partner, `document` is the file that runs here."""

    def __init__(self, say: Callable[[Talk], None], document: Callable[[], Document]) -> None:
        self._say = say
        self._document = document
        self._waiting: list[_Question] = []
        self._answer_at = 0.0
        self.answers: dict[str, tuple[str, ...] | None] = {}
        """Section -> how it differs; None: the partner did not say in time."""

    def ask(self, section: str, now: float, seconds: float) -> None:
        """Find out how the section differs within so many seconds; anew if it was asked before."""
        self.forget(section)
        if len(self._waiting) >= MOST_SECTIONS:
            self.answers[section] = None
            return
        self._waiting.append(_Question(section, now + seconds, draw(32), now))

    def forget(self, section: str) -> None:
        """The section does not differ any more, or otherwise."""
        self._waiting = [question for question in self._waiting if question.section != section]
        self.answers.pop(section, None)

    def hear(self, talk: Talk, now: float) -> None:
        """A question of the partner, or its answer to ours."""
        if isinstance(talk, SectionAsked):
            self._answer(talk, now)
        elif isinstance(talk, SectionTold):
            self._take(talk, now)

    def wake_at(self) -> float:
        if not self._waiting:
            return NEVER
        limits = (question.limit_at for question in self._waiting)
        return min(self._waiting[0].due_at, *limits, NEVER)

    def tend(self, now: float) -> None:
        """Ask what is due, and give up what took too long."""
        for question in [q for q in self._waiting if now >= q.limit_at]:
            self._waiting.remove(question)
            self.answers[question.section] = None
        if self._waiting and now >= self._waiting[0].due_at:
            question = self._waiting[0]
            question.due_at = now + REPEAT_SECONDS
            self._say(SectionAsked(question.number, len(question.pages), question.section))

    def _answer(self, asked: SectionAsked, now: float) -> None:
        if now < self._answer_at:
            return
        self._answer_at = now + ANSWER_SECONDS
        told = telling.tell(self._document(), asked.section)
        entries = (EntryTold(t.keyword, t.value, t.is_secret, t.digest) for t in told or ())
        pages = aside.pages(tuple(entries))
        if asked.page < len(pages):
            page = pages[asked.page]
            is_there = told is not None
            self._say(SectionTold(asked.number, asked.page, len(pages), is_there, page))

    def _take(self, told: SectionTold, now: float) -> None:
        question = self._waiting[0] if self._waiting else None
        if question is None or told.number != question.number or told.page != len(question.pages):
            return
        page = (Told(e.keyword, e.value, e.is_secret, e.digest) for e in told.entries)
        question.pages.append(tuple(page))
        question.due_at = now
        if len(question.pages) >= told.pages:
            self._waiting.remove(question)
            ours = telling.tell(self._document(), question.section) or ()
            theirs = [entry for page in question.pages for entry in page]
            found = telling.differences(ours, theirs)
            self.answers[question.section] = found or (ONLY_IN_MEANING,)
