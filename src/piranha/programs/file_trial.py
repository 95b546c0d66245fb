"""A configuration file on trial: in force, and gone back from unless somebody confirms it in time.

What is needed to go back is one file beside it, `lvs.cf.unconfirmed`, with the old content and the
instant; it is there before the new file is, and written whole. So pulse, and the next pulse, and
the one after a reboot, know what to do without any process that has to survive.
"""

import json
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from piranha.errors import UsageError, WireError
from piranha.system import clock, files
from piranha.wire.json_line import build

VERSION = 1
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
LARGEST_RECORD = 8 << 20
"""Bytes; a byte of the file takes up to six in JSON."""
USUAL_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Trial:
    """The record beside the file."""

    boot: str
    """Of the machine's run (proc(5), boot_id): the instant means nothing after a reboot."""
    due_at: float
    """An instant of clock.now."""
    old: str
    """The file before, bytes that are no UTF-8 as surrogates."""
    version: int = VERSION

    @property
    def old_bytes(self) -> bytes:
        return self.old.encode("utf-8", "surrogateescape")

    def is_due(self, now: float) -> bool:
        """Its time is over; after a reboot it is, whatever the clock says."""
        return now >= self.due_at or self.boot != boot_id()


def boot_id() -> str:
    try:
        return files.read_limited(BOOT_ID, 100).decode("ascii", "replace").strip()
    except OSError:
        return ""


def record_path(file: Path) -> Path:
    return file.with_name(f"{file.name}.unconfirmed")


def old_path(file: Path) -> Path:
    """What the file was before the newest sync, for people."""
    return file.with_name(f"{file.name}.old")


def read_trial(file: Path) -> Trial | None:
    """The open trial of the file; None: there is none."""
    try:
        values = json.loads(files.read_limited(record_path(file), LARGEST_RECORD))
        return build(Trial, values) if isinstance(values, dict) else None
    except (OSError, ValueError, WireError):
        return None


def content_in_force(file: Path, limit: int) -> bytes:
    """What is to be read: the file, or the one before it when its trial is over. Raises OSError."""
    trial = read_trial(file)
    if trial is not None and trial.is_due(clock.now()):
        return trial.old_bytes
    return files.read_limited(file, limit)


def put_in_place(file: Path, content: bytes, old: bytes | None, seconds: float | None) -> None:
    """Replace the file whole; the old one is kept, and with `seconds` gone back to after them.

    Every crash in here leaves the old file, or the new one with its trial. Raises OSError, and
    UsageError while an earlier trial is open.
    """
    refuse_second(file)
    if old is not None:
        files.write_atomically(old_path(file), old, mode_of(file))
        if seconds is not None:
            text = old.decode("utf-8", "surrogateescape")
            trial = Trial(boot_id(), clock.now() + seconds, text)
            files.write_atomically(record_path(file), json.dumps(asdict(trial)).encode(), 0o600)
    files.write_atomically(file, content, mode_of(file))


def refuse_second(file: Path) -> None:
    """Raises UsageError while the file is on trial."""
    trial = read_trial(file)
    if trial is not None:
        left = max(0.0, trial.due_at - clock.now())
        then = "piranhactl confirm, or wait"
        raise UsageError(f"{file} is on trial for another {left:.0f} s: {then}")


def mode_of(file: Path) -> int:
    """The rights that the file has, or would have."""
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return USUAL_MODE


def confirm(file: Path) -> bool:
    """The file stays. False: there is no trial, or it is over. Raises OSError."""
    trial = read_trial(file)
    if trial is None or trial.is_due(clock.now()):
        return False
    files.remove(record_path(file))
    return True


def go_back(file: Path) -> bool:
    """The old file again, and no trial. False: there was none. Raises OSError."""
    trial = read_trial(file)
    if trial is None:
        return False
    files.write_atomically(file, trial.old_bytes, mode_of(file))
    files.remove(record_path(file))
    return True
