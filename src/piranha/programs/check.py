"""`piranhactl check`: is this file good, and does it fit this machine?

Gathers the facts of the machine by looking only; nothing is started, sent or changed.
"""

import re
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import TextIO

import psutil

from piranha.config.complaints import Complaint, errors
from piranha.config.machine import Listener, MachineFacts, judge_machine, programs_of
from piranha.config.settings import IPAddress, Protocol, Settings
from piranha.config.timing_report import timing_report
from piranha.errors import UsageError
from piranha.probes.asking import tls_fault
from piranha.programs.config_file import read_config_file
from piranha.programs.heartbeat_key import keys_of
from piranha.programs.service_question import secret_of
from piranha.system import files, trusted_files
from piranha.wire.exit_status import ExitStatus

NETWORK_FILES = (
    "network/interfaces",
    "network/interfaces.d/*",
    "netplan/*.yaml",
    "systemd/network/*.network",
    "NetworkManager/system-connections/*",
    "sysconfig/network-scripts/ifcfg-*",
    "keepalived/*.conf",
    "ha.d/haresources",
    "rc.local",
)
"""Below /etc: where machines are told to take addresses by themselves."""
CLUSTER_FILES = ("lvs.cf", "piranha/*.cf")
"""Below /etc: the clusters of this machine, as the units pulse and pulse@NAME read them."""
LARGEST_NETWORK_FILE = 1 << 20
BOOT_LINKS = (
    "etc/systemd/system/*.wants/*",
    "etc/systemd/system/*.requires/*",
    "etc/rc[2-5].d/S[0-9][0-9]*",
)
"""What starts at boot: systemd.unit(5) and, without systemd, links to init scripts."""


def run(path: Path, out: TextIO, top: Path = Path("/")) -> ExitStatus:
    """Print every complaint, the timing, and yes or no.

    `top` is where the machine's own files are looked for. OK: no errors. FAILED: errors.
    WRONG_USE: the file cannot be read at all.
    """
    try:
        reading = read_config_file(path)
    except OSError as error:
        print(f"piranhactl: check: {error}", file=out)
        return ExitStatus.WRONG_USE
    complaints = reading.complaints
    lines: tuple[str, ...] = ()
    if reading.settings is not None:
        facts = gather(reading.settings, path, top)
        complaints += judge_machine(reading.settings, reading.document, str(path), facts)
        lines = timing_report(reading.settings)
    for complaint in sorted(complaints, key=lambda c: (c.line, c.column)):
        print(complaint, file=out)
    for line in lines:
        print(line, file=out)
    print(f"{path}: {_verdict(complaints)}", file=out)
    return ExitStatus.FAILED if errors(complaints) else ExitStatus.OK


def _verdict(complaints: tuple[Complaint, ...]) -> str:
    wrong = len(errors(complaints))
    warnings = sum(complaint.severity == "warning" for complaint in complaints)
    counted = f"{_count(wrong, 'error')}, {_count(warnings, 'warning')}"
    return f"no, it cannot be used here: {counted}" if wrong else f"yes, it can be used: {counted}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def gather(settings: Settings, path: Path, top: Path) -> MachineFacts:
    """The facts of this machine that matter to these settings."""
    vips = {vip.address for vip in settings.vips}
    return MachineFacts(
        devices=frozenset(name for _, name in socket.if_nameindex()),
        addresses=local_addresses(),
        command_faults=_command_faults(settings),
        authority_faults=_authority_faults(settings),
        secret_faults=_secret_faults(settings),
        distrust=trusted_files.distrust(path),
        units_at_boot=units_at_boot(top),
        configured_elsewhere=configured_elsewhere(vips, path, top),
        other_clusters=dict(_other_clusters(path, top)),
        listeners=tuple(_listeners()),
        key_fault=_key_fault(settings),
    )


def _key_fault(settings: Settings) -> str:
    try:
        keys_of(settings)
    except UsageError as error:
        return str(error)
    return ""


