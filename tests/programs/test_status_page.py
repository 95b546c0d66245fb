"""The status as a person reads it; a value that is older than its period says so."""

from dataclasses import replace

import pytest

from piranha.programs.status_page import move_lines, status_lines
from piranha.wire.control_line import (
    FosShown,
    GroupShown,
    MoveShown,
    PathShown,
    ServiceShown,
    StatusShown,
    VipShown,
    WitnessShown,
)

MOVE = MoveShown(
    1000.0, "backup", "web", 3, "standby", "starting", "partner silent",
    "no heartbeat from 10.0.0.1 on any path for 5.02 s (deadtime 5 s)",
    {"silent": 5.0201, "also": ["a", "b"]},
)  # fmt: skip
NEVER = WitnessShown("10.0.0.254", False, None, None, "", "Network is unreachable")
GONE = WitnessShown("10.0.0.254", False, 7.0, 0.0004, "ARP", "")
SERVICE = ServiceShown("http", "here", "judged", True, "answered", "200 OK", 120.0)
GROUP = GroupShown(
    name="web",
    role="active",
    epoch=3,
    is_fit=True,
    unfit_reason="",
    partner_role="standby",
    partner_is_fit=True,
    partner_unfit_reason="",
    lease_left_seconds=3.2,
    lease_age_seconds=0.3,
    lease_period_seconds=0.4375,
    vips=(VipShown("10.0.0.10", "eth0", "eth0:1", True),),
    services=(SERVICE,),
    processes=(FosShown("active", 4711, "serving", 0.3),),
    last_move=MOVE,
    is_believed=True,
)
STATUS = StatusShown(
    wall=1600.0,
    program_version="0.1.0",
    cluster="piranha",
    side="backup",
    address="10.0.0.2",
    partner_address="10.0.0.1",
    pid=4242,
    up_seconds=7500.0,
    configuration="/etc/lvs.cf",
    serial_no=7,
    keepalive_seconds=2.0,
    deadtime_seconds=5.0,
    lease_seconds=3.5,
    has_kernel_lease=True,
    is_held=False,
    held_left_seconds=None,
    is_partner_heard=True,
    partner_age_seconds=1.2,
    partner_has_left=False,
    worst_lateness_seconds=0.004,
    recent_lateness_seconds=0.002,
    paths=(PathShown(0, "10.0.0.2", "10.0.0.1", 1.2, 1.3, 30, 29),),
    groups=(GROUP,),
    witnesses=(WitnessShown("10.0.0.254", True, 0.25, 0.0004, "ICMP echo", ""),),
    devices={"eth0": True},
    mismatches=(),
    wrong_datagrams=0,
)


def page(**changes: object) -> str:
    return "\n".join(status_lines(replace(STATUS, **changes)))  # type: ignore[arg-type]


def group_page(**changes: object) -> str:
    return page(groups=(replace(GROUP, **changes),))  # type: ignore[arg-type]


def test_a_takeover_that_nobody_has_verified_or_believes_is_shown() -> None:
    unknown = replace(GROUP, is_believed=None)
    assert "of its lease left, not verified" in page(groups=(unknown,))
    doubted = replace(GROUP, is_believed=False, belief_evidence="10.0.0.10 is at 02:99:00:00:00:99")
    text = "NOT BELIEVED by the segment: 10.0.0.10 is at 02:99:00:00:00:99"
    assert text in page(groups=(doubted,))


