"""Does the file fit the machine? The facts come in as a value, complaints go out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from piranha.config.complaints import Complaint, Complaints, Weight
from piranha.config.document import Document
from piranha.config.settings import IPAddress, Protocol, Service, Settings, Standby
from piranha.terms import Side


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that takes connections or datagrams."""

    address: IPAddress
    """0.0.0.0 or :: where it takes them for every address of the machine."""
    port: int
    protocol: Protocol


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What a file is held against; gathered by the program that checks."""

    devices: frozenset[str]
    addresses: Mapping[IPAddress, str]
    """Every address of the machine, and the device that it is on."""
    command_faults: Mapping[str, str]
    """What is wrong with a program named in the file: "does not exist", "is not executable"."""
    authority_faults: Mapping[str, str]
    """Why a file that tls_ca names cannot be used."""
    secret_faults: Mapping[str, str]
    """What is wrong with a file that `secret` names."""
    distrust: str
    """Why the file itself is not to be believed, and what mends that; empty when it is."""
    units_at_boot: frozenset[str]
    """Services that the machine starts by itself, without ".service"."""
    configured_elsewhere: Mapping[IPAddress, str]
    """Addresses that other configuration files name, and where: "/etc/network/interfaces:7"."""
    other_clusters: Mapping[str, Settings]
    """What the machine's other cluster files say, by path."""
    listeners: tuple[Listener, ...]
    key_fault: str = ""
    """What is wrong with the file of `heartbeat_key`."""


def programs_of(settings: Settings) -> frozenset[str]:
    """The programs that the file would run: the first word of each command."""
    commands = [settings.notify_cmd, settings.fence_cmd]
    for service in _services(settings):
        commands += [service.start_cmd, service.stop_cmd, service.probe.program]
    return frozenset(command[0] for command in commands if command)


def judge_machine(
    settings: Settings, document: Document, file: str, facts: MachineFacts
) -> tuple[Complaint, ...]:
    """What is wrong with the file on this machine, in the order of the file."""
    complaints = Complaints(file)
    for severity, section, keyword, text in _findings(settings, facts):
        complaints.add(*document.where(section, keyword), severity, text)
    return complaints.sorted()


_Finding = tuple[Weight, str, str, str]
"""Severity, section, keyword, sentence."""


def _findings(settings: Settings, facts: MachineFacts) -> Iterator[_Finding]:
    yield from _file_findings(facts)
    yield from _node_findings(settings, facts)
    yield from _cluster_findings(settings, facts)
    if facts.key_fault:
        yield "error", "global", "heartbeat_key", facts.key_fault
    yield from _command_findings(settings, facts)
    for service in _services(settings):
        yield from _vip_findings(service, facts)
        yield from _boot_findings(service, facts)
        yield from _listener_findings(service, facts)
        yield from _tls_findings(service, facts)
        if fault := facts.secret_faults.get(service.probe.secret or ""):
            yield "error", f"failover {service.name}", "secret", fault


def _services(settings: Settings) -> tuple[Service, ...]:
    return tuple(service for group in settings.groups for service in group.services)


def _cluster_findings(settings: Settings, facts: MachineFacts) -> Iterator[_Finding]:
    """Clusters on one machine share its sockets and ports unless their files keep them apart."""
    for path, other in facts.other_clusters.items():
        if other.cluster == settings.cluster:
            text = f'cluster "{settings.cluster}" is in {path} too, expected a name of its own'
            yield "error", "global", "cluster", text
        if other.heartbeat_port == settings.heartbeat_port:
            text = f"port {settings.heartbeat_port} is used in {path} too, expected one of its own"
            yield "error", "global", "heartbeat_port", text


def _file_findings(facts: MachineFacts) -> Iterator[_Finding]:
    """Whoever can write the file can have any command run by root."""
    if facts.distrust:
        yield "error", "", "", f"only root should be able to write the file, but {facts.distrust}"


def side_here(settings: Settings, facts: MachineFacts) -> Side | None:
    """Which side this machine is, by its addresses; None: neither, or both."""
    here = [side for side in Side if settings.addresses[side][0] in facts.addresses]
    return here[0] if len(here) == 1 else None


