"""An edit changes its own line and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.config.document import Document, parse
from piranha.config.editing import quoted, remove, set_value
from piranha.config.keywords import Keyword, Kind, Place
from piranha.config.values import Names, read_string
from tests.config.lvs_cf import GLOBAL, WEB, settings, web

FILE = "keepalive\t=  2   # often enough\r\n" + GLOBAL + WEB


def document(text: str = FILE) -> Document:
    return parse(text.encode("utf-8", "surrogateescape"))


def lines(of: Document) -> list[str]:
    return [line.text + line.ending for line in of.lines]


def test_a_value_is_replaced_where_it_stands() -> None:
    edited = set_value(document(), "global", "keepalive", "250ms")
    assert lines(edited)[0] == "keepalive\t=  250ms   # often enough\r\n"
    assert lines(edited)[1:] == lines(document())[1:]


def test_quotes_belong_to_the_value() -> None:
    text = GLOBAL + web('expect = "220 "  # hello')
    edited = set_value(document(text), "failover web", "expect", '"250 "')
    assert '    expect = "250 "  # hello\n' in lines(edited)


def test_a_new_keyword_follows_the_last_of_its_block() -> None:
    edited = set_value(document(), "failover web", "port", "8080")
    assert lines(edited)[8:] == [
        "    stop_cmd = /etc/init.d/web stop\n",
        "    port = 8080\r\n",
        "}\n",
    ]
    assert lines(set_value(document(), "global", "deadtime", "9"))[4] == "deadtime = 9\r\n"


def test_the_first_keyword_of_a_block_and_of_a_file() -> None:
    assert bytes(set_value(document("group a {\n}"), "group a", "nodes", "backup")) == (
        b"group a {\n    nodes = backup\n}"
    )
    assert bytes(set_value(document(""), "global", "keepalive", "1")) == b"keepalive = 1\n"
    assert bytes(set_value(document("# x"), "global", "keepalive", "1")) == b"# x\nkeepalive = 1"


def test_a_keyword_is_removed_with_its_line() -> None:
    edited = remove(document("keepalive = 1\n" + FILE), "global", "keepalive")
    assert lines(edited) == lines(document())[1:]
    assert bytes(remove(document(), "global", "deadtime")) == bytes(document())


def test_there_must_be_such_a_block() -> None:
    with pytest.raises(KeyError):
        set_value(document(), "failover ftp", "port", "21")
    with pytest.raises(KeyError):
        set_value(document("group a { backup }"), "group a", "nodes", "backup")


@pytest.mark.parametrize(
    ("keyword", "written"),
    [
        ("port", ""),
        ("port", "80\nactive = 0"),
        ("port", "80\ractive = 0"),
        ("port", "80 # eighty"),
        ("port", "80 "),
        ("expect", '"220'),
        ("a b", "1"),
        ("# port", "1"),
        ("failover x {", "1"),
    ],
)
def test_a_value_cannot_break_out_of_its_line(keyword: str, written: str) -> None:
    with pytest.raises(ValueError, match=r"is not one line|ends early"):
        set_value(document(), "failover web", keyword, written)


@given(st.integers(0, 7), st.binary())
def test_an_edit_changes_only_its_own_line(at: int, junk: bytes) -> None:
    noise = b"#" + junk.replace(b"\n", b"").replace(b"\r", b"") + b"\n"
    before = FILE.encode().splitlines(keepends=True)
    data = b"".join([*before[:at], noise, *before[at:]])
    old = parse(data)
    new = set_value(old, "failover web", "start_cmd", "/bin/true")
    changed = [
        number
        for number, (one, other) in enumerate(zip(old.lines, new.lines, strict=True), 1)
        if one != other
    ]
    assert changed == [old.where("failover web", "start_cmd")[0]]


@given(st.binary())
def test_a_quoted_text_is_read_as_it_was(meaning: bytes) -> None:
    edited = set_value(document(), "failover web", "send", quoted(meaning))
    entry = edited.root.blocks[0].last("send")
    assert entry is not None
    row = Keyword(Place.FAILOVER, "send", Kind.STRING, None, "")
    said: list[str] = []
    assert read_string(entry.value, row, Names(), lambda *_: said.append("")) == meaning
    assert said == []


def test_an_edited_file_is_read_with_the_new_value() -> None:
    edited = set_value(document(), "failover web", "interval", "500ms")
    found = settings(bytes(edited).decode())
    assert found.groups[0].services[0].interval_seconds == 0.5
