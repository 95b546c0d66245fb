"""What fos says it would do."""

from dataclasses import replace

from piranha.config.settings import Group, Monitor, Probe, Standby
from piranha.programs.fos_test_start import plan
from piranha.terms import Side
from piranha.wire.report_line import FosMode
from tests.programs.example_settings import FTP, WEB, settings

BOTH = Group("sites", (WEB, FTP))


def test_the_plan_of_an_active_fos_is_in_the_order_of_its_deeds() -> None:
    told = list(plan(settings(groups=(BOTH,)), BOTH, Side.PRIMARY, FosMode.ACTIVE))
    assert told == [
        "sites: when permitted, on 10.0.0.1 (primary):",
        "take 10.0.0.10/32 on eth0:1 with a lease of 3.5 s in the kernel, announce it",
        "take 10.0.0.11/32 on eth1:1 with a lease of 3.5 s in the kernel, announce it",
        "web: stop: /bin/true (at most 20 s)",
        "web: start: /bin/true (at most 30 s)",
        "web: probe: ask 10.0.0.1:80 by tcp, every 10 s (at most 10 s each);"
        " 1 bad in a row: failed; 1 good in a row: well",
        "ftp: stop: /bin/true (at most 20 s)",
        "ftp: start: /bin/true (at most 30 s)",
        "ftp: probe: ask 10.0.0.1:21 by tcp, every 10 s (at most 10 s each);"
        " 1 bad in a row: failed; 1 good in a row: well",
        "when asked to release:",
        "ftp: stop: /bin/true (at most 20 s)",
        "web: stop: /bin/true (at most 20 s)",
        "remove 10.0.0.10 from eth0",
        "remove 10.0.0.11 from eth1",
    ]


def test_a_monitor_asks_the_partner() -> None:
    group = Group("sites", (replace(WEB, probe=Probe(Monitor.PROGRAM, program=("/check", "%h"))),))
    told = list(plan(settings(), group, Side.PRIMARY, FosMode.MONITOR))
    assert told[0] == "sites: watch the services on 10.0.0.2"
    assert told[1].startswith("web: probe: run /check %h, every 10 s")


def test_what_is_left_out_is_said() -> None:
    group = Group(
        "sites",
        (
            replace(WEB, start_cmd=(), stop_first=False),
            replace(FTP, standby=Standby.HOT),
        ),
    )
    told = list(plan(settings(), group, Side.BACKUP, FosMode.ACTIVE))
    assert "web: start: nothing, the file has no start_cmd" in told
    assert "ftp: hot standby, it is neither started nor stopped" in told


def test_a_lease_too_short_for_the_kernel_is_said_to_be_in_user_space() -> None:
    quick = settings(keepalive_seconds=0.01, deadtime_seconds=0.03)
    told = list(plan(quick, BOTH, Side.PRIMARY, FosMode.ACTIVE))
    assert "with a lease of 0.2 s in user space" in told[1]
