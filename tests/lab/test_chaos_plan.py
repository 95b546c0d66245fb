"""A seed gives one plan, and the plans reach everything that can go wrong."""

from collections import Counter

from tests.lab.chaos_plan import ACTIVE, EVERYTHING, STANDBY, TIMINGS, Kind, Trouble, plan

MANY = [plan(seed) for seed in range(300)]


def test_a_seed_repeats_an_episode() -> None:
    assert plan(7) == plan(7)
    assert plan(7) != plan(8)


def test_every_kind_and_every_timing_is_drawn() -> None:
    kinds = Counter(trouble.kind for drawn in MANY for trouble in drawn.troubles)
    assert set(kinds) == set(Kind)
    assert min(kinds.values()) > 20
    assert {drawn.timing for drawn in MANY} == set(TIMINGS)


def test_every_process_is_killed_and_stopped_on_either_node() -> None:
    hit = {(t.kind, t.program, t.where) for drawn in MANY for t in drawn.troubles if t.program}
    programs = ("pulse", "fos --active", "nanny", EVERYTHING)
    for kind in (Kind.KILL, Kind.STOP):
        for program in programs:
            assert {(kind, program, ACTIVE), (kind, program, STANDBY)} <= hit
        assert (kind, "fos --monitor", STANDBY) in hit


def test_troubles_overlap() -> None:
    together = [
        drawn
        for drawn in MANY
        if any(
            a.begins < b.begins < a.begins + a.lasts for a in drawn.troubles for b in drawn.troubles
        )
    ]
    assert len(together) > len(MANY) / 4


def test_what_happens_to_the_standby_gives_no_reason_to_move() -> None:
    killed = Trouble(Kind.KILL, STANDBY, 1.0, 2.0, EVERYTHING)
    deaf = Trouble(Kind.DEAF, STANDBY, 1.0, 2.0)
    assert (killed.moves, deaf.moves) == (0, 1)


def test_what_must_be_survived_in_place_gives_no_reason_to_move() -> None:
    fos = Trouble(Kind.KILL, ACTIVE, 1.0, 0.0, "fos --active")
    pulse = Trouble(Kind.KILL, ACTIVE, 1.0, 0.3, "pulse")
    away = Trouble(Kind.KILL, ACTIVE, 1.0, 3.0, "pulse")
    load = Trouble(Kind.LOAD, ACTIVE, 1.0, 3.0)
    assert [trouble.moves for trouble in (fos, pulse, away, load)] == [0, 0, 1, 0]
