"""What three probes of one service mean together: the whole table, and the words."""

from itertools import product

import pytest

from piranha.decisions.three_points import (
    NOT_ASKED,
    Answer,
    Fault,
    Owner,
    Point,
    ThreePoints,
    evidence_of,
    fault_of,
    named,
)

G, B, N = Answer.GOOD, Answer.BAD, Answer.NONE
DEAD, CUT, MAC, FILTER = Fault.SERVICE_DEAD, Fault.PATH_CUT, Fault.WRONG_MAC, Fault.FILTER
NO, UNJUDGED = Fault.NO_FAULT, Fault.NOT_JUDGED

TABLE = {
    # there, from here, through the VIP: at the partner or unknown; nobody has it; another has it;
    # and at the partner, but no heartbeat passes between the real addresses
    (G, G, G): (NO, NO, MAC, NO),
    (G, G, B): (FILTER, MAC, MAC, FILTER),
    (G, G, N): (UNJUDGED, UNJUDGED, UNJUDGED, UNJUDGED),
    (G, B, G): (FILTER, FILTER, MAC, CUT),
    (G, B, B): (FILTER, MAC, MAC, CUT),
    (G, B, N): (FILTER, FILTER, FILTER, CUT),
    (G, N, G): (UNJUDGED, UNJUDGED, MAC, UNJUDGED),
    (G, N, B): (FILTER, MAC, MAC, CUT),
    (G, N, N): (UNJUDGED, UNJUDGED, UNJUDGED, UNJUDGED),
    (B, G, G): (FILTER, FILTER, MAC, FILTER),
    (B, G, B): (FILTER, MAC, MAC, FILTER),
    (B, G, N): (FILTER, FILTER, FILTER, FILTER),
    (B, B, G): (FILTER, FILTER, MAC, FILTER),
    (B, B, B): (DEAD, DEAD, DEAD, DEAD),
    (B, B, N): (DEAD, DEAD, DEAD, DEAD),
    (B, N, G): (FILTER, FILTER, MAC, FILTER),
    (B, N, B): (DEAD, DEAD, DEAD, DEAD),
    (B, N, N): (DEAD, DEAD, DEAD, DEAD),
    (N, G, G): (UNJUDGED, UNJUDGED, MAC, UNJUDGED),
    (N, G, B): (FILTER, MAC, MAC, FILTER),
    (N, G, N): (UNJUDGED, UNJUDGED, UNJUDGED, UNJUDGED),
    (N, B, G): (FILTER, FILTER, MAC, CUT),
    (N, B, B): (UNJUDGED, MAC, MAC, UNJUDGED),
    (N, B, N): (UNJUDGED, UNJUDGED, UNJUDGED, UNJUDGED),
    (N, N, G): (UNJUDGED, UNJUDGED, MAC, UNJUDGED),
    (N, N, B): (UNJUDGED, MAC, MAC, UNJUDGED),
    (N, N, N): (UNJUDGED, UNJUDGED, UNJUDGED, UNJUDGED),
}


def points(
    answers: tuple[Answer, ...], owner: Owner = Owner.PARTNER, **more: object
) -> ThreePoints:
    there, here, vip = (Point(answer, str(answer)) for answer in answers)
    return ThreePoints(there, here, vip, owner, **more)  # type: ignore[arg-type]


def test_the_table_is_complete() -> None:
    assert TABLE.keys() == set(product((G, B, N), repeat=3))


@pytest.mark.parametrize(("answers", "faults"), TABLE.items(), ids=lambda item: "-".join(item))
def test_every_combination_has_its_name(
    answers: tuple[Answer, ...], faults: tuple[Fault, ...]
) -> None:
    at_partner, nobody, other, unheard = faults
    assert fault_of(points(answers)) is at_partner
    assert fault_of(points(answers, Owner.UNKNOWN)) is at_partner
    assert fault_of(points(answers, Owner.NOBODY)) is nobody
    assert fault_of(points(answers, Owner.OTHER)) is other
    assert fault_of(points(answers, is_path_heard=False)) is unheard


def test_what_was_not_asked_is_said_so() -> None:
    known = ThreePoints(itself=Point(B, "failed"))
    said = f"service dead (there failed, from here {NOT_ASKED}, through the VIP {NOT_ASKED})"
    assert named(known) == said


def test_the_words_name_the_mac_and_the_silent_path() -> None:
    mac = "02:00:00:00:00:99"
    stolen = points((G, G, B), Owner.OTHER, mac=mac)
    assert named(stolen) == (
        "wrong MAC (there good, from here good,"
        f" through the VIP bad at {mac}, which is not the partner's)"
    )
    assert named(points((G, G, B), Owner.NOBODY)).endswith(
        "bad and no machine says that it has it)"
    )
    cut = named(points((G, B, B), is_path_heard=False))
    assert cut.startswith("path cut (there good, from here bad and no heartbeat comes or goes")


def test_the_record_of_a_move_has_all_three() -> None:
    known = points((B, B, B), mac="02:00:00:00:00:01")
    assert evidence_of(known) == {
        "fault": "service dead",
        "there": "bad",
        "from here": "bad",
        "through the VIP": "bad",
        "VIP at": "02:00:00:00:00:01",
    }
    assert "VIP at" not in evidence_of(points((B, B, N)))
