"""Who comes to the control socket, and how they are treated."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from piranha.programs import control_room
from piranha.programs.control_room import Caller, ControlRoom, control_path
from piranha.system import clock
from piranha.system.local_socket import LineConnection
from piranha.system.loop import Loop
from piranha.wire import control_line as line
from piranha.wire.exit_status import ExitStatus


class Room:
    """A room with a loop, and what was asked in it."""

    def __init__(self, directory: Path) -> None:
        self.loop = Loop()
        self.path = control_path(directory, "default")
        self.asked: list[tuple[Caller, line.Request]] = []
        self.room = ControlRoom(self.loop, self.path, lambda c, r: self.asked.append((c, r)))

    def turn(self, seconds: float = 0.05) -> None:
        self.loop.turn(min(clock.now() + seconds, self.room.wake_at()))
        self.room.tend()

    def client(self) -> LineConnection:
        door = socket.socket(socket.AF_UNIX)
        door.connect(str(self.path))
        return LineConnection(door, line.LARGEST_ANSWER)

    def answers(self, client: LineConnection, turns: int = 4) -> list[line.Answer]:
        got: list[line.Answer] = []
        for _ in range(turns):
            self.turn(0.01)
            got += [line.decode_answer(answer) for answer in client.lines()]
        return got


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.room.close()
    made.loop.close()


def test_only_root_and_the_group_may_come_in(room: Room) -> None:
    assert stat.S_IMODE(room.path.stat().st_mode) == 0o660
    assert room.path.name == "default.control"


def test_a_request_is_handed_on_and_answered(room: Room) -> None:
    client = room.client()
    client.send_line(line.encode_request(line.Hold(5.0)))
    room.turn()
    room.turn()
    ((caller, request),) = room.asked
    assert (caller.uid, caller.pid, request) == (os.geteuid(), os.getpid(), line.Hold(5.0))
    caller.tell(line.Progress("begun"))
    caller.finish(line.Done("held"))
    assert room.answers(client) == [line.Progress("begun"), line.Done("held")]
    assert client.is_closed


def test_who_is_not_root_may_only_look(room: Room) -> None:
    for request in (line.Status(), line.Reload()):
        client = room.client()
        room.turn()
        room.room._callers[-1].uid = 1000
        client.send_line(line.encode_request(request))
        room.turn()
        if room.asked:
            room.asked[-1][0].finish(line.Done())
        answer = room.answers(client)[-1]
        if isinstance(request, line.Status):
            assert answer == line.Done()
        else:
            assert answer == line.Refused("only root may do that", ExitStatus.REFUSED)
    assert [request for _, request in room.asked] == [line.Status()]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GET / HTTP/1.0\n", "not a line of JSON"),
        (b'{"version":9,"request":"status"}\n', "version 9, expected 1"),
    ],
)
def test_who_speaks_another_language_is_told_so(room: Room, data: bytes, said: str) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(str(room.path))
        door.sendall(data)
        for _ in range(3):
            room.turn(0.01)
        answer = line.decode_answer(door.recv(4096).strip())
    assert isinstance(answer, line.Refused)
    assert said in answer.text
    assert answer.status is ExitStatus.WRONG_USE
    assert room.asked == []


def test_who_sends_too_much_is_shown_out(room: Room) -> None:
    client = room.client()
    client.send_line(b"x" * (line.LARGEST_REQUEST + 1))
    assert room.answers(client) == []
    assert client.is_closed
    assert room.asked == []


def test_a_second_request_of_one_client_is_not_read(room: Room) -> None:
    client = room.client()
    client.send_line(line.encode_request(line.Status()))
    client.send_line(line.encode_request(line.Reload()))
    for _ in range(3):
        room.turn(0.01)
    assert [request for _, request in room.asked] == [line.Status()]


def test_who_says_nothing_is_shown_out(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_room, "REQUEST_SECONDS", 0.05)
    client = room.client()
    room.turn()
    limit = clock.now() + 2.0
    while not client.is_closed and clock.now() < limit:
        room.turn()
        client.lines()
    assert client.is_closed
    assert room.room.wake_at() == float("inf")


def test_a_client_who_leaves_is_forgotten(room: Room) -> None:
    client = room.client()
    client.send_line(line.encode_request(line.Status(is_watched=True)))
    room.turn()
    room.turn()
    client.close()
    for _ in range(3):
        room.turn(0.01)
    assert room.asked[0][0].is_gone
    assert room.room._callers == []


def test_too_many_are_not_let_in(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_room, "MOST_CLIENTS", 2)
    clients = []
    for _ in range(3):
        clients.append(room.client())
        room.turn()
    assert room.answers(clients[2]) == [line.Refused("2 clients already", ExitStatus.REFUSED)]
    assert not clients[0].is_closed
    assert room.answers(clients[0]) == []


def test_who_does_not_read_cannot_make_pulse_wait(room: Room) -> None:
    client = room.client()
    client.send_line(line.encode_request(line.Status(is_watched=True)))
    room.turn()
    room.turn()
    caller = room.asked[0][0]
    began = clock.now()
    for _ in range(20):
        caller.tell(line.Progress("x" * 1_000_000))
        room.turn(0.001)
    assert caller.is_gone
    assert clock.now() - began < 2.0


def test_a_long_answer_arrives_whole(room: Room) -> None:
    client = room.client()
    client.send_line(line.encode_request(line.Status()))
    room.turn()
    room.turn()
    text = "x" * 2_000_000
    room.asked[0][0].finish(line.Done(text))
    assert room.answers(client, turns=60) == [line.Done(text)]


def test_the_socket_goes_with_the_room(tmp_path: Path) -> None:
    made = Room(tmp_path)
    made.room.close()
    made.loop.close()
    assert not made.path.exists()
