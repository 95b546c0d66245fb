"""The command line of `piranhactl`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from piranha import __version__, defaults
from piranha.programs.command_line import CommandLine, read_duration
from piranha.programs.heartbeat_key import DEFAULT_FILE
from piranha.wire.control_line import FenceWish

MOVES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CtlOptions:
    """One command line, understood; what a command does not know is at its default."""

    command: str
    config: Path
    is_config_given: bool
    cluster: str | None
    """None: the one of the configuration file."""
    file: Path | None
    group: str
    """Empty: the only one."""
    service: str
    name: str
    """Of a recipe; empty: all of them."""
    asked_node: str
    """"A", "B" or an address; empty: the one on which we are."""
    target: str
    """HOST:PORT."""
    is_udp: bool
    count: int
    seconds: float | None
    """None: no end."""
    is_json: bool
    is_watched: bool
    is_dry_run: bool
    key_change: str = ""
    """What genkey does with a file that is there: "add", "next", "drop"; empty: it makes one."""
    takes_unsealed: bool = False
    sync_part: str = ""
    """What the other end of a sync does: "show", "back"; empty: nothing of that."""
    digest: str = ""
    """Of the file that a sync takes from standard input."""
    is_sure: bool = False
    is_here: bool = False
    """Only this node is meant."""
    is_partner: bool = False
    """Whether the partner's file is looked at, too."""
    fence_wish: FenceWish = FenceWish.TEST
    node: str = ""
    """The one to be fenced; empty for a test."""


def read_options(argv: Sequence[str] | None) -> CtlOptions:
    """Understand a command line (without the program's name; None: our own).

    Raises UsageError for wrong use, and SystemExit for --help and --version.
    """
    given = _parser().parse_args(argv)
    values = vars(given)
    return CtlOptions(
        command=given.command,
        config=values.get("configfile") or defaults.CONFIG_FILE,
        is_config_given="configfile" in values,
        cluster=values.get("cluster"),
        file=values.get("file"),
        group=values.get("group") or "",
        service=values.get("service") or "",
        name=values.get("name") or "",
        asked_node=values.get("asked_node") or "",
        target=values.get("target") or "",
        is_udp=values.get("udp", False),
        count=values.get("count", MOVES_SHOWN),
        seconds=values.get("seconds"),
        is_json=values.get("json", False),
        is_watched=values.get("watch", False),
        is_dry_run=values.get("dry_run", False),
        key_change=values.get("key_change") or "",
        sync_part=values.get("sync_part") or "",
        digest=values.get("take") or "",
        is_sure=values.get("yes", False),
        is_here=values.get("here", False),
        is_partner=values.get("partner", False),
        takes_unsealed=values.get("unsealed", False),
        fence_wish=_fence_wish(values),
        node=values.get("off") or values.get("confirm") or "",
    )


def _add_fence(fence: argparse.ArgumentParser) -> None:
    wishes = fence.add_mutually_exclusive_group(required=True)
    wishes.add_argument("--test", dest="wish", action="store_const", const=FenceWish.TEST,
                        help="ask it for the partner's status; nothing is switched")  # fmt: skip
    wishes.add_argument("--off", metavar="NODE",
                        help="switch that node off now: primary or backup")  # fmt: skip
    wishes.add_argument("--confirm", metavar="NODE",
                        help="you have looked: that node is off, take over from it")  # fmt: skip


def _fence_wish(values: dict[str, Any]) -> FenceWish:
    if values.get("off") is not None:
        return FenceWish.OFF
    return FenceWish.TEST if values.get("confirm") is None else FenceWish.CONFIRM


