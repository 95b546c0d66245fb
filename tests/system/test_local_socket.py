"""Lines over local sockets: whole ones only, and nobody waits for anybody."""

import grp
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from piranha.errors import WireError
from piranha.system import local_socket
from piranha.system.local_socket import LineConnection


@pytest.fixture
def pair() -> Iterator[tuple[LineConnection, LineConnection]]:
    one, other = (LineConnection(end) for end in socket.socketpair())
    yield one, other
    one.close()
    other.close()


@pytest.fixture
def half() -> Iterator[tuple[LineConnection, socket.socket]]:
    """A connection whose other end is a bare socket."""
    ours, theirs = socket.socketpair()
    connection = LineConnection(ours)
    yield connection, theirs
    connection.close()
    theirs.close()


def test_a_listener_is_connected_to_and_lines_go_both_ways(tmp_path: Path) -> None:
    with local_socket.listen(tmp_path / "s", 0o600) as listener:
        assert local_socket.accept(listener) is None
        caller = local_socket.connect(tmp_path / "s")
        callee = local_socket.accept(listener)
        assert callee is not None
        caller.send_line(b"hello")
        callee.send_line(b"hello to you")
        assert (callee.lines(), caller.lines()) == ([b"hello"], [b"hello to you"])
        caller.close()
        callee.close()


def test_the_mode_is_as_asked_for(tmp_path: Path) -> None:
    with local_socket.listen(tmp_path / "s", 0o660):
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o660


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a group that is not ours")
def test_a_socket_belongs_to_its_group(tmp_path: Path) -> None:
    with local_socket.listen(tmp_path / "s", 0o660, group="daemon"):
        assert (tmp_path / "s").stat().st_gid == grp.getgrnam("daemon").gr_gid
    (tmp_path / "later").touch()
    assert (tmp_path / "later").stat().st_gid == os.getegid()


def test_a_group_that_does_not_exist_is_left_out(tmp_path: Path) -> None:
    with local_socket.listen(tmp_path / "s", 0o660, group="no-such-group"):
        assert (tmp_path / "s").stat().st_gid == os.getgid()


def test_a_listener_replaces_the_one_before(tmp_path: Path) -> None:
    with (
        local_socket.listen(tmp_path / "s", 0o600) as old,
        local_socket.listen(tmp_path / "s", 0o600) as new,
    ):
        caller = local_socket.connect(tmp_path / "s")
        assert local_socket.accept(old) is None
        callee = local_socket.accept(new)
        assert callee is not None
        assert [p.name for p in tmp_path.iterdir()] == ["s"]
        caller.close()
        callee.close()


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"cannot connect to {tmp_path}/s: No such file"):
        local_socket.connect(tmp_path / "s")
    local_socket.listen(tmp_path / "s", 0o600).close()
    with pytest.raises(OSError, match=r"cannot connect to .*: Connection refused"):
        local_socket.connect(tmp_path / "s")


def test_a_path_that_is_too_long_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"cannot listen on .*: File name too long"):
        local_socket.listen(tmp_path / ("x" * 120), 0o600)


def test_a_directory_that_is_missing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"cannot listen on .*: No such file"):
        local_socket.listen(tmp_path / "d" / "s", 0o600)


def test_the_peer_is_known(pair: tuple[LineConnection, LineConnection]) -> None:
    assert (pair[0].peer_uid, pair[0].peer_pid) == (os.getuid(), os.getpid())


def test_a_line_may_come_in_pieces(half: tuple[LineConnection, socket.socket]) -> None:
    connection, theirs = half
    theirs.send(b"one\ntw")
    first = connection.lines()
    theirs.send(b"o\n\nthr")
    assert (first, connection.lines()) == ([b"one"], [b"two", b""])
    assert not connection.is_closed


def test_the_last_lines_of_a_peer_that_closes_are_heard(
    half: tuple[LineConnection, socket.socket],
) -> None:
    connection, theirs = half
    theirs.send(b"one\ntwo\nhalf")
    theirs.close()
    assert connection.lines() == [b"one", b"two"]
    assert connection.is_closed
    assert connection.lines() == []


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_that_is_too_long_ends_the_connection(end: bytes) -> None:
    ours, theirs = socket.socketpair()
    connection = LineConnection(ours, largest_line=100)
    theirs.send(b"x" * 100 + b"\n")
    assert connection.lines() == [b"x" * 100]
    theirs.send(b"x" * 101 + end)
    with pytest.raises(WireError, match="a line of more than 100 bytes"):
        connection.lines()
    assert connection.is_closed
    theirs.close()


def test_what_a_peer_does_not_read_waits_for_it(
    pair: tuple[LineConnection, LineConnection],
) -> None:
    sender, reader = pair
    lines = [b"%d" % number + b"x" * 50_000 for number in range(40)]
    for line in lines:
        sender.send_line(line)
    assert sender.has_unsent
    heard: list[bytes] = []
    while len(heard) < len(lines):
        heard += reader.lines()
        sender.flush()
    assert heard == lines
    assert not sender.has_unsent


def test_a_peer_that_never_reads_is_given_up(
    pair: tuple[LineConnection, LineConnection],
) -> None:
    for _ in range(200):
        pair[0].send_line(b"x" * 60_000)
    assert pair[0].is_closed


def test_sending_to_a_peer_that_is_gone_is_no_error(
    half: tuple[LineConnection, socket.socket],
) -> None:
    connection, theirs = half
    theirs.send(b"last words\n")
    theirs.close()
    connection.send_line(b"are you there")
    assert connection.is_closed
    assert connection.lines() == [b"last words"]


def test_a_peer_that_talks_without_end_does_not_hold_us() -> None:
    ours, theirs = socket.socketpair()
    connection = LineConnection(ours)
    theirs.setblocking(False)
    heard = 0
    for _ in range(100):
        try:
            while True:
                theirs.send(b"x\n" * 10_000)
        except BlockingIOError:
            heard += len(connection.lines())
    assert heard > 0
    assert not connection.is_closed
    connection.close()
    theirs.close()
