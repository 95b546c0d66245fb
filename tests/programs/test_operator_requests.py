"""What operators ask, against a node that only takes notes."""

from dataclasses import replace
from pathlib import Path

import pytest

from piranha.decisions import node
from piranha.decisions.effects import Moved, Say
from piranha.decisions.events import (
    ClearAsked,
    Event,
    HoldChanged,
    IgnoreChanged,
    SwitchAsked,
)
from piranha.programs.move_record import MoveRecord
from piranha.programs.node_memory import NodeMemory
from piranha.programs.operator_requests import OperatorRequests, request_text
from piranha.programs.rules_from import rules_from
from piranha.system import clock
from piranha.terms import Role, Severity, Side
from piranha.wire.control_line import (
    Answer,
    Clear,
    Done,
    Fence,
    Hold,
    Ignore,
    MoveShown,
    Progress,
    Refused,
    Reload,
    Request,
    Resume,
    Status,
    Switch,
    Upgrade,
    Why,
)
from piranha.wire.exit_status import ExitStatus
from tests.programs.example_settings import SETTINGS
from tests.programs.test_status_page import STATUS

MOVE = MoveShown(1.0, "primary", "sites", 2, "standby", "starting", "FACT", "why", {})


class NoteTaker:
    """A node that does nothing."""

    def __init__(self, directory: Path) -> None:
        self.rules = rules_from(SETTINGS, Side.PRIMARY)
        self.state = node.start(self.rules, 1, {}, False, clock.now())
        self.memory = NodeMemory(directory / "memory", pytest.fail)
        self.moves = MoveRecord(directory / "moves")
        self.service_names = frozenset({"web", "ftp"})
        self.events: list[Event] = []
        self.left_by = ""
        self.reloaded = (True, ["failover web: changed"])

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def status(self) -> object:
        return STATUS

    def reload(self) -> tuple[bool, list[str]]:
        return self.reloaded

    def fence(self, caller: object, request: Fence) -> None:
        caller.finish(Done(f"fence {request.wish}"))  # type: ignore[attr-defined]

    def leave_to_next(self, by: str) -> None:
        self.left_by = by


class Customer:
    """A caller who keeps what he is told."""

    def __init__(self) -> None:
        self.told: list[Answer] = []
        self.is_gone = False

    def __str__(self) -> str:
        return "the operator"

    def tell(self, answer: Answer) -> None:
        self.told.append(answer)

    def finish(self, answer: Done | Refused) -> None:
        self.told.append(answer)


@pytest.fixture
def of(tmp_path: Path) -> NoteTaker:
    return NoteTaker(tmp_path)


@pytest.fixture
def desk(of: NoteTaker) -> OperatorRequests:
    return OperatorRequests(of)  # type: ignore[arg-type]


def asked(desk: OperatorRequests, request: object) -> list[Answer]:
    customer = Customer()
    desk.serve(customer, request)  # type: ignore[arg-type]
    return customer.told


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (Switch(""), "switch"),
        (Switch("web"), "switch group web"),
        (Hold(), "hold"),
        (Ignore("web", 60.0), "ignore service web seconds 60.0"),
    ],
)
def test_a_request_is_logged_in_words(request_: Request, text: str) -> None:
    assert request_text(request_) == text


def test_a_status_is_one_page(desk: OperatorRequests) -> None:
    assert asked(desk, Status()) == [STATUS, Done()]


def test_a_watched_status_goes_on_and_comes_at_once_after_a_move(desk: OperatorRequests) -> None:
    customer = Customer()
    desk.serve(customer, Status(is_watched=True))  # type: ignore[arg-type]
    desk.tend()
    desk.tend()
    assert customer.told == [STATUS]
    assert clock.now() < desk.wake_at() <= clock.now() + 1.0
    move = Moved("sites", Role.STANDBY, Role.CLAIMING, 1, "F", "why", Severity.INFO, {})
    desk.note(move)
    desk.tend()
    assert customer.told == [STATUS, STATUS]
    customer.is_gone = True
    desk.tend()
    assert desk.wake_at() == float("inf")


def test_a_hold_is_remembered_with_its_end(desk: OperatorRequests, of: NoteTaker) -> None:
    assert asked(desk, Hold(1800.0)) == [Done("this node takes nothing over for 1800 s")]
    assert of.events == [HoldChanged(True, "the operator")]
    assert of.memory.content.is_held
    assert of.memory.content.held_until == pytest.approx(clock.wall() + 1800.0, abs=5.0)


def test_a_hold_is_ended(desk: OperatorRequests, of: NoteTaker) -> None:
    asked(desk, Hold())
    assert of.memory.content.held_until is None
    assert asked(desk, Resume()) == [Done("this node may take over again")]
    assert of.events[-1] == HoldChanged(False, "the operator")
    assert asked(desk, Resume()) == [Refused("this node is not held", ExitStatus.FAILED)]


def test_a_service_is_ignored_and_heeded_again(desk: OperatorRequests, of: NoteTaker) -> None:
    assert asked(desk, Ignore("web")) == [Done("failures of web move nothing until it is resumed")]
    assert of.memory.content.ignored == {"web": None}
    assert asked(desk, Resume("web")) == [Done("failures of web count again")]
    assert of.events == [IgnoreChanged("web", True), IgnoreChanged("web", False)]
    assert asked(desk, Resume("web")) == [Refused("service web is not ignored", ExitStatus.FAILED)]


