"""Is a file that can be read also wise? Everything here follows from the file alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from piranha.config.complaints import Complaints, Weight, did_you_mean
from piranha.config.document import Document, shown
from piranha.config.probe_judging import Finding, placed_findings, probe_findings
from piranha.config.sections import Section
from piranha.config.settings import Settings, Standby, Unreleased, Vip
from piranha.config.values import show_duration
from piranha.terms import Side

DEFAULT_GROUP = "default"
"""The group of services whose block names none."""


LONGEST_SERVICE_NAME = 64
"""Bytes; the name is in log lines, in heartbeats and in the environment of commands."""
MOST_GROUPS = 8
"""A heartbeat speaks of every group, and has 1,200 bytes."""


@dataclass(frozen=True, slots=True)
class Case:
    """A file to be judged."""

    settings: Settings
    """With stand-ins for what is in `broken`."""
    root: Section
    failovers: Sequence[Section]
    groups: Sequence[Section]
    recipes: Sequence[Section]
    document: Document
    complaints: Complaints
    broken: frozenset[tuple[str, str]]
    """Section and keyword of each value that could not be read: nothing is concluded from it."""

    def complain(self, severity: Weight, section: str, text: str, *keywords: str) -> None:
        """Complain at the first keyword's place, unless one of them was refused already."""
        if not any((section, keyword) in self.broken for keyword in keywords):
            place = self.document.where(section, keywords[0] if keywords else "")
            self.complaints.add(*place, severity, text)


def judge(case: Case) -> None:
    """Complain about all that cannot work, or will surprise."""
    _judge_times(case)
    _judge_paths(case)
    _judge_partner(case)
    _judge_names(case)
    _judge_groups(case)
    for section in case.failovers:
        _judge_block(case, section)
    for section in (*case.recipes, *case.failovers):
        _judge_probe(case, section)
    if not any(section["active"] or _is_unsure(case, section) for section in case.failovers):
        text = "no failover block is active, expected at least one with active = 1"
        case.complain("warning", "global", text)
    _judge_vips(case)
    _judge_stop_commands(case)


def _is_unsure(case: Case, section: Section) -> bool:
    return (section.block.section, "active") in case.broken


SHORTEST_DEADTIME = 1.4
"""In keepalives: with less an active that has lost its partner cannot know it before its own
permission ends, and one lost heartbeat calls a living partner dead."""


def _judge_times(case: Case) -> None:
    keepalive, deadtime = case.settings.keepalive_seconds, case.settings.deadtime_seconds
    both = f"deadtime is {show_duration(deadtime)} and keepalive {show_duration(keepalive)}"
    expected = f"expected a deadtime of at least {show_duration(2.5 * keepalive)}"
    if deadtime < SHORTEST_DEADTIME * keepalive:
        text = f"{both}: a living partner would be called dead, {expected}"
        case.complain("error", "global", text, "deadtime", "keepalive")
    elif deadtime < 2 * keepalive:
        text = f"{both}: one lost heartbeat is a takeover, {expected}"
        case.complain("warning", "global", text, "deadtime", "keepalive")
    startup_wait = case.settings.startup_wait_seconds
    if startup_wait < deadtime:
        text = (
            f"startup_wait is {show_duration(startup_wait)}: a node may take over before it can "
            f"have heard an active partner, expected at least deadtime ({show_duration(deadtime)})"
        )
        case.complain("warning", "global", text, "startup_wait", "deadtime")


def _judge_paths(case: Case) -> None:
    root = case.root
    for suffix in ("", "_private"):
        primary, backup = f"primary{suffix}", f"backup{suffix}"
        if root[primary] is None or root[backup] is None:
            continue
        if root[primary] == root[backup]:
            text = f"{backup} and {primary} are both {root[backup]}, expected two machines"
            case.complain("error", "global", text, backup, primary)
        elif root[primary].version != root[backup].version:
            text = f"{backup} is IPv{root[backup].version} and {primary} IPv"
            text += f"{root[primary].version}, expected one kind on both ends of a path"
            case.complain("error", "global", text, backup, primary)
    given = {side for side in Side if f"{side}_private" in root.written}
    for side in given if len(given) == 1 else ():
        text = f"{side}_private has no {side.other}_private: there is no second path, expected both"
        case.complain("warning", "global", text, f"{side}_private")
    for side in Side:
        private = root[f"{side}_private"]
        if private is not None and private == root[side]:
            text = f"{side}_private is {side} again, expected another network for the second path"
            case.complain("warning", "global", text, f"{side}_private", side)


