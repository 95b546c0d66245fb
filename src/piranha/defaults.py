"""Where things are and what holds when nobody says otherwise."""

import os
from pathlib import Path

CONFIG_FILE = Path("/etc/lvs.cf")
HEARTBEAT_PORT = 539
KEEPALIVE_SECONDS = 2.0
DEADTIME_SECONDS = 5.0
ANNOUNCE_INTERVAL_SECONDS = 10.0
PROBE_TIMEOUT_SECONDS = 10.0
COMMAND_TIMEOUT_SECONDS = 30.0
FENCE_TIMEOUT_SECONDS = 30.0
FENCE_DELAY_SECONDS = 10.0
MOVES_KEPT = 1000
PORT_80_QUESTION = (b"GET / HTTP/1.0\r\n\r\n", b"HTTP")
"""Sent and expected on TCP port 80 where nothing else is said, as the historical suite did."""


def run_directory() -> Path:
    """Sockets and pid files; systemd.exec(5) says so with RUNTIME_DIRECTORY."""
    return Path(os.environ.get("RUNTIME_DIRECTORY", "/run/piranha").split(":")[0])


def state_directory() -> Path:
    """What must survive a restart: epochs, holds, moves (systemd.exec(5) STATE_DIRECTORY)."""
    return Path(os.environ.get("STATE_DIRECTORY", "/var/lib/piranha").split(":")[0])
