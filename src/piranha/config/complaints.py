"""What is wrong with a file, where, and what was expected instead."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

Weight = Literal["error", "warning", "notice"]
"""error: the file is refused; warning: it is used, someone should look; notice: good to know."""

MOST_COMPLAINTS = 200
"""More than a person reads; a binary file given by mistake would have one for each line."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One sentence about one place: what, what was expected, and perhaps what was meant."""

    file: str
    line: int
    """1 is the first line, also of a file that is wrong as a whole."""
    column: int
    """1 is the first character of the line."""
    severity: Weight
    text: str

    def __str__(self) -> str:
        weight = "" if self.severity == "error" else f"{self.severity}: "
        return f"{self.file}:{self.line}:{self.column}: {weight}{self.text}"


class Complaints:
    """Collects the complaints about one file; counts on after the most that are kept."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._kept: list[Complaint] = []
        self._left_out = 0
        self.has_error = False

    @property
    def is_full(self) -> bool:
        """True when a further text would not be kept, so that it need not be composed."""
        return len(self._kept) >= MOST_COMPLAINTS

    def add(self, line: int, column: int, severity: Weight, text: str) -> None:
        """Take one complaint; an error is remembered even when its text is not kept."""
        self.has_error = self.has_error or severity == "error"
        if self.is_full:
            self._left_out += 1
        else:
            self._kept.append(Complaint(self._file, line, column, severity, text))

    def sorted(self) -> tuple[Complaint, ...]:
        """All of them in the order of the file, the count of those left out at the end."""
        found = sorted(self._kept, key=lambda complaint: (complaint.line, complaint.column))
        if self._left_out:
            weight: Weight = "error" if self.has_error else "notice"
            last = found[-1].line
            text = f"and {self._left_out} more complaints"
            found.append(Complaint(self._file, last, 1, weight, text))
        return tuple(found)


def errors(complaints: Iterable[Complaint]) -> tuple[Complaint, ...]:
    """Those for which the file is refused."""
    return tuple(c for c in complaints if c.severity == "error")


def did_you_mean(word: str, known: Collection[str]) -> str:
    """`, did you mean "keepalive"?` for a word that is nearly a known one; else nothing."""
    if len(word) > LONGEST_GUESSED or len(known) > MOST_CANDIDATES:
        return ""
    import difflib  # here, as only a faulty file pays for it

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f', did you mean "{near[0]}"?' if near else ""


LONGEST_GUESSED = 40
MOST_CANDIDATES = 100
"""No keyword is half as long, no place has so many: guessing costs time that grows with both."""