def _judge_partner(case: Case) -> None:
    root, settings = case.root, case.settings
    if not root["backup_active"]:
        text = (
            "backup_active is 0: nothing could fail over, expected 1 "
            "(to keep the backup from taking over for a time: piranhactl hold)"
        )
        case.complain("error", "global", text, "backup_active")
    if not root["heartbeat"]:
        text = "heartbeat is 0, expected 1: heartbeats are always sent"
        case.complain("warning", "global", text, "heartbeat")
    if settings.unreleased is Unreleased.FENCE and not settings.fence_cmd:
        text = "unreleased is fence, expected a fence_cmd to do it"
        case.complain("error", "global", text, "unreleased", "fence_cmd")
    _judge_fence(case)
    if root["isolation"] == "drop" and not settings.witness:
        text = "isolation is drop, expected a witness by which a node can tell that it is cut off"
        case.complain("warning", "global", text, "isolation", "witness")
    nodes = {address for side in Side for address in settings.addresses[side]}
    vips = {vip.address for vip in settings.vips}
    for address in settings.witness:
        if address in nodes | vips:
            what = "a node's own address" if address in nodes else "a virtual address"
            text = f"witness {address} is {what}, expected one of a third machine, as the gateway's"
            case.complain("error", "global", text, "witness")


SHORTEST_FENCED_STARTUP = 60.0
"""Seconds in which most machines have booted."""
FENCE_KEYWORDS = ("fence_primary", "fence_backup", "fence_timeout", "fence_delay", "fence_failed")


def _judge_fence(case: Case) -> None:
    root, settings = case.root, case.settings
    if not settings.fence_cmd:
        for keyword in FENCE_KEYWORDS:
            if keyword in root.written:
                text = f"{keyword} without fence_cmd, expected the command that fences"
                case.complain("warning", "global", text, keyword)
        return
    if settings.startup_wait_seconds < SHORTEST_FENCED_STARTUP:
        text = (
            f"startup_wait is {show_duration(settings.startup_wait_seconds)}: a partner that boots "
            "more slowly would be fenced on its way, expected some minutes"
        )
        at = "startup_wait" if "startup_wait" in root.written else "fence_cmd"
        case.complain("warning", "global", text, at)
    words = {side: settings.fence_words[side] for side in Side}
    is_agent = settings.fence_cmd[0].rpartition("/")[2].startswith("fence_")
    if is_agent and words[Side.PRIMARY] == words[Side.BACKUP]:
        text = (
            "fence_cmd would switch off the same thing for both nodes, expected what differs in "
            "fence_primary and fence_backup, such as ip=10.0.9.1"
        )
        case.complain("error", "global", text, "fence_cmd", "fence_primary", "fence_backup")
    if any("action=reboot" in side_words for side_words in (settings.fence_cmd, *words.values())):
        text = (
            "action=reboot: two nodes that cannot hear each other shoot each other in turn, "
            "expected action=off"
        )
        case.complain("warning", "global", text, "fence_cmd", "fence_primary", "fence_backup")


def _judge_names(case: Case) -> None:
    for sections in (case.failovers, case.groups):
        first: dict[str, int] = {}
        for section in sections:
            block = section.block
            if block.name in first:
                text = f'"{shown(block.section)}" is in line {first[block.name]} already, '
                text += "expected each name once"
                case.complaints.add(block.line, block.column, "error", text)
            first.setdefault(block.name, block.line)
            if (
                not block.name.isprintable()
                or len(block.name.encode("utf-8", "replace")) > LONGEST_SERVICE_NAME
            ):
                text = f'"{shown(block.name)}" cannot be a name, expected at most '
                text += f"{LONGEST_SERVICE_NAME} printable characters"
                case.complaints.add(block.line, block.column, "error", text)


_GROUP_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]{0,31}")


