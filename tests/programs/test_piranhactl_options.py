"""The command line of piranhactl."""

import re
from pathlib import Path

import pytest

from piranha.errors import UsageError
from piranha.programs.piranhactl_options import read_options
from piranha.wire.control_line import FenceWish


@pytest.mark.parametrize(
    ("argv", "field", "value"),
    [
        (["status"], "command", "status"),
        (["status", "--json"], "is_json", True),
        (["status", "--watch"], "is_watched", True),
        (["check", "x.cf"], "file", Path("x.cf")),
        (["switch", "web"], "group", "web"),
        (["switch"], "group", ""),
        (["switch", "--dry-run"], "is_dry_run", True),
        (["why"], "count", 5),
        (["why", "20"], "count", 20),
        (["why", "--json"], "is_json", True),
        (["hold"], "seconds", None),
        (["hold", "--for", "30m"], "seconds", 1800.0),
        (["ignore", "http", "--for", "10m"], "seconds", 600.0),
        (["ignore", "http"], "service", "http"),
        (["fence", "--test"], "fence_wish", FenceWish.TEST),
        (["fence", "--off", "backup"], "fence_wish", FenceWish.OFF),
        (["fence", "--off", "backup"], "node", "backup"),
        (["fence", "--confirm", "primary"], "fence_wish", FenceWish.CONFIRM),
        (["fence", "--confirm", "primary"], "node", "primary"),
        (["resume", "http"], "service", "http"),
        (["clear", "web"], "group", "web"),
        (["-c", "/x", "status"], "config", Path("/x")),
        (["status", "-c", "/x"], "config", Path("/x")),
        (["--cluster", "two", "reload"], "cluster", "two"),
        (["upgrade", "--cluster=two"], "cluster", "two"),
        (["cleanup"], "is_config_given", False),
        (["check", "--partner"], "is_partner", True),
        (["sync", "--yes"], "is_sure", True),
        (["sync", "--confirm", "60s"], "seconds", 60.0),
        (["sync", "--take", "ab12"], "digest", "ab12"),
        (["sync", "--show"], "sync_part", "show"),
        (["sync", "--back"], "sync_part", "back"),
        (["confirm", "--here"], "is_here", True),
        (["genkey"], "file", None),
        (["genkey", "/k", "--unsealed"], "takes_unsealed", True),
        (["genkey", "--add"], "key_change", "add"),
        (["genkey", "--next"], "key_change", "next"),
        (["genkey", "--drop"], "key_change", "drop"),
        (["cleanup", "--configfile", "/x"], "is_config_given", True),
    ],
)
def test_each_command_takes_what_it_needs(argv: list[str], field: str, value: object) -> None:
    assert getattr(read_options(argv), field) == value


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["restart"],
        ["status", "extra"],
        ["why", "0"],
        ["why", "1001"],
        ["why", "many"],
        ["hold", "--for", "soon"],
        ["ignore"],
        ["fence"],
        ["fence", "--off"],
        ["fence", "--test", "--off", "backup"],
        ["check", "a", "b"],
        ["status", "--dry-run"],
    ],
)
def test_wrong_use_is_refused(argv: list[str]) -> None:
    with pytest.raises(UsageError, match=r"--help"):
        read_options(argv)


def test_the_manual_has_every_command_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    manual = (Path(__file__).parents[2] / "man" / "piranhactl.8").read_text()

    def help_of(*words: str) -> str:
        with pytest.raises(SystemExit):
            read_options([*words, "--help"])
        return capsys.readouterr().out

    commands = re.findall(r"^    ([a-z]+)  ", help_of(), re.MULTILINE)
    assert len(commands) == 18
    missing = [name for name in commands if not re.search(rf"^\.It Cm {name}\b", manual, re.M)]
    for command in commands:
        options = set(re.findall(r"--([a-z-]+)", help_of(command)))
        missing += [f"{command} --{name}" for name in options if f"Fl -{name}" not in manual]
    assert missing == []
