"""The fence of a running pulse: for the core, and for an operator who must name the node."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from piranha.config.settings import Settings
from piranha.decisions.events import Event, Fenced, FenceFailed
from piranha.programs.partner_fence import PartnerFence
from piranha.system import clock
from piranha.system.loop import Loop
from piranha.terms import Side
from piranha.wire.control_line import Answer, Done, Fence, FenceWish, Progress, Refused
from piranha.wire.exit_status import ExitStatus
from tests.programs.example_settings import settings
from tests.programs.test_operator_requests import Customer

TEST, OFF, CONFIRM = FenceWish.TEST, FenceWish.OFF, FenceWish.CONFIRM


class Desk:
    """A fence of the primary, whose program keeps a book of what it was told."""

    def __init__(self, loop: Loop, directory: Path, status: int = 0) -> None:
        self.loop, self.book = loop, directory / "book"
        program = directory / "fence"
        program.write_text(f'#!/bin/sh\necho "$@" >> {self.book}\necho done "$2"\nexit {status}\n')
        program.chmod(0o700)
        words = {Side.PRIMARY: ("4",), Side.BACKUP: ("5",)}
        self.settings: Settings = settings(fence_cmd=(str(program),), fence_words=words)
        self.events: list[Event] = []
        self.fence = PartnerFence(loop, Side.BACKUP, lambda: self.settings, self.events.append)

    def asked(self, request: Fence, *, is_heard: bool = False) -> list[Answer]:
        customer = Customer()
        self.fence.serve(customer, request, is_heard)  # type: ignore[arg-type]
        self.wait_for(lambda: customer.told and isinstance(customer.told[-1], Done | Refused))
        return customer.told

    def wait_for(self, is_there: object) -> None:
        limit = clock.now() + 10.0
        while not is_there():  # type: ignore[operator]
            assert clock.now() < limit
            self.loop.turn(limit)

    def told(self) -> str:
        return self.book.read_text() if self.book.exists() else ""


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def desk(loop: Loop, tmp_path: Path) -> Desk:
    return Desk(loop, tmp_path)


def test_the_core_learns_that_the_partner_is_off(desk: Desk) -> None:
    desk.fence.off("silent")
    desk.wait_for(lambda: desk.events)
    program = desk.settings.fence_cmd[0]
    assert desk.events == [Fenced(f"{program}: exit status 0 (done off)")]
    assert desk.told() == "5 off\n"


def test_the_core_learns_of_a_failure(loop: Loop, tmp_path: Path) -> None:
    desk = Desk(loop, tmp_path, status=1)
    desk.fence.off("silent")
    desk.wait_for(lambda: desk.events)
    assert isinstance(desk.events[0], FenceFailed)
    assert "exit status 1" in desk.events[0].text


def test_a_reload_may_take_the_fence_away(desk: Desk) -> None:
    desk.settings = settings()
    desk.fence.off("silent")
    assert desk.events == [FenceFailed("the file has no fence_cmd")]
    assert desk.asked(Fence(TEST)) == [Refused("the file has no fence_cmd", ExitStatus.WRONG_USE)]


def test_a_test_asks_for_the_status_and_tells_the_core_nothing(desk: Desk) -> None:
    program = desk.settings.fence_cmd[0]
    assert desk.asked(Fence(TEST), is_heard=True) == [
        Progress("done status"),
        Done(f"the fence can be reached: {program}: the node is on (done status)"),
    ]
    assert desk.told() == "5 status\n"
    assert desk.events == []


def test_an_operator_may_switch_the_named_partner_off(desk: Desk) -> None:
    answer = desk.asked(Fence(OFF, "backup"), is_heard=True)[-1]
    assert isinstance(answer, Done)
    assert answer.text.startswith("the backup is off")
    assert isinstance(desk.events[0], Fenced)
    assert desk.told() == "5 off\n"


@pytest.mark.parametrize("wish", [OFF, CONFIRM])
@pytest.mark.parametrize("node", ["", "primary", "everything"])
def test_no_other_node_can_be_meant(desk: Desk, wish: FenceWish, node: str) -> None:
    refused = Refused("the partner of this node is the backup", ExitStatus.WRONG_USE)
    assert desk.asked(Fence(wish, node)) == [refused]
    assert desk.told() == ""
    assert desk.events == []


def test_what_an_operator_has_seen_counts_unless_the_partner_is_heard(desk: Desk) -> None:
    assert desk.asked(Fence(CONFIRM, "backup")) == [Done("the backup counts as off")]
    assert desk.events == [Fenced("the operator says that it is off")]
    heard = desk.asked(Fence(CONFIRM, "backup"), is_heard=True)
    assert heard == [Refused("the backup is heard: it is not off", ExitStatus.FAILED)]
    assert len(desk.events) == 1


def test_a_fence_that_cannot_be_used_is_told_to_the_operator(loop: Loop, tmp_path: Path) -> None:
    desk = Desk(loop, tmp_path, status=1)
    for wish in (TEST, OFF):
        answer = desk.asked(Fence(wish, "backup"))[-1]
        assert isinstance(answer, Refused)
        assert answer.status is ExitStatus.FAILED
    assert desk.events == []


def test_two_fences_at_once_are_refused(desk: Desk) -> None:
    desk.fence.off("silent")
    assert desk.asked(Fence(TEST)) == [Refused("a fence runs already", ExitStatus.REFUSED)]
    desk.wait_for(lambda: desk.events)
