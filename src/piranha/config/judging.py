"""Is a file that can be read also wise? Pure: facts come in, complaints go out."""

from dataclasses import dataclass

from piranha.config.complaints import Complaints, Weight
from piranha.config.document import Document
from piranha.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Case:
    """A file to be judged by itself."""

    settings: Settings
    document: Document
    complaints: Complaints
    broken: frozenset[tuple[str, str]]
    """Section and keyword of values that could not be read: nothing is concluded from them."""

    def complain(self, section: str, keyword: str, severity: Weight, text: str) -> None:
        """Complain at the place of a keyword, unless its value was already refused."""
        if (section, keyword) not in self.broken:
            self.complaints.add(*self.document.where(section, keyword), severity, text)


def judge(case: Case) -> None:
    """Complain about all that cannot work, or will surprise."""
