"""What a node remembers over a restart of pulse: epochs, a hold, ignored services.

The file is replaced whole and left to the kernel to sync: pulse must not wait for a disk. After a
power cut it may be some seconds old, which costs nothing: epochs are then learned from the partner,
and where both nodes lost power nobody remembers a higher one.
"""

import errno
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from piranha.system import files
from piranha.system.randomness import draw
from piranha.wire.json_line import WireError, build

LARGEST_FILE = 1024 * 1024
VERSION = 1
_HIGHEST_HALF = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Remembered:
    """The content of the file. Ends are dates in seconds since 1970, as a restart may be a reboot;
    None: no end."""

    version: int = VERSION
    epochs: dict[str, int] = field(default_factory=dict)
    is_held: bool = False
    held_until: float | None = None
    ignored: dict[str, float | None] = field(default_factory=dict)
    incarnation: int = 0
    """Of the newest pulse of this node: each has a greater one, so that old runs are told from
    new ones. No clock of the partner is needed for that."""
    partner_incarnation: int = 0
    """The greatest that this node has believed."""


@dataclass(frozen=True, slots=True)
class Expired:
    """What came to its end by itself."""

    is_hold: bool
    services: tuple[str, ...]


def memory_path(state_directory: Path, cluster: str) -> Path:
    return state_directory / f"{cluster}.json"


class NodeMemory:
    """The file and its content. A file that cannot be read or written is complained about, no
    more: what is remembered then holds as long as this process."""

    def __init__(self, path: Path, complain: Callable[[str], None]) -> None:
        self.path = path
        self._complain = complain
        self.content = Remembered()
        self._found: frozenset[float | None] = frozenset()
        """Ends that an earlier run has left."""
        try:
            self.content = _read(path)
            self._found = frozenset({self.content.held_until, *self.content.ignored.values()})
        except OSError as error:
            if error.errno != errno.ENOENT:
                complain(str(error))
        except WireError as error:
            complain(f"cannot use {path}: {error}")

    def remember_epoch(self, group: str, epoch: int) -> None:
        self._change(replace(self.content, epochs={**self.content.epochs, group: epoch}))

    def new_incarnation(self, wall: float) -> int:
        """A number for this run of pulse, 64 bits: greater than the one before, also where the
        date was set back; greater by the date where nothing is remembered; the lower half is
        random."""
        high = min(max(int(wall), (self.content.incarnation >> 32) + 1), _HIGHEST_HALF)
        incarnation = high << 32 | draw(32)
        self._change(replace(self.content, incarnation=incarnation))
        return incarnation

    def remember_partner(self, incarnation: int) -> None:
        self._change(replace(self.content, partner_incarnation=incarnation))

    def hold(self, until: float | None) -> None:
        self._change(replace(self.content, is_held=True, held_until=until))

    def end_hold(self) -> None:
        self._change(replace(self.content, is_held=False, held_until=None))

    def ignore(self, service: str, until: float | None) -> None:
        self._change(replace(self.content, ignored={**self.content.ignored, service: until}))

    def heed(self, service: str) -> None:
        """No longer ignore the service."""
        left = {name: until for name, until in self.content.ignored.items() if name != service}
        self._change(replace(self.content, ignored=left))

    def next_end(self) -> float | None:
        """The date at which the next hold or ignoring ends by itself."""
        ends = [end for end in self.content.ignored.values() if end is not None]
        if self.content.is_held and self.content.held_until is not None:
            ends.append(self.content.held_until)
        return min(ends, default=None)

    def put_off(self, seconds: float) -> None:
        """The date was set forward by so much: what was asked for in this run, "for two hours",
        ends by a later date. What an earlier run has left stays: then the date may have been the
        wrong one before."""

        def later(end: float | None) -> float | None:
            return end if end is None or end in self._found else end + seconds

        ignored = {name: later(end) for name, end in self.content.ignored.items()}
        held_until = later(self.content.held_until)
        self._change(replace(self.content, held_until=held_until, ignored=ignored))

    def expire(self, wall: float) -> Expired:
        """Forget what has ended by this date, and tell what it was."""
        held_until = self.content.held_until
        is_hold = self.content.is_held and held_until is not None and held_until <= wall
        services = tuple(
            name for name, end in self.content.ignored.items() if end is not None and end <= wall
        )
        if is_hold:
            self.end_hold()
        for service in services:
            self.heed(service)
        return Expired(is_hold, services)

    def _change(self, content: Remembered) -> None:
        if content == self.content:
            return
        self.content = content
        text = json.dumps(asdict(content), indent=1, sort_keys=True) + "\n"
        try:
            files.write_atomically(self.path, text.encode(), 0o640, sync=False)
        except OSError as error:
            self._complain(str(error))


def _read(path: Path) -> Remembered:
    """Raises OSError, WireError."""
    data = files.read_limited(path, LARGEST_FILE)
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WireError("it is not JSON") from error
    if not isinstance(values, dict):
        raise WireError("it is not a JSON object")
    content = build(Remembered, values)
    if content.version != VERSION:
        raise WireError(f"version {content.version}, expected {VERSION}")
    return content
