"""What fos says it would do."""

from dataclasses import replace

from piranha.config.settings import Group, Monitor, Probe, Service, Standby
from piranha.programs.fos_test_start import plan
from piranha.script.queries import DhcpKind
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


def told_of(service: Service, mode: FosMode) -> list[str]:
    group = Group("sites", (service,))
    return [
        line.partition(", every")[0]
        for line in plan(settings(), group, Side.PRIMARY, mode)
        if "web: " in line and "/bin/true" not in line
    ]


def test_what_is_only_watched_or_only_asked_from_one_side_is_told_so() -> None:
    here, there = FosMode.ACTIVE, FosMode.MONITOR
    process = replace(WEB, probe=Probe(Monitor.PROCESS), watch_pid="/run/web.pid")
    assert told_of(process, here) == ["web: probe: watch the process of /run/web.pid"]
    assert told_of(process, there) == ["web: not asked from here"]
    both = replace(WEB, watch_pid="web.service")
    assert told_of(both, here) == [
        "web: probe: ask 10.0.0.1:80 by tcp",
        "web: probe: watch the process of web.service",
    ]
    assert told_of(both, there) == ["web: probe: ask 10.0.0.2:80 by tcp"]
    dhcp = replace(WEB, probe=Probe(Monitor.DHCP, dhcp=DhcpKind.DISCOVER), port=67)
    nobody = "web: nobody asks it here; it counts as well once it is started"
    assert told_of(dhcp, here) == [nobody]
    assert told_of(dhcp, there) == ["web: probe: ask 10.0.0.2:67 by dhcp"]
    watched = replace(dhcp, watch_pid="dhcpd")
    assert told_of(watched, here) == ["web: probe: watch the process of dhcpd"]
    none = replace(WEB, probe=Probe(Monitor.NONE))
    assert told_of(none, here) == [nobody]
    assert told_of(none, there) == ["web: not asked from here"]


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