def local_addresses() -> dict[IPAddress, str]:
    """Every address of this machine, and its device without the alias."""
    found: dict[IPAddress, str] = {}
    for name, addresses in psutil.net_if_addrs().items():
        for address in addresses:
            if address.family in (socket.AF_INET, socket.AF_INET6):
                found[ip_address(address.address.partition("%")[0])] = name.partition(":")[0]
    return found


def _command_faults(settings: Settings) -> dict[str, str]:
    faults = ((program, trusted_files.program_fault(program)) for program in programs_of(settings))
    return {program: fault for program, fault in faults if fault}


def _secret_faults(settings: Settings) -> dict[str, str]:
    faults: dict[str, str] = {}
    for service in (service for group in settings.groups for service in group.services):
        if path := service.probe.secret:
            try:
                secret_of(path)
            except OSError as error:
                faults[path] = str(error)
    return faults


def _authority_faults(settings: Settings) -> dict[str, str]:
    services = (service for group in settings.groups for service in group.services)
    terms = {s.probe.tls for s in services if s.probe.tls is not None and s.probe.tls.ca}
    faults = ((one.ca, tls_fault(one)) for one in terms if one.verifies_chain)
    return {path: fault for path, fault in faults if fault}


def units_at_boot(top: Path) -> frozenset[str]:
    """Names of the services that boot starts, without ".service"."""
    found = (link.name for pattern in BOOT_LINKS for link in top.glob(pattern))
    return frozenset(re.sub(r"^S[0-9]{2}", "", name).removesuffix(".service") for name in found)


def configured_elsewhere(vips: set[IPAddress], path: Path, top: Path) -> dict[IPAddress, str]:
    """Which of these addresses other files name outside of comments: file and line."""
    found: dict[IPAddress, str] = {}
    for file in (*_files(NETWORK_FILES, top), *_other_cluster_files(path, top)):
        for number, line in enumerate(_text(file).splitlines(), 1):
            for address in _addresses_in(line.partition("#")[0]):
                if address in vips:
                    found.setdefault(address, f"{file}:{number}")
    return found


def _files(patterns: tuple[str, ...], top: Path) -> Iterator[Path]:
    for pattern in patterns:
        yield from (file for file in sorted((top / "etc").glob(pattern)) if file.is_file())


def _other_cluster_files(path: Path, top: Path) -> list[Path]:
    """Those beside which the file stands; none for a draft, which may be to replace any of them."""
    known = list(_files(CLUSTER_FILES, top))
    others = [file for file in known if not file.samefile(path)]
    return others if len(others) < len(known) else []


def _text(file: Path) -> str:
    """The file's text; empty where it cannot be read: the check goes on without it."""
    try:
        return files.read_limited(file, LARGEST_NETWORK_FILE).decode("utf-8", "replace")
    except OSError:
        return ""


def _addresses_in(text: str) -> Iterator[IPAddress]:
    for word in re.findall(r"[0-9a-fA-F.:]*[.:][0-9a-fA-F.:]*", text):
        try:
            yield ip_address(word.strip("."))
        except ValueError:
            continue


def _other_clusters(path: Path, top: Path) -> Iterator[tuple[str, Settings]]:
    for file in _other_cluster_files(path, top):
        try:
            settings = read_config_file(file).settings
        except OSError:
            continue
        if settings is not None:
            yield str(file), settings


def _listeners() -> Iterator[Listener]:
    """Sockets that wait for clients, of any process."""
    for connection in psutil.net_connections(kind="inet"):
        is_tcp = connection.type == socket.SOCK_STREAM
        waits = connection.status == psutil.CONN_LISTEN if is_tcp else not connection.raddr
        if waits and connection.laddr:
            address = ip_address(connection.laddr.ip.partition("%")[0])
            protocol = Protocol.TCP if is_tcp else Protocol.UDP
            yield Listener(address, connection.laddr.port, protocol)
