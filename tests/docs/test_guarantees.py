"""docs/guarantees.md promises what `piranhactl check` prints, and names tests that exist."""

import ast
import re

import pytest

from piranha.config.timing_report import timing_report
from piranha.config.values import show_duration
from tests.architecture.source import ROOT
from tests.config.lvs_cf import GLOBAL, WEB, settings

PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
TIMES = [(2.0, 5.0), (0.1, 0.5), (0.02, 0.1)]
"""Keepalive and deadtime: with a kernel lease, without one, and shorter than any lease."""


def rows(title: str) -> list[list[str]]:
    """The cells of each row of the table below a heading."""
    section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


MORE = (
    "witness = 192.168.1.254\nisolation = drop\nwatchdog = /dev/watchdog\n"
    'fence_cmd = "/usr/sbin/fence_ipmilan username=fence"\nstartup_wait = 3m\n'
    'fence_primary = "ip=192.168.9.1"\nfence_backup = "ip=192.168.9.2"\n'
)


def printed(keepalive: float, deadtime: float, more: str = "") -> str:
    text = f"keepalive = {keepalive:g}\ndeadtime = {deadtime:g}\n{more}{GLOBAL}{WEB}"
    return "\n".join(timing_report(settings(text)))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_every_test_that_shows_a_promise_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_a_test() -> None:
    promises = rows("Promised")
    assert len(promises) > 15
    assert [row[0] for row in promises if "::test_" not in row[1]] == []


def test_every_claim_of_the_architecture_is_promised() -> None:
    architecture = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = architecture.split("| Claim | What must always hold |")[1].split("\n\n")[0]
    claims = set(re.findall(r"^\| (\w+) \|", table, re.MULTILINE))
    assert claims
    assert claims - set(re.findall(r"\*\*(\w+)\.\*\*", PAGE)) == set()


def test_every_bound_is_printed_by_check() -> None:
    everything = "\n".join([*(printed(*times) for times in TIMES), printed(2.0, 5.0, MORE)])
    phrases = [row[2] for row in rows("The bounds")]
    assert len(phrases) > 12
    assert [phrase for phrase in phrases if phrase not in everything] == []


@pytest.mark.parametrize(("keepalive", "deadtime"), TIMES)
def test_what_is_printed_is_what_the_page_computes(keepalive: float, deadtime: float) -> None:
    """The formulas of the page, computed here once more with its letters."""
    k, d, s, p, i, t, n = keepalive, deadtime, 70.0, 30.0, 10.0, 10.0, 1
    text = printed(k, d)
    is_kernel = d - 1.5 >= k + d / 4 + 0.2
    said = {
        "a dead node is noticed within": d,
        "an address ends": d - 1.5 if is_kernel else None,
        "where every path is cut in both directions for longer than": d / 4,
        "hear each other again both answer for at most": k + 0.7 + 3 * min(k, 0.1) + 0.05,
        "holds its addresses alone after": max(d / 4, 1.25 * k + d / 10),
        "knows of a pause of its own longer than": min(d / 2, d - 1.5 if is_kernel else d),
        "service web: noticed within": n * i,
        "when it refuses,": i + (n - 1) * max(i, t) + t,
        "when it hangs; worst outage": d + s,
        "when its node dies,": i + t + p + s,
        "after the last fault one node serves within": d + s + 2 * k,
        "group default: after": p + d,
    }
    for phrase, seconds in said.items():
        if seconds is not None:
            assert f"{phrase} {show_duration(seconds)}" in text, text
    more = printed(k, d, MORE)
    assert (
        f"drops what it holds after {show_duration(d - 1.5 if is_kernel else max(d, 0.2))}" in more
    )
    assert f"without a witness for {show_duration(d / 2)} hands over to one" in more
    assert f"before anything is taken: within {show_duration(d + 10 + 30)}" in more
    one_process = 0.05 + max(0.0, 0.2 - d)
    two_owners = (
        "both nodes answer for an address for 0 s at most"
        if is_kernel
        else f"{show_duration(one_process)} when one process hangs or dies, "
        f"{show_duration(max(one_process, 3.5 - d))} when all of them do at once"
    )
    assert two_owners in text
    assert ("a kernel lease is in force" in text) == is_kernel
