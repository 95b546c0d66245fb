"""Files that differ are named section by section, once."""

from dataclasses import replace

from piranha.config.document import parse
from piranha.decisions.rules import NodeRules
from piranha.programs.file_agreement import FileAgreement
from piranha.programs.file_agreement import differences as differences_of
from piranha.programs.file_questions import FileQuestions
from piranha.programs.rules_from import rules_from
from piranha.terms import Side
from piranha.wire.aside import Talk
from piranha.wire.heartbeat import Heartbeat
from tests.programs.example_settings import settings
from tests.programs.test_heartbeat_paths import BEAT

DIGESTS = {"global": b"g" * 8, "failover web": b"w" * 8}


def differences(ours: NodeRules, theirs: Heartbeat) -> tuple[str, ...]:
    return tuple(difference.phrase for difference in differences_of(ours, theirs))


def rules(**digests: bytes) -> NodeRules:
    return rules_from(settings(digests={**DIGESTS, **digests}), Side.BACKUP)


def beat(**digests: bytes) -> Heartbeat:
    return replace(BEAT, digests={**DIGESTS, **digests})


def test_the_same_file_has_no_differences() -> None:
    assert differences(rules(), beat()) == ()


def test_a_section_that_differs_is_named() -> None:
    theirs = replace(beat(), digests={**DIGESTS, "failover web": b"x" * 8})
    assert differences(rules(), theirs) == ("failover web differs",)


def test_a_section_of_one_file_is_named_with_the_file() -> None:
    assert differences(rules(), beat(ftp=b"f" * 8)) == ("ftp is in the partner's file only",)
    assert differences(rules(ftp=b"f" * 8), beat()) == ("ftp is in this node's file only",)


def test_timing_that_differs_is_told_in_numbers() -> None:
    theirs = replace(beat(), deadtime_seconds=10.0)
    assert differences(rules(), theirs) == ("deadtime is 5 s here and 10 s there",)


def test_what_did_not_fit_into_the_heartbeat_is_not_missing() -> None:
    many = {f"failover {number:04}": b"x" * 8 for number in range(200)}
    from piranha.wire import heartbeat

    heard = heartbeat.decode(heartbeat.encode(beat(**many)))
    assert len(heard.digests) < 200
    assert differences(rules(**many), heard) == ()


def test_a_partner_without_digests_says_nothing() -> None:
    assert differences(rules(), replace(BEAT, digests={})) == ()


class Files:
    """The agreement of a node whose partner answers at once, or never."""

    def __init__(self, there: str | None) -> None:
        def answer(talk: Talk) -> None:
            if there is not None:
                partner.hear(talk, self.now)

        self.questions = FileQuestions(answer, lambda: parse(HERE.encode()))
        partner = FileQuestions(
            lambda talk: self.questions.hear(talk, self.now), lambda: parse((there or "").encode())
        )
        self.agreement = FileAgreement(self.questions)

    now = 100.0

    def hear(self, ours: NodeRules, theirs: Heartbeat, now: float = 100.0) -> None:
        self.now = now
        self.agreement.hear(ours, theirs, now)
        self.questions.tend(now)
        self.agreement.tend()


HERE = "failover web {\n    port = 80\n}\n"


def test_a_difference_of_one_file_is_said_once_and_its_end_too(lines: list[str]) -> None:
    files = Files(None)
    for ours, theirs in (
        (rules(), beat(ftp=b"f" * 8)),
        (rules(), beat(ftp=b"f" * 8)),
        (rules(ftp=b"f" * 8), beat(ftp=b"f" * 8)),
    ):
        files.hear(ours, theirs)
    assert lines == [
        "pulse: configuration: ftp is in the partner's file only (serial_no 3 here, 3 there)",
        "pulse: configuration: the partner's file agrees again (serial_no 3 here, 3 there)",
    ]


def test_one_warning_has_the_section_the_keyword_and_both_values(lines: list[str]) -> None:
    files = Files(HERE.replace("80", "81"))
    theirs = beat(**{"failover web": b"x" * 8})
    for _ in range(3):
        files.hear(rules(), theirs)
    assert files.agreement.told == ('failover web differs: port is "80" here and "81" there',)
    assert lines == [
        f"pulse: configuration: {files.agreement.told[0]} (serial_no 3 here, 3 there)",
    ]
    files.hear(rules(), beat())
    assert files.agreement.told == ()


def test_a_section_that_differs_otherwise_is_asked_for_again(lines: list[str]) -> None:
    files = Files(HERE.replace("80", "81"))
    for number, digest in enumerate((b"x" * 8, b"y" * 8)):
        files.hear(rules(), beat(**{"failover web": digest}), 100.0 + number)
    assert len(lines) == 2


def test_a_partner_that_does_not_say_how_is_named_within_half_a_deadtime(lines: list[str]) -> None:
    files = Files(None)
    theirs = beat(**{"failover web": b"x" * 8})
    files.hear(rules(), theirs)
    assert lines == []
    assert files.agreement.told == ("failover web differs",)
    files.hear(rules(), theirs, 102.6)
    assert "failover web differs, and the partner does not say how" in lines[0]
