"""What a command writes reaches us line by line, and it is never harmed by us."""

import os
import select
from collections.abc import Iterator

import pytest

from piranha.system.command_output import LONGEST_LINE, MOST_LINES, PIPE_SIZE, CommandOutput


@pytest.fixture
def output() -> Iterator[CommandOutput]:
    made = CommandOutput()
    yield made
    made.close()


def test_whole_lines_come_out_and_a_rest_waits_for_its_end(output: CommandOutput) -> None:
    os.write(output.writing, b"one\n\n two \r\nthr")
    assert output.lines() == ["one", "two"]
    os.write(output.writing, b"ee\nfour")
    assert output.lines() == ["three"]
    assert output.last_lines() == ["four"]


def test_nothing_written_is_no_line(output: CommandOutput) -> None:
    assert output.lines() == []
    assert output.last_lines() == []


def test_it_is_readable_when_there_is_something(output: CommandOutput) -> None:
    assert select.select([output], [], [], 0)[0] == []
    os.write(output.writing, b"x")
    assert select.select([output], [], [], 0)[0] == [output]


def test_it_is_not_readable_for_ever_when_all_who_wrote_have_left(output: CommandOutput) -> None:
    os.write(output.writing, b"x\n")
    output.started()
    assert output.lines() == ["x"]
    assert output.lines() == []
    assert select.select([output], [], [], 0)[0] == []


def test_what_is_not_utf_8_is_still_a_line(output: CommandOutput) -> None:
    os.write(output.writing, b"caf\xe9\n")
    assert output.lines() == ["caf�"]


def test_a_line_without_an_end_is_cut(output: CommandOutput) -> None:
    os.write(output.writing, b"x" * 3 * LONGEST_LINE)
    assert output.lines() == ["x" * LONGEST_LINE]


def test_after_so_many_lines_the_rest_is_only_mentioned(output: CommandOutput) -> None:
    os.write(output.writing, b"line\n" * (MOST_LINES + 50))
    lines = output.lines()
    assert lines[:MOST_LINES] == ["line"] * MOST_LINES
    assert lines[MOST_LINES:] == [f"(more than {MOST_LINES} lines: the rest is not logged)"]
    os.write(output.writing, b"late\n")
    assert output.last_lines() == []


def test_who_writes_when_nobody_reads_is_neither_killed_nor_stopped() -> None:
    output = CommandOutput()
    writing = os.dup(output.writing)
    output.started()
    output.close()
    os.write(writing, b"still alive\n")
    with pytest.raises(BlockingIOError):
        write_more_than_fits(writing)
    os.close(writing)


def write_more_than_fits(writing: int) -> None:
    for _ in range(PIPE_SIZE // 1024 + 1):
        os.write(writing, b"x" * 1024)
