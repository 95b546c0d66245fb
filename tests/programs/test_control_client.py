"""A terminal's end of the control socket."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from piranha.errors import SystemRefusedError, WireError
from piranha.programs.control_client import ask
from piranha.wire import control_line as line

Serve = Callable[[bytes], None]


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[Callable[[bytes], Path]]:
    """A pulse that gives one client this answer, whatever it asks."""
    path = tmp_path / "control"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    threads = []

    def serving(answer: bytes) -> Path:
        def serve() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(4096)
                client.sendall(answer)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return path

    yield serving
    for thread in threads:
        thread.join()
    listener.close()


def told(*answers: line.Answer) -> bytes:
    return b"".join(line.encode_answer(answer) + b"\n" for answer in answers)


def test_answers_come_until_the_last_one(pulse: Callable[[bytes], Path]) -> None:
    answers = (line.Progress("begun"), line.Done("done"))
    path = pulse(told(*answers, line.Progress("after the end")))
    assert tuple(ask(path, line.Reload())) == answers


def test_a_pulse_that_ends_in_between_is_an_error(pulse: Callable[[bytes], Path]) -> None:
    answers = ask(pulse(told(line.Progress("begun"))), line.Reload())
    assert next(answers) == line.Progress("begun")
    with pytest.raises(SystemRefusedError, match="ended before it answered"):
        next(answers)


def test_another_language_is_an_error(pulse: Callable[[bytes], Path]) -> None:
    with pytest.raises(WireError, match="do not fit together: version 2, expected 1"):
        list(ask(pulse(b'{"version":2,"answer":"done"}\n'), line.Reload()))


def test_nobody_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemRefusedError, match="no pulse runs here: cannot connect"):
        list(ask(tmp_path / "control", line.Reload()))


def test_a_pulse_that_says_nothing_is_waited_for_no_longer(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "control"))
        listener.listen()
        with pytest.raises(SystemRefusedError, match=r"not answered for 0\.05 s"):
            list(ask(tmp_path / "control", line.Reload(), 0.05))
