"""The words of a fence: agents by standard input, own programs by a last argument."""

import pytest

from piranha.programs import fence_command
from piranha.programs.fence_command import FenceAction, fence_run
from piranha.terms import Side
from tests.programs.example_settings import settings

WORDS = {Side.PRIMARY: ("ip=10.0.9.1",), Side.BACKUP: ("ip=10.0.9.2",)}
AGENT = settings(
    fence_cmd=("/usr/sbin/fence_ipmilan", "-v", "--ssl=1", "username=fence", "password=a=b"),
    fence_words=WORDS,
)
OWN = settings(
    fence_cmd=("/sbin/pdu", "--quiet"),
    fence_words={Side.PRIMARY: ("4",), Side.BACKUP: ("5",)},
    fence_timeout_seconds=7.0,
)


def test_an_agent_gets_its_values_by_standard_input() -> None:
    run = fence_run(AGENT, Side.BACKUP, FenceAction.OFF)
    assert run.argv == ("/usr/sbin/fence_ipmilan", "-v", "--ssl=1")
    assert run.stdin == b"action=off\nusername=fence\npassword=a=b\nip=10.0.9.2\n"


def test_the_file_may_choose_the_action_but_not_that_of_a_test() -> None:
    rebooting = settings(fence_cmd=("fence_x", "action=reboot"), fence_words=WORDS)
    assert b"action=reboot\n" in fence_run(rebooting, Side.PRIMARY, FenceAction.OFF).stdin
    run = fence_run(rebooting, Side.PRIMARY, FenceAction.STATUS)
    assert run.stdin == b"action=status\nip=10.0.9.1\n"


@pytest.mark.parametrize("action", list(FenceAction))
def test_an_own_program_is_told_by_its_last_argument(action: FenceAction) -> None:
    run = fence_run(OWN, Side.PRIMARY, action, "no \0heartbeat")
    assert run.argv == ("/sbin/pdu", "--quiet", "4", str(action))
    assert run.stdin == b""
    assert run.seconds == 7.0
    assert run.environment == {
        "PIRANHA_ACTION": str(action),
        "PIRANHA_CLUSTER": OWN.cluster,
        "PIRANHA_NODE": "backup",
        "PIRANHA_PARTNER": "primary",
        "PIRANHA_PARTNER_ADDRESS": "10.0.0.1",
        "PIRANHA_REASON": "no  heartbeat",
    }


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        (FenceAction.OFF, 0, (True, "exit status 0")),
        (FenceAction.OFF, 2, (False, "exit status 2")),
        (FenceAction.OFF, -9, (False, "killed by signal 9")),
        (FenceAction.STATUS, 0, (True, "the node is on")),
        (FenceAction.STATUS, 2, (True, "the node is off")),
        (FenceAction.STATUS, 1, (False, "exit status 1")),
    ],
)
def test_an_exit_status_is_judged_by_what_was_asked(
    action: FenceAction, status: int, expected: tuple[bool, str]
) -> None:
    assert fence_command.verdict(action, status) == expected
