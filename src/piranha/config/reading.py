"""From the bytes of an lvs.cf to its settings, with everything that is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from piranha.config.complaints import Complaint, Complaints, Weight
from piranha.config.digest import digest
from piranha.config.document import Document, parse
from piranha.config.judging import DEFAULT_GROUP, Case, judge
from piranha.config.keywords import AT, Place
from piranha.config.probes import probe_of, protocol_of
from piranha.config.sections import Section, SectionReader, default_values
from piranha.config.settings import (
    Group,
    IPAddress,
    OnFailure,
    Service,
    Settings,
    Standby,
    Unreleased,
)
from piranha.config.values import Names, nodes
from piranha.terms import Side

LARGEST_FILE = 1 << 20
"""Bytes; a file for thousands of services is a fifth of that."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a file."""

    settings: Settings | None
    """None exactly when some complaint is an error."""
    complaints: tuple[Complaint, ...]
    """In the order of the file."""
    document: Document


def read_settings(data: bytes, file: str, names: Names | None = None) -> Reading:
    """Read any bytes; `file` is the name that complaints begin with.

    `names` knows the addresses of hosts, the numbers of ports and the texts of recipes; without it
    only IP addresses, the best-known ports and the file's own recipes are. Nothing is raised.
    """
    complaints = Complaints(file)
    if len(data) > LARGEST_FILE:
        size = f"the file has {len(data)} bytes, expected at most {LARGEST_FILE} (1 MiB)"
        complaints.add(1, 1, "error", size)
        return Reading(None, complaints.sorted(), parse(b""))
    document = parse(data)
    for fault in document.faults:
        complaints.add(fault.line, fault.column, "error", fault.text)
    settings = _read(document, complaints, names or Names())
    return Reading(None if complaints.has_error else settings, complaints.sorted(), document)


def _read(document: Document, complaints: Complaints, names: Names) -> Settings:
    """Settings, provisional where something was wrong: what is sound is judged all the same."""
    reader = SectionReader(document, complaints, names)
    root = reader.root()
    recipes = reader.recipe_blocks()
    failovers = reader.blocks(Place.FAILOVER, "address")
    groups = reader.blocks(Place.GROUP)
    reader.name_ignored()
    settings = _settings(root, failovers, [(g.block.name, _nodes(g, complaints)) for g in groups])
    broken = frozenset(reader.broken)
    judge(Case(settings, root, failovers, groups, recipes, document, complaints, broken))
    return settings


def _nodes(group: Section, complaints: Complaints) -> tuple[Side, ...]:
    """Of the short block `group NAME { backup primary }`, else of the entry `nodes`."""
    block = group.block

    def say(weight: Weight, _offset: int, text: str) -> None:
        complaints.add(block.line, block.column, weight, text)

    if block.words:
        return nodes(block.words, AT[Place.GROUP]["nodes"], say) or (Side.PRIMARY, Side.BACKUP)
    written: tuple[Side, ...] = group["nodes"]
    return written


def _settings(
    root: Section, failovers: Sequence[Section], groups: Sequence[tuple[str, tuple[Side, ...]]]
) -> Settings:
    unreleased = root["unreleased"] or ("wait" if root["fence_cmd"] else "take")
    isolation = root["isolation"] or ("drop" if root["witness"] else "keep")
    deadtime: float = root["deadtime"]
    return Settings(
        cluster=root["cluster"],
        serial_no=root["serial_no"],
        addresses=_paths(root),
        heartbeat_port=root["heartbeat_port"],
        keepalive_seconds=root["keepalive"],
        deadtime_seconds=deadtime,
        startup_wait_seconds=deadtime if root["startup_wait"] is None else root["startup_wait"],
        announce_interval_seconds=root["announce_interval"],
        release_timeout_seconds=root["release_timeout"],
        reentry_seconds=_reentry(root, failovers),
        unreleased=Unreleased(unreleased),
        vip_answers_wait=root["vip_answers"] == "wait",
        vip_foreign_wait=root["vip_foreign"] == "wait",
        failback=root["failback"] == "always",
        witness=root["witness"] or (),
        isolation_drops=isolation == "drop",
        monitor_links=root["monitor_links"],
        heartbeat_key=root["heartbeat_key"],
        rsh_command=root["rsh_command"].decode("utf-8", "surrogateescape"),
        notify_cmd=root["notify_cmd"] or (),
        fence_cmd=root["fence_cmd"] or (),
        fence_words={side: root[f"fence_{side}"] or () for side in Side},
        fence_failed_takes=root["fence_failed"] == "take",
        fence_timeout_seconds=root["fence_timeout"],
        fence_delay_seconds=root["fence_delay"],
        watchdog=root["watchdog"],
        groups=_groups(failovers, groups),
        digests=_digests(root, failovers, groups),
    )


