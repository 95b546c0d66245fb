"""What is told of a section, what is kept for ourselves, and how two sections differ."""

import pytest

from piranha.config.document import parse
from piranha.config.telling import Told, differences, tell

FILE = """\
serial_no = 3
service = fos
network = direct
fence_cmd = /sbin/fence passwd=hunter2
group shop { backup primary }
failover web {
    port = 80
    port = 8080
    send = "AUTH hunter2"
    start_cmd = "/bin/run --token=hunter2"
    interval = 2
    nonsense = 1
}
"""


def told(text: str, section: str) -> dict[str, Told]:
    found = tell(parse(text.encode()), section)
    assert found is not None
    return {entry.keyword: entry for entry in found}


def test_what_counts_is_told_as_it_is_written() -> None:
    web = told(FILE, "failover web")
    assert web["port"].value == "8080", "the last one"
    assert (web["interval"].value, web["interval"].is_secret) == ("2", False)
    assert "nonsense" not in web
    assert "network" not in told(FILE, "global"), "it means nothing here"
    assert told(FILE, "group shop")["nodes"].value == "backup primary"


def test_a_section_that_is_not_there_is_not_told() -> None:
    assert tell(parse(FILE.encode()), "failover ftp") is None


@pytest.mark.parametrize(
    ("section", "keyword"),
    [("failover web", "send"), ("failover web", "start_cmd"), ("global", "fence_cmd")],
)
def test_what_may_be_a_secret_is_never_told(section: str, keyword: str) -> None:
    entry = told(FILE, section)[keyword]
    assert (entry.value, entry.is_secret) == ("", True)


def test_a_block_within_a_section_is_told_as_a_secret() -> None:
    text = 'failover web {\n script {\n send = "PASS hunter2"\n }\n}\n'
    one, other = told(text, "failover web"), told(text.replace("2", "3"), "failover web")
    assert one["script"].value == ""
    assert one["script"].digest != other["script"].digest


def compared(here: str, there: str, section: str = "failover web") -> tuple[str, ...]:
    return differences(tuple(told(here, section).values()), tuple(told(there, section).values()))


def test_keywords_that_differ_are_named_with_both_values() -> None:
    there = FILE.replace("8080", "81").replace("    interval = 2\n", "    fall = 3\n")
    assert compared(FILE, there) == (
        'port is "8080" here and "81" there',
        'interval is "2" here and not given there',
        'fall is not given here and "3" there',
    )
    assert compared(FILE, FILE) == ()


def test_a_secret_that_differs_is_named_without_its_value() -> None:
    (phrase,) = compared(FILE, FILE.replace("AUTH hunter2", "AUTH hunter3"))
    assert phrase == "send differs (it may be a secret and is not shown)"


def test_what_the_partner_says_cannot_spoil_a_log_line() -> None:
    here, there = Told("port", "80", False, b"1"), Told("port", "8\x1b[2J\n0", False, b"2")
    assert differences([here], [there]) == ('port is "80" here and "8\\x1b[2J\\x0a0" there',)