def test_a_service_that_does_not_exist_cannot_be_ignored(
    desk: OperatorRequests, of: NoteTaker
) -> None:
    assert asked(desk, Ignore("wbe")) == [
        Refused("there is no service wbe, only ftp, web", ExitStatus.WRONG_USE)
    ]
    assert of.events == []


def test_one_of_several_groups_must_be_named(desk: OperatorRequests, of: NoteTaker) -> None:
    assert asked(desk, Clear("")) == [Refused("which group? (sites, files)", ExitStatus.WRONG_USE)]
    assert asked(desk, Switch("x")) == [
        Refused("there is no group x (sites, files)", ExitStatus.WRONG_USE)
    ]
    assert asked(desk, Clear("files")) == [Done("this node counts as able to serve files")]
    assert of.events == [ClearAsked("files")]


def test_the_only_group_need_not_be_named(desk: OperatorRequests, of: NoteTaker) -> None:
    of.rules = replace(of.rules, groups=of.rules.groups[:1])
    asked(desk, Clear(""))
    assert of.events == [ClearAsked("sites")]


def test_why_shows_records(desk: OperatorRequests, of: NoteTaker) -> None:
    for epoch in (1, 2, 3):
        of.moves.keep(replace(MOVE, epoch=epoch))
    told = asked(desk, Why(2))
    assert told == [replace(MOVE, epoch=2), replace(MOVE, epoch=3), Done()]


def test_a_reload_tells_what_it_did(desk: OperatorRequests, of: NoteTaker) -> None:
    assert asked(desk, Reload()) == [
        Progress("failover web: changed"), Done("the new configuration is in force"),
    ]  # fmt: skip
    of.reloaded = (False, ["lvs.cf:3:1: wrong"])
    assert asked(desk, Reload()) == [
        Progress("lvs.cf:3:1: wrong"),
        Refused("refused, the running configuration stays", ExitStatus.WRONG_USE),
    ]


def test_an_upgrade_leaves_everything_to_the_next_pulse(
    desk: OperatorRequests, of: NoteTaker
) -> None:
    assert asked(desk, Upgrade()) == [Done("pulse ends now, and leaves fos to the next pulse")]
    assert of.left_by == "the operator"


def test_a_switch_that_cannot_be_is_refused_before_it_begins(
    desk: OperatorRequests, of: NoteTaker
) -> None:
    for is_dry_run in (True, False):
        (answer,) = asked(desk, Switch("sites", is_dry_run))
        assert isinstance(answer, Refused)
        assert answer.status is ExitStatus.FAILED
    assert of.events == []


def serving(of: NoteTaker, role: Role) -> None:
    """The group "sites" is in this role here, and the partner, fit, stands by or serves."""
    from piranha.decisions.events import HeartbeatHeard
    from piranha.wire.heartbeat import GroupBeat, Heartbeat

    there = Role.STANDBY if role is Role.ACTIVE else Role.ACTIVE
    beat = Heartbeat(
        "default", Side.BACKUP, 5, 1, 2.0, 5.0, 3, False, False, True, None, 0.0,
        groups=(GroupBeat("sites", there, 3, True, False),),
    )  # fmt: skip
    now = clock.now()
    of.state = node.step(of.rules, of.state, HeartbeatHeard(0, beat, now), now).state
    groups = tuple(
        replace(g, role=role, period=3 if role is Role.ACTIVE else 0, is_armed=True,
                is_arming=False, unarmed_reason="", permitted_until=now + 3.0)
        if g.name == "sites" else g
        for g in of.state.groups
    )  # fmt: skip
    of.state = replace(of.state, groups=groups)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    desk: OperatorRequests, of: NoteTaker
) -> None:
    serving(of, Role.ACTIVE)
    before = of.state
    assert asked(desk, Switch("sites", is_dry_run=True)) == [
        Done("sites: 10.0.0.2 is asked to take over from this node")
    ]
    assert of.events == []
    assert of.state is before


def test_a_switch_is_told_step_by_step_to_its_end(desk: OperatorRequests, of: NoteTaker) -> None:
    serving(of, Role.STANDBY)
    customer = Customer()
    desk.serve(customer, Switch("sites"))  # type: ignore[arg-type]
    assert customer.told == [Progress("sites: this node asks 10.0.0.2 to hand over")]
    (event,) = of.events
    assert event == SwitchAsked("sites", "the operator")
    of.state = node.step(of.rules, of.state, event, clock.now()).state
    desk.tend()
    desk.note(Say(Severity.WARNING, "sites", "something happened"))
    desk.note(Say(Severity.WARNING, "files", "elsewhere"))
    assert customer.told[1:] == [Progress("sites: something happened")]
    serving(of, Role.ACTIVE)
    desk.tend()
    done = customer.told[-1]
    assert isinstance(done, Done)
    assert done.text.startswith("sites: served by this node after 0.")
    assert desk.wake_at() == float("inf")