def test_a_well_node_is_a_quiet_page() -> None:
    assert page().splitlines() == [
        "cluster piranha, backup 10.0.0.2, pulse 4242",
        "  partner   10.0.0.1, heard 1.2 s ago",
        "  path 0    10.0.0.2 - 10.0.0.1: heard 1.2 s ago, heard us 1.3 s ago",
        "  timing    keepalive 2 s, deadtime 5 s, lease 3.5 s in the kernel; "
        "woken at most 4 ms late, lately 2 ms",
        "  links     eth0 up",
        "  witness   10.0.0.254: asked by ICMP echo 0.25 s ago, answered in 0.4 ms",
        "  running   for 2 h 5 min, /etc/lvs.cf, serial_no 7",
        "",
        "group web: ACTIVE here (epoch 3), fit",
        "  partner   standby, fit",
        "  vip       10.0.0.10 on eth0:1: here, 3.2 s of its lease left, verified by the partner",
        "  service   http: answers for 2 min (answered: 200 OK)",
        "  fos       --active 4711: serving, said something 0.3 s ago",
        "  last move 10 min ago: standby -> starting: "
        "no heartbeat from 10.0.0.1 on any path for 5.02 s (deadtime 5 s)",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"is_partner_heard": False, "partner_age_seconds": 7.0}, "SILENT, last heard 7 s ago"),
        ({"partner_age_seconds": None}, "10.0.0.1, never heard"),
        ({"partner_has_left": True}, "said goodbye 1.2 s ago"),
        ({"partner_age_seconds": 3.1}, "heard 3.1 s ago (STALE, period 2 s)"),
        ({"partner_age_seconds": 3.1}, "standby, fit (STALE, as of 3.1 s ago)"),
        ({"is_held": True}, "takes nothing over, until resumed"),
        ({"is_held": True, "held_left_seconds": 1800.0}, "takes nothing over, for another 30 min"),
        ({"mismatches": ("failover ftp differs",)}, "MISMATCH: failover ftp differs"),
        ({"wrong_datagrams": 12}, "12 wrong datagrams since the start"),
        ({"devices": {"eth0": False}}, "eth0 NO CARRIER"),
        ({"witnesses": (NEVER,)}, "10.0.0.254: HAS NOT ANSWERED; Network is unreachable"),
        ({"witnesses": (GONE,)}, "10.0.0.254: ANSWERS NO MORE, last 7 s ago"),
        ({"worst_lateness_seconds": 0.3}, "woken at most 0.3 s late (LATE)"),
        ({"has_kernel_lease": False}, "lease 3.5 s in user space only"),
    ],
)
def test_what_a_person_must_know_is_said(changes: dict[str, object], expected: str) -> None:
    assert expected in page(**changes)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (PathShown(1, "a", "b", None, None, 3, 0), "a - b: not heard, it does not hear us"),
        (PathShown(1, "a", "b", 4.0, 1.0, 3, 1), "heard 4 s ago (STALE, period 2 s), heard us"),
        (PathShown(1, "a", "b", None, None, 0, 0, "cannot listen"), "; cannot listen"),
    ],
)
def test_a_path_tells_both_directions(path: PathShown, expected: str) -> None:
    assert expected in page(paths=(path,))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"is_fit": False, "unfit_reason": "http failed"}, "UNFIT: http failed"),
        ({"partner_role": ""}, "does not name this group"),
        (
            {"partner_is_fit": False, "partner_unfit_reason": "no carrier on eth0"},
            "standby, unfit: no carrier on eth0",
        ),
        ({"lease_age_seconds": 1.0}, "3.2 s of its lease left (STALE, period 0.44 s)"),
        ({"vips": (VipShown("10.0.0.10", "eth0", "eth0:1", False),)}, "eth0:1: not here"),
        (
            {"services": (replace(SERVICE, is_healthy=False, evidence="421 too busy"),)},
            "http: FAILED for 2 min (answered: 421 too busy)",
        ),
        (
            {"services": (replace(SERVICE, is_healthy=None, state="starting"),)},
            "http: starting for 2 min",
        ),
        (
            {"services": (replace(SERVICE, watched="partner", state=""),)},
            "http on the partner: answers",
        ),
        (
            {"services": (replace(SERVICE, is_ignored=True, ignored_left_seconds=60.0),)},
            "IGNORED for another 60 s",
        ),
        ({"processes": (FosShown("active", 0, "starting", None),)}, "fos       --active: starting"),
    ],
)
def test_a_group_tells_what_is_wrong_with_it(changes: dict[str, object], expected: str) -> None:
    assert expected in group_page(**changes)


def test_a_move_is_told_with_its_fact_and_evidence() -> None:
    first, second = move_lines(MOVE)
    assert first.endswith(
        "backup: web: standby -> starting (epoch 3): "
        "no heartbeat from 10.0.0.1 on any path for 5.02 s (deadtime 5 s)"
    )
    assert second == "    fact: partner silent; silent 5.02, also a, b"