def _judge_groups(case: Case) -> None:
    known = {section.block.name for section in case.groups}
    used = {section["group"] for section in case.failovers}
    count = len(known | (used & {DEFAULT_GROUP}))
    if count > MOST_GROUPS:
        last = case.groups[-1].block
        text = f"there are {count} groups, expected at most {MOST_GROUPS}"
        case.complaints.add(last.line, last.column, "error", text)
    for section in case.groups:
        block = section.block
        # A dash, or the name "monitor", would make two socket names equal: CLUSTER-GROUP-monitor.
        if not _GROUP_NAME.fullmatch(block.name) or block.name == "monitor":
            text = f'"{shown(block.name)}" cannot name a group, expected at most 32 letters, '
            text += 'digits, "_" and ".", and not "monitor"'
            case.complaints.add(block.line, block.column, "error", text)
        elif block.name not in used:
            text = f"group {block.name} has no service, expected group = {block.name} in one"
            case.complaints.add(block.line, block.column, "warning", text)
    for section in case.failovers:
        name = section["group"]
        if name not in known and name != DEFAULT_GROUP:
            hint = did_you_mean(name, known)
            text = f'there is no group "{shown(name)}", expected a block "group {shown(name)} {{"'
            case.complain("error", section.block.section, text + hint, "group")


def _judge_block(case: Case, section: Section) -> None:
    for severity, text, keywords in _block_complaints(section):
        case.complain(severity, section.block.section, text, *keywords)


def _judge_probe(case: Case, section: Section) -> None:
    name = section.block.section
    for severity, text, keywords in probe_findings(section):
        case.complain(severity, name, text, *keywords)
    if (name, "script") not in case.broken:
        for line, column, text in placed_findings(section):
            case.complaints.add(line, column, "error", text)


def _block_complaints(section: Section) -> Iterator[Finding]:
    name = section.block.name
    if "active" not in section.written:
        yield "warning", f"{name} is not active: it will not be served, expected active = 1", ()
    has_start, has_stop = bool(section["start_cmd"]), bool(section["stop_cmd"])
    if section["standby"] == Standby.WARM and not has_start:
        text = "no start_cmd: nothing is started at takeover, expected one, or standby = hot"
        yield "notice", text, ("start_cmd", "standby")
    if has_start and not has_stop:
        text = "start_cmd without stop_cmd: the service runs on after a release, expected both"
        yield "warning", text, ("start_cmd", "stop_cmd")


def _judge_vips(case: Case) -> None:
    """One address, one place; one alias, one address; and never a node's own."""
    real = {ip: side for side, ips in case.settings.addresses.items() for ip in ips}
    seen: dict[object, tuple[Vip, Section]] = {}
    for section in case.failovers:
        vip: Vip | None = section["address"]
        if vip is None:
            continue
        name = section.block.section
        if vip.address in real:
            text = f"{vip.address} is the real address of the {real[vip.address]}, "
            text += "expected a further one that moves"
            case.complain("error", name, text, "address")
        if not section["active"]:
            continue
        other, owner = seen.setdefault(vip.address, (vip, section))
        if other.label != vip.label:
            text = (
                f"{vip.address} is on {other.label} in {owner.block.section}, not on {vip.label}, "
            )
            text += "expected one place for one address"
            case.complain("error", name, text, "address")
        elif owner["group"] != section["group"]:
            text = f"{vip.address} belongs to group {owner['group']} in {owner.block.section}, "
            text += "expected services of one address in one group"
            case.complain("error", name, text, "address", "group")
        if ":" in vip.label:
            other, owner = seen.setdefault(vip.label, (vip, section))
            if other.address != vip.address:
                text = f"{vip.label} carries {other.address} in {owner.block.section}, "
                text += "expected an alias of its own for each address"
                case.complain("warning", name, text, "address")


def _judge_stop_commands(case: Case) -> None:
    first: dict[tuple[str, ...], str] = {}
    for service in (service for group in case.settings.groups for service in group.services):
        if service.stop_cmd and service.stop_cmd in first:
            text = f"stop_cmd is that of {first[service.stop_cmd]}: stopping one stops both, "
            text += "expected a command for each service"
            case.complain("warning", f"failover {service.name}", text, "stop_cmd")
        first.setdefault(service.stop_cmd, service.name)