def _node_findings(settings: Settings, facts: MachineFacts) -> Iterator[_Finding]:
    primary, backup = (settings.addresses[side] for side in Side)
    if all(addresses[0] in facts.addresses for addresses in (primary, backup)):
        text = f"{primary[0]} and {backup[0]} are both on this machine, expected one of them"
        yield "error", "global", "backup", text
        return
    side = side_here(settings, facts)
    if side is None:
        text = f"neither {primary[0]} nor {backup[0]} is on this machine, expected one of them"
        yield "error", "global", "primary", text
        return
    for address in settings.addresses[side][1:]:
        if address not in facts.addresses:
            text = f"{address} is not on this machine, which is the {side}, expected it here"
            yield "error", "global", f"{side}_private", text


def _command_findings(settings: Settings, facts: MachineFacts) -> Iterator[_Finding]:
    commands = [
        ("global", "notify_cmd", settings.notify_cmd),
        ("global", "fence_cmd", settings.fence_cmd),
    ]
    for service in _services(settings):
        section = f"failover {service.name}"
        commands += [
            (section, "start_cmd", service.start_cmd),
            (section, "stop_cmd", service.stop_cmd),
            (section, "send_program", service.probe.program),
        ]
    for section, keyword, command in commands:
        fault = facts.command_faults.get(command[0]) if command else None
        if fault:
            text = f"{command[0]} {fault}, expected a program that can be run"
            yield "error", section, keyword, text


def _vip_findings(service: Service, facts: MachineFacts) -> Iterator[_Finding]:
    vip, section = service.vip, f"failover {service.name}"
    if vip.device not in facts.devices:
        known = ", ".join(sorted(facts.devices - {"lo"}))
        text = f"there is no device {vip.device}, expected one of this machine: {known}"
        yield "error", section, "address", text
    device = facts.addresses.get(vip.address)
    if device is not None and device != vip.device:
        text = f"{vip.address} is on {device} now, expected it nowhere or on {vip.device}"
        yield "warning", section, "address", text
    if place := facts.configured_elsewhere.get(vip.address):
        text = f"{vip.address} is configured in {place} too, expected it here only: "
        yield "warning", section, "address", text + "the machine would take it by itself"


_SYSTEMCTL = re.compile(r"(?:^|[\s/])systemctl(?:\s+-\S+)*\s+(?:re)?start\s+([\w@:.-]+)")


def unit_of(command: tuple[str, ...]) -> str | None:
    """The systemd unit or init script that a command starts, without ".service"; through a shell
    (`sh -c "..."`) too."""
    if found := _SYSTEMCTL.search(" ".join(command)):
        return found[1].removesuffix(".service")
    directory, _, program = command[0].rpartition("/") if command else ("", "", "")
    if program in ("service", "invoke-rc.d") and len(command) > 1:
        return command[1]
    return program if directory.endswith("/init.d") else None


def _boot_findings(service: Service, facts: MachineFacts) -> Iterator[_Finding]:
    unit = unit_of(service.start_cmd)
    if unit in facts.units_at_boot and service.standby is Standby.WARM:
        text = (
            f"{unit} is started at boot, expected by its start_cmd only: systemctl disable {unit}"
        )
        yield "warning", f"failover {service.name}", "start_cmd", text


def _tls_findings(service: Service, facts: MachineFacts) -> Iterator[_Finding]:
    tls = service.probe.tls
    if tls is not None and (fault := facts.authority_faults.get(tls.ca)):
        text = f"{tls.ca}: {fault}, expected a file of certificates in PEM form"
        yield "error", f"failover {service.name}", "tls_ca", text


def _listener_findings(service: Service, facts: MachineFacts) -> Iterator[_Finding]:
    """Probes ask the real address: a service that listens on the VIP alone never answers them."""
    here = {
        listener.address
        for listener in facts.listeners
        if (listener.port, listener.protocol) == (service.port, service.protocol)
    }
    if here == {service.vip.address}:
        text = f"the service listens on {service.vip.address} alone, expected it on every address: "
        text += "probes ask the real one"
        yield "warning", f"failover {service.name}", "port", text
