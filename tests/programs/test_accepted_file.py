"""The copy from which every fos reads."""

import stat
from pathlib import Path

from piranha.config.document import parse
from piranha.programs.accepted_file import accepted_path, keep_keywords, write_accepted

RUNNING = parse(b'keepalive = 2 # slow\nprimary = "10.0.0.1"\n')
FRESH = parse(b"keepalive = 500ms # fast\r\nprimary = 10.0.0.7\ndeadtime = 3\nport = 1\n")


def test_values_that_wait_for_a_restart_are_those_that_run() -> None:
    kept = keep_keywords(FRESH, RUNNING, ("keepalive", "primary", "deadtime"))
    assert bytes(kept) == b'keepalive = 2 # fast\r\nprimary = "10.0.0.1"\nport = 1\n'


def test_a_file_without_such_values_is_copied_byte_for_byte(tmp_path: Path) -> None:
    path = accepted_path(tmp_path, "default")
    write_accepted(path, keep_keywords(FRESH, RUNNING, ()))
    assert path.read_bytes() == bytes(FRESH)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.name == "default.cf"