def _parser() -> argparse.ArgumentParser:
    where = CommandLine(add_help=False)
    where.add_argument("-c", "--configfile", metavar="FILE", type=Path, default=argparse.SUPPRESS,
                       help=f"the cluster's file (default: {defaults.CONFIG_FILE})")  # fmt: skip
    where.add_argument("--cluster", metavar="NAME", default=argparse.SUPPRESS,
                       help="the cluster by its name instead")  # fmt: skip
    parser = CommandLine(
        prog="piranhactl",
        allow_abbrev=False,
        parents=[where],
        description="Ask and command the pulse that runs on this node. See piranhactl(8).",
    )
    parser.add_argument("--version", action="version", version=f"piranhactl {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=CommandLine
    )

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[where])

    status = command("status", "show how this node is")
    status.add_argument("--json", action="store_true", help="for programs")
    status.add_argument("--watch", action="store_true", help="again and again, until Ctrl-C")
    check = command("check", "judge a configuration file, and whether it fits this machine")
    check.add_argument("file", nargs="?", type=Path, metavar="FILE")
    check.add_argument("--partner", action="store_true", help="has the partner the same file?")
    recipes = command("recipes", "list the ready-made probes, or print one as text for lvs.cf")
    recipes.add_argument("name", nargs="?", metavar="NAME")
    probe = command("probe", "ask a service once, as the daemons do, and show the dialogue")
    probe.add_argument("service", metavar="SERVICE")
    probe.add_argument("--node", dest="asked_node", metavar="NODE",
                       help="A (primary), B (backup) or an address; default: this one")  # fmt: skip
    learn = command("learn", "find the recipe that fits a service, and print its block for lvs.cf")
    learn.add_argument("target", metavar="HOST:PORT")
    learn.add_argument("--udp", action="store_true", help="ask by UDP")
    learn.add_argument("--timeout", dest="seconds", type=read_duration, metavar="SECONDS",
                       help="for each try (default 5)")  # fmt: skip
    switch = command("switch", "let the other node serve a group")
    switch.add_argument("group", nargs="?", metavar="GROUP")
    switch.add_argument("--dry-run", action="store_true", help="only say what would happen")
    why = command("why", "show the newest changes of role, with their reasons")
    why.add_argument("count", nargs="?", type=_count, default=MOVES_SHOWN, metavar="N")
    why.add_argument("--json", action="store_true", help="for programs, one object a line")
    command("reload", "have pulse read its configuration file again")
    hold = command("hold", "never take over, until resumed")
    resume = command("resume", "end a hold, or no longer ignore a service")
    resume.add_argument("service", nargs="?", metavar="SERVICE")
    ignore = command("ignore", "let a service fail without moving its group")
    ignore.add_argument("service", metavar="SERVICE")
    for limited in (hold, ignore):
        limited.add_argument("--for", dest="seconds", type=read_duration, metavar="TIME",
                             help="end by itself after so long: 90, 30m, 2h")  # fmt: skip
    clear = command("clear", "count this node as able to serve a group again")
    clear.add_argument("group", nargs="?", metavar="GROUP")
    _add_sync(command("sync", "copy this node's file to the partner, and reload both"))
    confirm = command("confirm", "keep the file that was synced on trial")
    confirm.add_argument("--here", action="store_true", help="on this node only")
    _add_genkey(command("genkey", "make the file of the heartbeats' key, or change its keys"))
    _add_fence(command("fence", "test the fence, or switch the partner off"))
    command("upgrade", "end pulse without goodbye; fos serves on for the next pulse")
    command("cleanup", "remove VIPs that dead processes of the suite have left")
    return parser


def _add_sync(sync: argparse.ArgumentParser) -> None:
    sync.add_argument("--yes", action="store_true", help="copy without a question")
    sync.add_argument("--confirm", dest="seconds", type=read_duration, metavar="TIME",
                      help="both nodes go back after so long unless confirmed")  # fmt: skip
    parts = sync.add_mutually_exclusive_group()
    for part, text in (("show", "print the file"), ("back", "end a trial, with the old file")):
        parts.add_argument(f"--{part}", dest="sync_part", action="store_const", const=part,
                           help=f"at the other end: {text}")  # fmt: skip
    parts.add_argument("--take", metavar="SHA256",
                       help="at the other end: take the file from standard input")  # fmt: skip


def _add_genkey(genkey: argparse.ArgumentParser) -> None:
    genkey.add_argument("file", nargs="?", type=Path, metavar="FILE",
                        help=f"default: that of lvs.cf, else {DEFAULT_FILE}")  # fmt: skip
    genkey.add_argument("--unsealed", action="store_true",
                        help="accept unsealed ones too, until both nodes have it")  # fmt: skip
    for change, text in (
        ("add", "add a key, that is accepted and not used yet"),
        ("next", "use the newest key from now on"),
        ("drop", "keep only the key that is used"),
    ):
        genkey.add_argument(f"--{change}", dest="key_change", action="store_const", const=change,
                            help=text)  # fmt: skip


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= defaults.MOVES_KEPT:
        expected = f"expected a number from 1 to {defaults.MOVES_KEPT}"
        raise argparse.ArgumentTypeError(f'"{text}": {expected}')
    return int(text)
