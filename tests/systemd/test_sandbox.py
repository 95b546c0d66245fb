"""The units are well formed, equally hard, and hard enough."""

import re

from tests.architecture.source import ROOT
from tests.systemd.pair import Pair

UNITS = ROOT / "systemd"
WORST_EXPOSURE = 3.0


def settings(unit: str) -> list[str]:
    """The lines that are no comment, with the template's file put back to the usual one."""
    text = (UNITS / unit).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.replace("/etc/piranha/%i.cf", "/etc/lvs.cf") for line in lines]


def test_the_template_is_the_same_unit_with_a_file_of_its_own() -> None:
    plain, template = settings("pulse.service"), settings("pulse@.service")
    differing = [pair for pair in zip(plain, template, strict=True) if pair[0] != pair[1]]
    assert [left.split("=")[0] for left, _ in differing] == ["Description"]


def test_systemd_finds_no_fault_with_them(pair: Pair) -> None:
    for unit in ("pulse.service", "pulse@one.service"):
        pair.a.run("systemd-analyze", "verify", "--man=no", f"/etc/systemd/system/{unit}")


def test_little_is_exposed(pair: Pair) -> None:
    report = pair.a.run("systemd-analyze", "security", "--no-pager", "pulse.service")
    found = re.search(r"Overall exposure level for pulse.service: ([\d.]+)", report)
    assert found
    assert float(found.group(1)) <= WORST_EXPOSURE


def test_the_manuals_can_be_read(pair: Pair) -> None:
    for page in ("pulse.8", "lvs.cf.5"):
        path = f"/usr/local/share/man/man{page[-1]}/{page}"
        assert pair.a.status("test", "-s", path) == 0
