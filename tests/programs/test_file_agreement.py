"""Files that differ are named section by section, once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from piranha.decisions.rules import NodeRules
from piranha.programs.file_agreement import FileAgreement, differences
from piranha.programs.rules_from import rules_from
from piranha.system import journal
from piranha.terms import Side
from piranha.wire.heartbeat import Heartbeat
from tests.programs.example_settings import settings
from tests.programs.test_heartbeat_paths import BEAT

DIGESTS = {"global": b"g" * 8, "failover web": b"w" * 8}


def rules(**digests: bytes) -> NodeRules:
    return rules_from(settings(digests={**DIGESTS, **digests}), Side.BACKUP)


def beat(**digests: bytes) -> Heartbeat:
    return replace(BEAT, digests={**DIGESTS, **digests})


@pytest.fixture
def lines() -> Iterator[list[str]]:
    said: list[str] = []
    journal.open_journal("pulse", True, False, lambda _severity, line: said.append(line))
    yield said
    journal.open_journal("pytest", True, False)


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


def test_each_difference_is_said_once_and_its_end_too(lines: list[str]) -> None:
    agreement = FileAgreement()
    for ours, theirs in (
        (rules(), beat(ftp=b"f" * 8)),
        (rules(), beat(ftp=b"f" * 8)),
        (rules(ftp=b"f" * 8), beat(ftp=b"f" * 8)),
    ):
        agreement.hear(ours, theirs)
    assert lines == [
        "pulse: configuration: ftp is in the partner's file only (serial_no 3 here, 3 there)",
        "pulse: configuration: the partner's file agrees again (serial_no 3 here, 3 there)",
    ]
