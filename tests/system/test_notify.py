"""systemd is told what sd_notify(3) says, and nobody waits for it."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from piranha.system import notify


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield systemd


@pytest.mark.parametrize(
    ("say", "message"),
    [
        (notify.ready, b"READY=1"),
        (notify.reloading, b"RELOADING=1"),
        (notify.stopping, b"STOPPING=1"),
        (notify.watchdog, b"WATCHDOG=1"),
        (lambda: notify.status("active for web\nand mail"), b"STATUS=active for web and mail"),
    ],
)
def test_each_state_has_its_message(
    systemd: socket.socket, say: Callable[[], None], message: bytes
) -> None:
    say()
    assert systemd.recv(1000) == message


def test_an_abstract_socket_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"piranha-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name)
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
        notify.ready()
        assert systemd.recv(1000) == b"READY=1"


def test_nobody_asked_to_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify.ready()


def test_a_systemd_that_is_gone_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify.ready()


def test_a_systemd_that_does_not_read_never_makes_us_wait(systemd: socket.socket) -> None:
    for _ in range(2000):
        notify.watchdog()
    assert systemd.recv(1000) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    ("microseconds", "pid", "seconds"),
    [
        ("2500000", "", 2.5),
        ("2500000", "us", 2.5),
        ("2500000", "1", None),
        ("", "", None),
        ("0", "", None),
        ("soon", "", None),
    ],
)
def test_the_watchdog_is_ours_only_if_it_names_us(
    monkeypatch: pytest.MonkeyPatch, microseconds: str, pid: str, seconds: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "us" else pid)
    assert notify.watchdog_seconds() == seconds
