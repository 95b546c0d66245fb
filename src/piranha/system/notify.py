"""Tells systemd how we are (sd_notify(3)); says nothing where nobody asked to be told."""

import contextlib
import os
import socket


def ready() -> None:
    """Start-up, or a reload, is complete."""
    _tell("READY=1")


def reloading() -> None:
    _tell("RELOADING=1")


def stopping() -> None:
    _tell("STOPPING=1")


def watchdog() -> None:
    """We live; at least twice in every `watchdog_seconds`."""
    _tell("WATCHDOG=1")


def status(text: str) -> None:
    """One line for `systemctl status`."""
    _tell("STATUS=" + " ".join(text.split()))


def watchdog_seconds() -> float | None:
    """How long systemd waits for a `watchdog` before it kills us; None: it does not."""
    wanted_pid = os.environ.get("WATCHDOG_PID", "")
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or wanted_pid not in ("", str(os.getpid())):
        return None
    return int(microseconds) / 1e6 or None


def _tell(state: str) -> None:
    """A systemd that is busy must not make us wait, nor one that is gone make us fail."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.setblocking(False)
        door.connect(address)
        door.send(state.encode())
