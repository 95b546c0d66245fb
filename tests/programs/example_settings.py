"""A pair with two services in two groups, for tests that need settings."""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from piranha.config.settings import (
    Group,
    Monitor,
    OnFailure,
    Probe,
    Protocol,
    Service,
    Settings,
    Standby,
    Unreleased,
    Vip,
)
from piranha.terms import Side

WEB_VIP = Vip(ip_address("10.0.0.10"), "eth0", "eth0:1")
FTP_VIP = Vip(ip_address("10.0.0.11"), "eth1", "eth1:1")
WEB = Service(
    name="web",
    vip=WEB_VIP,
    port=80,
    protocol=Protocol.TCP,
    probe=Probe(Monitor.TCP),
    start_cmd=("/bin/true",),
    stop_cmd=("/bin/true",),
    interval_seconds=10.0,
    timeout_seconds=10.0,
    fall=1,
    rise=1,
    first_wait_seconds=5.0,
    start_timeout_seconds=30.0,
    stop_timeout_seconds=20.0,
    stop_first=True,
    standby=Standby.WARM,
    local_restarts=0,
    on_failure=OnFailure.FAILOVER,
    watch_pid=None,
    tag=7,
)
FTP = replace(WEB, name="ftp", vip=FTP_VIP, port=21, tag=9)
SETTINGS = Settings(
    cluster="default",
    serial_no=3,
    addresses={
        Side.PRIMARY: (ip_address("10.0.0.1"), ip_address("192.168.9.1")),
        Side.BACKUP: (ip_address("10.0.0.2"), ip_address("192.168.9.2")),
    },
    heartbeat_port=539,
    keepalive_seconds=2.0,
    deadtime_seconds=5.0,
    startup_wait_seconds=5.0,
    announce_interval_seconds=10.0,
    release_timeout_seconds=None,
    reentry_seconds=60.0,
    unreleased=Unreleased.TAKE,
    vip_answers_wait=True,
    vip_foreign_wait=True,
    failback=False,
    witness=(),
    isolation_drops=False,
    monitor_links=False,
    heartbeat_key=None,
    rsh_command="",
    notify_cmd=(),
    fence_cmd=(),
    fence_words={Side.PRIMARY: (), Side.BACKUP: ()},
    fence_failed_takes=False,
    fence_timeout_seconds=30.0,
    fence_delay_seconds=10.0,
    watchdog=None,
    groups=(
        Group("sites", (WEB,)),
        Group("files", (FTP,), (Side.BACKUP, Side.PRIMARY)),
    ),
    digests={"global": b"12345678"},
)


def settings(**changes: Any) -> Settings:
    """The example with other values in some fields."""
    return replace(SETTINGS, **changes)
