"""What an lvs.cf means: frozen values, with durations in seconds and addresses parsed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

from piranha.script.queries import DhcpKind, DnsQuery
from piranha.script.steps import Step, TlsTerms
from piranha.terms import Side

IPAddress = IPv4Address | IPv6Address


class Monitor(StrEnum):
    """How a service is asked; a recipe builds on one of them."""

    TCP = "tcp"
    UDP = "udp"
    TLS = "tls"
    DNS = "dns"
    DHCP = "dhcp"
    RADIUS = "radius"
    PROGRAM = "program"
    PROCESS = "process"
    NONE = "none"
    """Not at all: the service is only started and stopped."""


class Protocol(StrEnum):
    """What a probe speaks."""

    TCP = "tcp"
    UDP = "udp"


class Standby(StrEnum):
    """Warm: services are started at takeover. Hot: they already run, only the VIP moves."""

    WARM = "warm"
    HOT = "hot"


class OnFailure(StrEnum):
    """What a failed service means for its group."""

    FAILOVER = "failover"
    RESTART = "restart"
    IGNORE = "ignore"


class Unreleased(StrEnum):
    """What a claimant does with a partner that does not release in time."""

    FENCE = "fence"
    TAKE = "take"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Vip:
    """A virtual service address, `address = 10.0.0.10 eth0:1`; installed as /32, /128."""

    address: IPAddress
    device: str
    """The device's name, without the alias: "eth0"."""
    label: str
    """The label as in the file, "eth0:1"; equal to the device where no alias was given."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What is asked of a service, with the values of its recipe filled in."""

    monitor: Monitor
    steps: tuple[Step, ...] = ()
    """With %h and so on still in them (script/steps.py). None: a connection alone is enough."""
    program: tuple[str, ...] = ()
    """An argv with %h still in it; for PROGRAM."""
    tls: TlsTerms | None = None
    dns: DnsQuery | None = None
    """For DNS."""
    dhcp: DhcpKind | None = None
    """For DHCP."""
    device: str | None = None
    """Through which a DHCP server is asked; None: that of the VIP."""
    secret: str | None = None
    """The file with the secret of a RADIUS server."""
    source_port: int | None = None
    """None: any."""
    is_connected: bool = True
    """UDP: False takes answers from other ports of the address, too."""


@dataclass(frozen=True, slots=True)
class Service:
    """One `failover` block."""

    name: str
    vip: Vip
    port: int
    protocol: Protocol
    probe: Probe
    start_cmd: tuple[str, ...]
    stop_cmd: tuple[str, ...]
    """An argv; empty without the keyword."""
    interval_seconds: float
    timeout_seconds: float
    fall: int
    rise: int
    first_wait_seconds: float
    start_timeout_seconds: float
    stop_timeout_seconds: float
    stop_first: bool
    standby: Standby
    local_restarts: int
    on_failure: OnFailure
    watch_pid: str | None
    """A pid file, a systemd unit or a command's name."""
    tag: int
    """32 bits that stand for this block's name and meaning in heartbeats: nodes whose files
    disagree on a service have different tags for it, so neither judges it."""

    @property
    def is_asked_here(self) -> bool:
        """True when the node that serves it asks it, or watches its process; what is not asked
        counts as well once it is started. (A DHCP server does not hear its own machine.)"""
        return self.probe.monitor not in (Monitor.NONE, Monitor.DHCP) or self.watch_pid is not None

    @property
    def is_asked_there(self) -> bool:
        """True when the standby asks it; a process can only be watched where it runs."""
        return self.probe.monitor not in (Monitor.NONE, Monitor.PROCESS)


@dataclass(frozen=True, slots=True)
class Group:
    """Services that fail over together, in file order."""

    name: str
    services: tuple[Service, ...]
    nodes: tuple[Side, ...] = (Side.PRIMARY, Side.BACKUP)
    """Preferred node first: `group NAME { backup primary }` turns the tie-break round."""

    @property
    def vips(self) -> tuple[Vip, ...]:
        """Each VIP once, in file order."""
        return tuple(dict.fromkeys(service.vip for service in self.services))

    @property
    def start_seconds(self) -> float:
        """The longest a whole start may take: the start (and stop) timeouts and first waits."""
        return sum(
            s.start_timeout_seconds
            + (s.stop_timeout_seconds if s.stop_first else 0.0)
            + s.first_wait_seconds
            for s in self.services
        )

    @property
    def stop_seconds(self) -> float:
        """The longest a whole stop may take."""
        return sum(s.stop_timeout_seconds for s in self.services)


@dataclass(frozen=True, slots=True)
class Settings:
    """One lvs.cf, with every default filled in."""

    cluster: str
    serial_no: int
    addresses: Mapping[Side, tuple[IPAddress, ...]]
    """The heartbeat paths: index 0 is `primary`/`backup`, index 1 the private pair if given."""
    heartbeat_port: int
    keepalive_seconds: float
    deadtime_seconds: float
    startup_wait_seconds: float
    announce_interval_seconds: float
    release_timeout_seconds: float | None
    """None: the sum of the group's stop timeouts + deadtime."""
    reentry_seconds: float
    unreleased: Unreleased
    vip_answers_wait: bool
    """True (`vip_answers = wait`): a partner whose MAC still answers for a VIP keeps it."""
    vip_foreign_wait: bool
    failback: bool
    witness: tuple[IPAddress, ...]
    isolation_drops: bool
    monitor_links: bool
    heartbeat_key: str | None
    rsh_command: str
    notify_cmd: tuple[str, ...]
    fence_cmd: tuple[str, ...]
    """An argv; of a fence agent the words NAME=VALUE among it, too. Empty: no fencing."""
    fence_words: Mapping[Side, tuple[str, ...]]
    """What is added to fence that node (`fence_primary`, `fence_backup`)."""
    fence_failed_takes: bool
    fence_timeout_seconds: float
    fence_delay_seconds: float
    watchdog: str | None
    groups: tuple[Group, ...]
    digests: Mapping[str, bytes]
    """SHA-256 (first 8 bytes) of each section's meaning: "global", "group NAME", "failover NAME"
    (those of inactive blocks too)."""

    def group(self, name: str) -> Group:
        """The group of that name; KeyError without one."""
        for group in self.groups:
            if group.name == name:
                return group
        raise KeyError(name)

    @property
    def vips(self) -> tuple[Vip, ...]:
        return tuple(dict.fromkeys(vip for group in self.groups for vip in group.vips))
