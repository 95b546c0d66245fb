"""What is believed of a run of the partner, and that no recorded heartbeat ever is."""

import itertools
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from piranha.programs import heartbeat_paths
from piranha.programs.heartbeat_guard import (
    MOST_CHALLENGES,
    MOST_WAITING,
    NEVER,
    OVER,
    REPEATED,
    Belief,
    HeartbeatGuard,
)
from piranha.system.loop import Loop
from piranha.wire.aside import Challenge, ChallengeAnswered
from piranha.wire.heartbeat import Heartbeat
from tests.programs.attacker import BEAT, FakeClock, Road

TAKEN, UNPROVEN, REFUSED = Belief.TAKEN, Belief.UNPROVEN, Belief.REFUSED


def beat(sequence: int, incarnation: int = 11) -> Heartbeat:
    return replace(BEAT, sequence=sequence, incarnation=incarnation)


def guard(*, is_challenging: bool = False, newest_known: int = 0) -> HeartbeatGuard:
    made = HeartbeatGuard(itertools.count(1000).__next__, newest_known)
    made.is_challenging = is_challenging
    return made


def test_each_heartbeat_must_be_newer_than_the_last_on_its_path() -> None:
    it = guard()
    found = [(it.hear(0, beat(n), 0.0), it.reason) for n in (5, 6, 6, 5, 9)]
    assert [belief for belief, _ in found] == [TAKEN, TAKEN, REFUSED, REFUSED, TAKEN]
    assert found[2][1] == REPEATED


def test_a_copy_on_the_other_path_is_no_repetition() -> None:
    it = guard()
    assert [it.hear(path, beat(5), 0.0) for path in (0, 1)] == [TAKEN, TAKEN]


def test_without_a_key_a_new_run_of_the_partner_counts_from_its_own_start() -> None:
    it = guard()
    assert [it.hear(0, beat(900), 0.0), it.hear(0, beat(1, 12), 0.0)] == [TAKEN, TAKEN]


def test_a_run_that_is_over_is_never_heard_again() -> None:
    it = guard()
    it.hear(0, beat(1), 0.0)
    it.hear(0, beat(1, 12), 0.0)
    assert (it.hear(1, beat(2), 0.0), it.reason) == (REFUSED, OVER)
    assert it.hear(0, beat(2, 12), 0.0) is TAKEN


def test_with_a_key_a_run_is_heard_from_the_heartbeat_on_that_its_answer_names() -> None:
    it = guard(is_challenging=True)
    for sequence in (3, 7):
        assert it.hear(0, beat(sequence), 1.0) is UNPROVEN
    challenge = it.challenge(1.0)
    assert challenge == Challenge(1000)
    (waiting,) = it.answered(ChallengeAnswered(1000, 11, 7))
    assert waiting.beat.sequence == 7
    assert it.hear(0, beat(6), 1.0) is REFUSED
    assert it.hear(0, beat(7), 1.0) is TAKEN


def test_what_was_recorded_of_the_living_run_is_not_heard_either() -> None:
    """A node that was started again hears the attacker first: an old heartbeat of the run that
    lives, from before it took the group over."""
    it = guard(is_challenging=True)
    it.hear(0, beat(3), 1.0)
    it.challenge(1.0)
    assert [w.beat.sequence for w in it.answered(ChallengeAnswered(1000, 11, 40))] == [3]
    assert it.hear(0, beat(3), 1.0) is REFUSED


def test_the_answer_to_another_challenge_proves_nothing() -> None:
    it = guard(is_challenging=True)
    it.hear(0, beat(3), 1.0)
    assert it.answered(ChallengeAnswered(999, 11, 3)) == []
    assert it.hear(0, beat(4), 1.0) is UNPROVEN


def test_each_challenge_has_a_number_of_its_own() -> None:
    it = guard(is_challenging=True)
    it.hear(0, beat(3), 1.0)
    it.answered(ChallengeAnswered(1000, 11, 3))
    it.hear(0, beat(1, 12), 2.0)
    assert it.challenge(2.0) == Challenge(1001)


def test_a_challenge_is_repeated_for_a_second_after_what_waits_for_it() -> None:
    it = guard(is_challenging=True)
    it.hear(0, beat(3), 1.0)
    instants = []
    while it.wake_at() < NEVER:
        instants.append(it.wake_at())
        assert it.challenge(instants[-1]) is not None
    assert len(instants) == MOST_CHALLENGES
    assert 0.9 < instants[-1] - instants[0] < 1.0
    it.hear(0, beat(4), 9.0)
    assert it.wake_at() == 9.0


def test_an_older_run_than_the_newest_known_counts_for_nothing_until_it_answers() -> None:
    """A partner whose date was set back and whose memory is gone is heard all the same."""
    it = guard(is_challenging=True, newest_known=50)
    assert it.hear(0, beat(3, 49), 1.0) is REFUSED
    assert it.hear(0, beat(3, 50), 1.0) is UNPROVEN
    it.challenge(1.0)
    it.answered(ChallengeAnswered(1000, 49, 3))
    assert it.hear(0, beat(3, 49), 1.0) is TAKEN
    assert it.newest_known == 50


def test_old_runs_played_against_it_do_not_keep_the_living_one_out_nor_fill_the_memory() -> None:
    it = guard(is_challenging=True)
    for old in range(1000):
        it.hear(0, beat(1, 100 + old), 1.0)
    it.hear(0, beat(5, 9999), 1.0)
    assert [w.beat.sequence for w in it.answered(ChallengeAnswered(1000, 9999, 5))] == [5]
    it.hear(0, beat(1, 100), 1.0)
    assert len(it.answered(ChallengeAnswered(1001, 100, 1))) <= MOST_WAITING


@pytest.fixture
def road(monkeypatch: pytest.MonkeyPatch, lines: list[str]) -> Iterator[object]:
    assert lines == []
    clock, loop = FakeClock(), Loop()
    monkeypatch.setattr(heartbeat_paths, "clock", clock)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    yield lambda seed: Road(seed, loop, clock, port)
    loop.close()


@pytest.mark.parametrize("seed", range(15))
def test_an_attacker_without_the_key_is_never_believed(seed: int, road) -> None:  # type: ignore[no-untyped-def]
    """He records, repeats, reorders, withholds, cuts short and flips bits; nodes are restarted.
    Nothing is heard twice, nothing of a run that is over, and nothing that is older than the
    newest heartbeat that the partner had sent when this node was started."""
    world: Road = road(seed)
    for _ in range(400):
        world.misbehave()
        for end in world.ends.values():
            assert end.heard == sorted(set(end.heard)), "each once, and none goes back"
            if end.heard:
                assert end.heard[0] >= end.partner_at_start
    world.settle()
    for end in world.ends.values():
        partner = world.other(end)
        assert end.heard[-1][0] == partner.incarnation
        assert end.heard[-1][1] >= partner.sequence - 1


@pytest.mark.parametrize("seed", range(3))
def test_the_attack_succeeds_where_nobody_is_challenged(seed: int, road) -> None:  # type: ignore[no-untyped-def]
    """The test above would see it."""
    world: Road = road(seed)
    is_fooled = False
    for _ in range(400):
        world.misbehave()
        for end in world.ends.values():
            end.paths.guard.is_challenging = False
            is_fooled = is_fooled or end.heard != sorted(set(end.heard))
            is_fooled = is_fooled or (bool(end.heard) and end.heard[0] < end.partner_at_start)
    assert is_fooled
