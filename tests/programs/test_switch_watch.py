"""A switch, from the question whether it can be to its outcome."""

from dataclasses import replace

from piranha.decisions import node
from piranha.decisions.effects import Say
from piranha.decisions.events import SwitchAsked
from piranha.decisions.group_state import Claim, ClaimKind, GroupState
from piranha.decisions.node import Decision
from piranha.decisions.node_state import NodeState
from piranha.programs.rules_from import rules_from
from piranha.programs.switch_watch import SwitchWatch, preview
from piranha.terms import Role, Severity, Side
from piranha.wire.control_line import Done, Refused
from piranha.wire.exit_status import ExitStatus
from piranha.wire.heartbeat import GroupBeat
from tests.programs.example_settings import SETTINGS

RULES = rules_from(SETTINGS, Side.PRIMARY)
ASKED = SwitchAsked("sites", "the operator")
CLAIM = Claim(7, ClaimKind.SWITCH, "asked", 100.0, 130.0)


def state(role: Role, partner: Role = Role.STANDBY, **changes: object) -> NodeState:
    """A node whose group "sites" is as given."""
    start = node.start(RULES, 1, {}, False, 100.0)
    beat = GroupBeat("sites", partner, 3, True, False)
    sites = replace(start.group("sites"), role=role, partner=beat, **changes)  # type: ignore[arg-type]
    groups: tuple[GroupState, ...] = (sites, start.group("files"))
    return replace(start, groups=groups)


def test_an_active_node_asks_its_partner() -> None:
    offered = Decision(state(Role.ACTIVE, offer=4), ())
    answer = preview(RULES, state(Role.ACTIVE), ASKED, offered)
    assert answer == Done("sites: 10.0.0.2 is asked to take over from this node")


def test_a_standby_asks_the_active_to_hand_over() -> None:
    claiming = Decision(state(Role.CLAIMING, claim=CLAIM), ())
    answer = preview(RULES, state(Role.STANDBY), ASKED, claiming)
    assert answer == Done("sites: this node asks 10.0.0.2 to hand over")


def test_a_refusal_says_why() -> None:
    before = state(Role.ACTIVE)
    said = Say(Severity.WARNING, "sites", "switch refused: the partner is held")
    answer = preview(RULES, before, ASKED, Decision(before, (said,)))
    assert answer == Refused("sites: switch refused: the partner is held", ExitStatus.FAILED)


def test_where_the_core_has_nothing_to_say_the_role_is_told() -> None:
    before = state(Role.RELEASING)
    answer = preview(RULES, before, ASKED, Decision(before, ()))
    assert answer == Refused("sites: this node is releasing and has no say now", ExitStatus.FAILED)


def test_away_from_here_it_ends_when_the_partner_is_active() -> None:
    watch = SwitchWatch(RULES, state(Role.ACTIVE), "sites", 100.0)
    for role, partner in (
        (Role.RELEASING, Role.CLAIMING),
        (Role.STANDBY, Role.CLAIMING),
        (Role.STANDBY, Role.STARTING),
    ):
        assert watch.outcome(RULES, state(role, partner), 100.5) is None
    over = watch.outcome(RULES, state(Role.STANDBY, Role.ACTIVE), 100.834)
    assert over == Done("sites: served by 10.0.0.2 after 0.834 s")


def test_to_here_it_ends_when_this_node_is_active() -> None:
    watch = SwitchWatch(RULES, state(Role.STANDBY, Role.ACTIVE), "sites", 100.0)
    assert watch.outcome(RULES, state(Role.STANDBY, Role.ACTIVE), 100.0) is None
    assert watch.outcome(RULES, state(Role.CLAIMING, Role.ACTIVE, claim=CLAIM), 100.1) is None
    over = watch.outcome(RULES, state(Role.ACTIVE), 101.0)
    assert over == Done("sites: served by this node after 1.000 s")


def test_a_claim_that_was_given_up_is_a_failure_with_the_last_news() -> None:
    watch = SwitchWatch(RULES, state(Role.STANDBY, Role.ACTIVE), "sites", 100.0)
    watch.outcome(RULES, state(Role.CLAIMING, Role.ACTIVE, claim=CLAIM), 100.1)
    watch.last_news = "sites: claiming -> standby: the partner refused the claim"
    over = watch.outcome(RULES, state(Role.STANDBY, Role.ACTIVE), 100.2)
    assert over == Refused(f"sites: not switched after 0.2 s: {watch.last_news}", ExitStatus.FAILED)


def test_a_partner_that_does_not_follow_is_a_failure() -> None:
    watch = SwitchWatch(RULES, state(Role.ACTIVE), "sites", 100.0)
    assert watch.outcome(RULES, state(Role.ACTIVE, offer=4), 109.0) is None
    over = watch.outcome(RULES, state(Role.ACTIVE), 110.1)
    assert over == Refused(
        "sites: not switched after 10.1 s: the partner did not follow", ExitStatus.FAILED
    )


def test_what_came_back_is_a_failure() -> None:
    watch = SwitchWatch(RULES, state(Role.ACTIVE), "sites", 100.0)
    assert watch.outcome(RULES, state(Role.RELEASING), 100.1) is None
    over = watch.outcome(RULES, state(Role.ACTIVE), 105.0)
    assert isinstance(over, Refused)


def test_nobody_waits_for_ever() -> None:
    watch = SwitchWatch(RULES, state(Role.ACTIVE), "sites", 100.0)
    assert watch.outcome(RULES, state(Role.RELEASING), watch.limit_at - 0.1) is None
    over = watch.outcome(RULES, state(Role.RELEASING), watch.limit_at)
    assert isinstance(over, Refused)
    assert "no end after" in over.text


def test_a_group_that_leaves_the_file_ends_its_switch() -> None:
    watch = SwitchWatch(RULES, state(Role.ACTIVE), "sites", 100.0)
    without = replace(state(Role.ACTIVE), groups=())
    assert isinstance(watch.outcome(RULES, without, 100.1), Refused)