def _paths(root: Section) -> dict[Side, tuple[IPAddress, ...]]:
    """Both nodes' addresses, path by path; the second path needs both ends."""
    nowhere = IPv4Address(0)  # stands in for a missing one: the file is then refused
    paths = [(root["primary"] or nowhere, root["backup"] or nowhere)]
    if root["primary_private"] and root["backup_private"]:
        paths.append((root["primary_private"], root["backup_private"]))
    primary, backup = zip(*paths, strict=True)
    return {Side.PRIMARY: primary, Side.BACKUP: backup}


def _reentry(root: Section, failovers: Sequence[Section]) -> float:
    """The global keyword, else the longest of the blocks (its historical place), else default."""
    in_blocks = [section["reentry"] for section in failovers if section["reentry"] is not None]
    seconds: float = root["reentry"]
    return max(in_blocks) if in_blocks and "reentry" not in root.written else seconds


def _groups(
    failovers: Sequence[Section], written: Sequence[tuple[str, tuple[Side, ...]]]
) -> tuple[Group, ...]:
    """The groups in file order; `default` comes last unless it is written."""
    nodes_of = dict(written)
    services: dict[str, list[Service]] = {name: [] for name in nodes_of}
    for section in failovers:
        if section["active"] and section["address"]:
            services.setdefault(section["group"], []).append(service_of(section))
    if not services:
        services[DEFAULT_GROUP] = []
    both = (Side.PRIMARY, Side.BACKUP)
    return tuple(
        Group(name, tuple(members), nodes_of.get(name, both)) for name, members in services.items()
    )


def service_of(section: Section) -> Service:
    """One failover block as a service."""
    v = section.values
    probe = probe_of(section)
    service = Service(
        name=section.block.name,
        vip=v["address"],
        port=v["port"],
        protocol=protocol_of(section),
        probe=probe,
        start_cmd=v["start_cmd"] or (),
        stop_cmd=v["stop_cmd"] or (),
        interval_seconds=v["timeout"] if v["interval"] is None else v["interval"],
        timeout_seconds=v["timeout"],
        fall=v["fall"],
        rise=v["rise"],
        first_wait_seconds=v["first_wait"],
        start_timeout_seconds=v["start_timeout"],
        stop_timeout_seconds=v["stop_timeout"],
        stop_first=v["stop_first"],
        standby=Standby(v["standby"]),
        local_restarts=v["local_restarts"],
        on_failure=OnFailure(v["on_failure"]),
        watch_pid=v["watch_pid"],
        tag=0,
    )
    return replace(service, tag=_tag(_digest(section)))


def _digest(section: Section) -> bytes:
    """SHA-256 of a block's meaning: what is the same as the default is as if not written."""
    defaults = default_values(section.place)
    said = [
        f"{name}={value!r}"
        for name, value in sorted(section.values.items())
        if value != defaults[name]
    ]
    return digest("\n".join([section.block.section, *said]).encode("utf-8", "replace"), 32)


def _tag(meaning: bytes) -> int:
    """The first 32 bits; 0 is kept free."""
    return int.from_bytes(meaning[:4], "big") or 1


def _digests(
    root: Section, failovers: Sequence[Section], groups: Sequence[tuple[str, tuple[Side, ...]]]
) -> dict[str, bytes]:
    digests = {section.block.section: _digest(section)[:8] for section in (root, *failovers)}
    for name, sides in groups:
        digests[f"group {name}"] = digest(" ".join([name, *sides]).encode(), 8)
    return digests
