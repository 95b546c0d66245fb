"""Real daemons under random troubles: every claim holds, and the audit sees each planted violation.

`make chaos SEED=n` repeats an episode with its logs; `make soak` runs many more.
"""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lab.chaos import Outcome, play
from tests.lab.chaos_episode import Episode, Plant
from tests.lab.chaos_plan import ACTIVE, STANDBY, Kind, Plan, Timing, Trouble, plan
from tests.lab.lvs_cf import VIP
from tests.lab.pair import STATE_DIRECTORY
from tests.lab.segment import hardware_address_of, port_of

pytestmark = pytest.mark.lab

SEEDS = (2, 6, 10, 16, 21)
LANES = 3
TIMING = Timing(0.2, 2.6)
HARMLESS = Trouble(Kind.LOSS, STANDBY, 0.5, 1.0)
ASKED = Trouble(Kind.SWITCH, ACTIVE, 0.5, 1.0)


def add_a_second_owner(episode: Episode) -> None:
    """A third machine answers for the VIP, as one does after a mistake with ip(8)."""
    episode.segment.client.run(["ip", "address", "add", f"{VIP}/32", "dev", "eth0"])


def end_every_daemon(episode: Episode) -> None:
    for node in episode.segment.nodes:
        episode.pair.signal_suite(node, signal.SIGKILL)


def switch_without_telling(episode: Episode) -> None:
    episode.pair.wait_until_active().run(["piranhactl", "switch"])


def suppress_announcements(episode: Episode) -> None:
    """What the standby, the next owner, broadcasts about addresses arrives nowhere."""
    standby = episode.segment.other(episode.pair.wait_until_active())
    source = hardware_address_of(standby.name)
    rules = (
        "table bridge plant { chain on_prerouting { type filter hook prerouting priority 1;"
        f' iifname "{port_of(standby.name)}" ether saddr {source}'
        " ether type arp ether daddr ff:ff:ff:ff:ff:ff drop\n }\n}\n"
    )
    episode.segment.switch.run(["nft", "-f", "-"], rules)


def remove_a_record(episode: Episode) -> None:
    (records,) = episode.pair.wait_until_active().path(STATE_DIRECTORY).glob("*-moves.jsonl")
    lines = records.read_text().splitlines(keepends=True)
    records.write_text("".join([*lines[:-2], lines[-1]]))


PLANTS = {
    "single": (Plant(before=add_a_second_owner), HARMLESS),
    "alive": (Plant(after=end_every_daemon), HARMLESS),
    "calm": (Plant(before=switch_without_telling), HARMLESS),
    "heard": (Plant(before=suppress_announcements), ASKED),
    "reason": (Plant(after=remove_a_record), ASKED),
}


def test_every_claim_holds_under_random_troubles() -> None:
    with ThreadPoolExecutor(LANES) as lanes:
        outcomes: list[Outcome] = list(lanes.map(play, map(plan, SEEDS)))
    for outcome in outcomes:
        print(outcome)
        assert not outcome.complaints, outcome.logs


def test_the_audit_sees_each_planted_violation() -> None:
    def complaints(claim: str) -> tuple[str, ...]:
        plant, trouble = PLANTS[claim]
        return play(Plan(0, TIMING, (trouble,)), plant).complaints

    with ThreadPoolExecutor(len(PLANTS)) as lanes:
        found = dict(zip(PLANTS, lanes.map(complaints, PLANTS), strict=True))
    for claim, said in found.items():
        print(claim, said)
        assert any(complaint.startswith(f"{claim}: ") for complaint in said), found
