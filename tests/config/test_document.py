"""The document keeps every byte, and finds what stands where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.config.document import Entry, Fault, Opening, Written, parse, read_line, shown

WORDS = ["failover", "web", "{", "}", "=", "#", '"', "'", "\\", "\n", "\r\n", "\r", "\t", " "]
WORDS += ["keepalive", "send", "é", "script", "\0", "\ufeff", "group", "primary"]
like_a_file = st.lists(st.sampled_from(WORDS)).map(lambda words: "".join(words).encode())


def entry(line: str) -> Written:
    content = read_line(line, 1)
    assert isinstance(content, Entry)
    return content.value


def fault(line: str) -> Fault:
    content = read_line(line, 1)
    assert isinstance(content, Fault)
    return content


@given(st.binary())
def test_any_bytes_come_back_as_they_were(data: bytes) -> None:
    assert bytes(parse(data)) == data


@given(like_a_file)
def test_anything_like_a_file_comes_back_as_it_was(data: bytes) -> None:
    assert bytes(parse(data)) == data


@given(like_a_file)
def test_every_place_is_inside_of_the_file(data: bytes) -> None:
    document = parse(data)
    for wrong in document.faults:
        assert 1 <= wrong.line <= len(document.lines)
        assert 1 <= wrong.column <= len(document.lines[wrong.line - 1].text) + 1


@given(like_a_file)
def test_a_value_stands_where_it_says(data: bytes) -> None:
    document = parse(data)
    for line in document.lines:
        if isinstance(line.content, Entry):
            value = line.content.value
            start = value.column - 1
            assert line.text[start : start + len(value.text)] == value.text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("keepalive = 2", "2"),
        ("keepalive=2", "2"),
        ("\tkeepalive\t=\t2\t", "2"),
        ("keepalive = 2 # seconds", "2"),
        ('expect = "220 # not a comment" # a comment', "220 # not a comment"),
        ("expect = '220'", "220"),
        ('send = "say \\"hi\\""', 'say \\"hi\\"'),
        ("start_cmd = /etc/init.d/web start   # the web server", "/etc/init.d/web start"),
        ('start_cmd = /bin/sh -c "a # b" # c', '/bin/sh -c "a # b"'),
        ("expect = don't # stop", "don't"),
        ("rsh_command = a#b", "a#b"),
        ('expect = "C:\\"', "C:\\"),
        ("expect = a = b", "a = b"),
        ("\ufeffservice = fos", "fos"),
    ],
)
def test_a_value_is_found(line: str, expected: str) -> None:
    assert entry(line).text == expected


@pytest.mark.parametrize("line", ["", "   ", "\t", "# keepalive = 2", "   # }", "\ufeff# x"])
def test_blank_lines_and_comments_say_nothing(line: str) -> None:
    assert read_line(line, 1) is None


def test_text_behind_a_closing_quote_is_kept_for_commands() -> None:
    value = entry('start_cmd = "/usr/local/a b" start')
    assert (value.text, value.quote, value.text_after_quote) == ('"/usr/local/a b" start', "", 30)


@pytest.mark.parametrize(
    ("line", "keyword", "name", "words"),
    [
        ("failover web {", "failover", "web", None),
        ("failover web{", "failover", "web", None),
        ('failover "the web" { # comment {', "failover", "the web", None),
        ("group web { backup primary }", "group", "web", ("backup", "primary")),
        ("script {", "script", "", None),
        ("virtual http {\t", "virtual", "http", None),
    ],
)
def test_a_block_opens(line: str, keyword: str, name: str, words: tuple[str, ...] | None) -> None:
    assert read_line(line, 1) == Opening(keyword, name, 1, 1, words)


@pytest.mark.parametrize(
    ("line", "column", "text"),
    [
        ("keepalive", 1, '"keepalive" cannot be read, expected "keepalive = value"'),
        ("  keepalive 2", 3, '"keepalive 2" cannot be read, expected "keepalive = value"'),
        ("keepalive =", 1, 'keepalive has no value, expected "keepalive = value"'),
        ("keepalive = # 2", 1, 'keepalive has no value, expected "keepalive = value"'),
        ("= 2", 1, '"=" without a keyword, expected "keyword = value"'),
        ('send = "GET', 8, 'the " is not closed, expected another "'),
        ("{", 1, '"{" cannot be read, expected "keyword name {" on one line'),
        ("} {", 1, '"} {" cannot be read, expected "}" alone on its line'),
        ("\x00\udcff", 1, '"\\x00\\xff" cannot be read, expected "\\x00\\xff = value"'),
    ],
)
def test_a_line_that_cannot_be_read_says_what_was_expected(
    line: str, column: int, text: str
) -> None:
    assert fault(line) == Fault(1, column, text)


def test_blocks_hold_their_lines() -> None:
    document = parse(
        b"keepalive = 2\nvirtual a {\n\n server b {\n  weight = 1\n }\n port = 80\n}\n"
    )
    virtual = document.root.blocks[0]
    assert [e.keyword for e in document.root.entries] == ["keepalive"]
    assert [e.keyword for e in virtual.entries] == ["port"]
    assert [(b.section, b.line, b.end_line) for b in virtual.blocks] == [("server b", 4, 6)]
    assert (virtual.line, virtual.end_line, document.faults) == (2, 8, ())


def test_a_missing_brace_ends_at_the_next_block() -> None:
    document = parse(b"failover a {\n port = 1\nfailover b {\n port = 2\n}\n")
    assert [block.name for block in document.root.blocks] == ["a", "b"]
    assert document.faults == (
        Fault(
            1,
            1,
            'the block "failover a" is not closed, expected "}" before line 3, '
            "where the next block opens",
        ),
    )


def test_a_missing_brace_at_the_end_is_named() -> None:
    (wrong,) = parse(b"failover a {\n").faults
    assert wrong.text.endswith('expected "}" before the file\'s end')


def test_a_block_without_its_brace_still_holds_its_lines() -> None:
    document = parse(b"failover a\n port = 1\n}\nkeepalive = 1\n")
    assert [wrong.line for wrong in document.faults] == [1]
    assert [entry.keyword for entry in document.root.blocks[0].entries] == ["port"]


def test_a_brace_that_closes_nothing_is_named() -> None:
    assert parse(b"\n }\n").faults == (
        Fault(2, 2, '"}" closes nothing, expected a block before it'),
    )


def test_a_word_alone_is_a_step_in_a_script_and_a_fault_elsewhere() -> None:
    document = parse(b'failover a {\n script {\n  send = "}"\n  close # now\n }\n close\n}\n')
    assert [fault.line for fault in document.faults] == [6]
    (script,) = document.root.blocks[0].blocks
    assert [(entry.keyword, entry.is_bare) for entry in script.entries] == [
        ("send", False),
        ("close", True),
    ]


def test_a_line_of_a_script_that_is_no_step_is_a_fault() -> None:
    document = parse(b'failover a {\n script {\n  expect "220"\n }\n}\n')
    assert document.faults == (
        Fault(3, 3, '"expect "220"" cannot be read, expected "expect = value"'),
    )


def test_the_last_of_two_values_counts() -> None:
    document = parse(b"keepalive = 1\nkeepalive =  2\n")
    assert document.where("global", "keepalive") == (2, 14)


def test_a_value_that_is_not_written_is_at_its_block() -> None:
    document = parse(b"\n failover a {\n}\n")
    assert document.where("failover a", "port") == (2, 2)
    assert document.where("failover b", "port") == (1, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"a" + b" " * 200_000,
        b'a = "' + b" #" * 100_000,
        b"\xef\xbb\xbf" * 100_000,
        b"a = " + b'"\\' * 100_000,
        b'failover "' + b"{" * 100_000,
        b"failover a " + b" {}" * 100_000,
    ],
    ids=["blanks", "comments", "byte order marks", "quotes", "braces", "blocks"],
)
@pytest.mark.timeout(5)
def test_a_long_line_takes_time_in_proportion(data: bytes) -> None:
    assert bytes(parse(data)) == data


def test_long_text_is_cut_where_it_is_shown() -> None:
    assert shown("x" * 50) == "x" * 40 + "..."
