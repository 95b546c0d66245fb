"""The table is whole: every historical keyword, every default readable, and the manual in step."""

import re
from pathlib import Path

import pytest

from piranha.config.keywords import (
    AT,
    KEYWORDS,
    PROBING,
    Keyword,
    Kind,
    Place,
    Status,
    find,
    places_of,
)
from piranha.config.sections import default_values

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "man" / "lvs.cf.5"

HISTORICAL = {
    Place.GLOBAL: """
        serial_no primary primary_private primary_shared backup backup_private backup_shared
        backup_active rsh_command heartbeat heartbeat_port keepalive deadtime network nat_router
        nat_nmask reservation_conflict_action debug_level monitor_links sync syncdaemon syncd_iface
        syncd_id tcp_timeout tcpfin_timeout udp_timeout hard_shutdown ipvsadm active_cmd
        inactive_cmd service failover virtual
        """,
    Place.FAILOVER: """
        active address vip_nmask port protocol timeout reentry send expect use_regex send_program
        client_monitor start_cmd stop_cmd load_monitor scheduler persistent pmask fwmark
        quiesce_server sorry_server master dirs server
        """,
}


@pytest.mark.parametrize("place", HISTORICAL)
def test_every_historical_keyword_is_known(place: Place) -> None:
    assert set(HISTORICAL[place].split()) - set(AT[place]) == set()


def test_a_keyword_is_in_the_table_once_for_each_place() -> None:
    rows = [(row.place, row.name) for row in KEYWORDS]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("place", [Place.GLOBAL, Place.FAILOVER, Place.GROUP])
def test_every_default_can_be_read(place: Place) -> None:
    values = default_values(place)
    for row in AT[place].values():
        if row.default is not None:
            assert values[row.name] is not None


@pytest.mark.parametrize("row", KEYWORDS, ids=lambda row: f"{row.place} {row.name}")
def test_every_row_says_what_it_is_for(row: Keyword) -> None:
    assert re.fullmatch(r"\S.*\.", row.doc)
    assert "  " not in row.doc
    is_value = row.kind is not Kind.BLOCK and row.status is not Status.IGNORED
    is_value = is_value and row.place is not Place.SCRIPT
    assert not is_value or row.default is not None or row.without
    assert (row.kind is Kind.CHOICE) == bool(row.choices)


def test_a_keyword_is_found_at_its_place_only() -> None:
    keepalive = find(Place.GLOBAL, "keepalive")
    assert keepalive is not None
    assert (keepalive.unit, keepalive.default) == ("s", "2")
    assert find(Place.FAILOVER, "keepalive") is None
    assert find(Place.RECIPE, "proves") is not None
    assert places_of("reentry") == (Place.GLOBAL, Place.FAILOVER)


def documented() -> dict[Place, set[str]]:
    """Keywords by the manual's sections: items of its lists, `.It Ic name` or `.It Ic a , b`."""
    found: dict[Place, set[str]] = {place: set() for place in Place}
    place = None
    for line in MANUAL.read_text(encoding="utf-8").splitlines():
        heading = re.fullmatch(r'\.S[hs] (?:"(.*)"|(.*))', line)
        if heading:
            place = PLACE_OF.get((heading[1] or heading[2]).upper())
        elif place and (item := re.match(r"\.It Ic ([a-z_]+(?: , [a-z_]+)*)", line)):
            found[place] |= set(item[1].split(" , "))
    return found


PLACE_OF = {
    "GLOBAL KEYWORDS": Place.GLOBAL,
    "FAILOVER BLOCKS": Place.FAILOVER,
    "GROUP BLOCKS": Place.GROUP,
    "RECIPE BLOCKS": Place.RECIPE,
    "SCRIPTS": Place.SCRIPT,
    "IGNORED OUTSIDE OF BLOCKS": Place.GLOBAL,
    "IGNORED IN FAILOVER BLOCKS": Place.FAILOVER,
}


@pytest.mark.parametrize("place", [Place.GLOBAL, Place.FAILOVER, Place.GROUP, Place.SCRIPT])
def test_the_manual_has_every_keyword_and_none_besides(place: Place) -> None:
    assert documented()[place] == set(AT[place])


def test_a_recipe_has_the_keywords_of_a_probe_and_tells_about_itself() -> None:
    assert documented()[Place.RECIPE] | set(PROBING) == set(AT[Place.RECIPE])


WRITTEN = [
    row
    for row in KEYWORDS
    if row.place in (Place.GLOBAL, Place.FAILOVER, Place.GROUP) and row.status is not Status.IGNORED
]


def item(row: Keyword) -> str:
    """What the manual says of a keyword, its heading included."""
    text = MANUAL.read_text(encoding="utf-8")
    heading = {place: name for name, place in reversed(PLACE_OF.items())}[row.place]
    section = re.split(r"^\.S[hs] ", text, flags=re.MULTILINE)
    (page,) = [part for part in section if part.strip('"').startswith(heading)]
    (found,) = re.findall(
        rf"^\.It Ic {row.name}\b.*?(?=^\.It |^\.El)", page, re.MULTILINE | re.DOTALL
    )
    return str(found)


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: f"{row.place} {row.name}")
def test_the_manual_tells_every_default_and_what_has_no_effect(row: Keyword) -> None:
    text = item(row)
    unit = " s" if row.kind is Kind.DURATION else ""
    if row.default is not None:
        assert re.search(rf"^Default: {re.escape(row.default)}{unit}[.;]", text, re.MULTILINE)
    assert all(re.search(rf"\b{choice}\b", text) for choice in row.choices)
    assert ("No effect in this version." in text) == (row.status is Status.RESERVED)
