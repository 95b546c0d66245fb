"""The file of `heartbeat_key`: read by pulse and by nobody else, made and changed by `genkey`.

Each line is a key, 64 hexadecimal digits, or the word "unsealed", or a comment. Every key opens,
the first one seals; so a key is changed in three steps, none of which makes the nodes deaf:
add the new one behind the old one, put it first, drop the old one.
"""

import errno
import stat
from pathlib import Path

from piranha.config.settings import Settings
from piranha.errors import UsageError
from piranha.system import files, journal, trusted_files
from piranha.system.randomness import token
from piranha.terms import Severity
from piranha.wire import envelope
from piranha.wire.envelope import KEY_SIZE, NO_KEYS, KeyRing

DEFAULT_FILE = Path("/etc/piranha/heartbeat.key")
LARGEST_FILE = 4096
MOST_KEYS = 8
MODE = 0o600
TAKES_UNSEALED = "unsealed"
_HEADING = """\
# The key of the heartbeats, the same file on both nodes: see piranhactl(8), genkey.
# Every key is accepted, the first one is used.
"""


def read_keys(path: Path) -> KeyRing:
    """The keys of a file that only its owner, the caller, can read. Raises UsageError, which says
    how the file is mended."""
    try:
        content, status = files.read_with_status(path, LARGEST_FILE)
    except OSError as error:
        raise UsageError(f"heartbeat_key: {error}") from error
    if fault := fault_of(path, status.st_mode, status.st_uid, files.our_user()):
        raise UsageError(f"heartbeat_key: {fault}")
    if reason := trusted_files.distrust(path):
        raise UsageError(f"heartbeat_key: {path} is not to be trusted: {reason}")
    envelope.prepare()
    return _parse(path, content)


def keys_of(settings: Settings) -> KeyRing:
    """The keys that a configuration names; none without `heartbeat_key`. Raises UsageError."""
    return read_keys(Path(settings.heartbeat_key)) if settings.heartbeat_key else NO_KEYS


def keys_text(ring: KeyRing) -> str:
    """How many keys there are, and nothing of them."""
    counted = "1 key" if len(ring.keys) == 1 else f"{len(ring.keys)} keys"
    return counted + (", and unsealed heartbeats are accepted" if ring.takes_unsealed else "")


def tell_of_keys(ring: KeyRing) -> None:
    """Once, at the start: what the heartbeats are worth."""
    if not ring.keys:
        text = "not sealed: whoever can send from the partner's address is believed (heartbeat_key)"
        journal.say(Severity.WARNING, "heartbeat", text)
    elif ring.takes_unsealed:
        text = f'sealed with {keys_text(ring)}, until the key file no longer says "unsealed"'
        journal.say(Severity.WARNING, "heartbeat", text)
    else:
        journal.say(Severity.INFO, "heartbeat", f"sealed with {keys_text(ring)}")


def fault_of(path: Path, mode: int, owner: int, user: int) -> str:
    """What is wrong with the rights of a key file, and what mends it; empty: nothing."""
    if not stat.S_ISREG(mode):
        return f"{path} is no ordinary file"
    if owner != user:
        return f"{path} belongs to user {owner}, expected {user}: chown {user} {path}"
    if stat.S_IMODE(mode) & 0o077:
        shown = f"mode {stat.S_IMODE(mode):04o}"
        return f"others can open {path} ({shown}), expected its owner only: chmod 600 {path}"
    return ""


def _parse(path: Path, content: bytes) -> KeyRing:
    keys: list[bytes] = []
    takes_unsealed = False
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), 1):
        word = line.partition("#")[0].strip()
        if word == TAKES_UNSEALED:
            takes_unsealed = True
        elif word:
            keys.append(_key(word, f"{path}:{number}"))
    if not 0 < len(keys) <= MOST_KEYS:
        raise UsageError(f"heartbeat_key: {path} has {len(keys)} keys, expected 1 to {MOST_KEYS}")
    return KeyRing(tuple(keys), takes_unsealed)


def _key(word: str, place: str) -> bytes:
    try:
        key = bytes.fromhex(word)
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:  # the word itself may be a secret
        expected = f'expected {2 * KEY_SIZE} hexadecimal digits, or "{TAKES_UNSEALED}"'
        raise UsageError(f"heartbeat_key: {place}: this is no key, {expected}")
    return key


def make_file(path: Path, takes_unsealed: bool = False) -> KeyRing:
    """A new file with a new key; one that is there is left alone. Raises UsageError, OSError."""
    ring = KeyRing((token(KEY_SIZE),), takes_unsealed)
    files.make_directory(path.parent, 0o755)
    try:
        files.write_new(path, _text(ring), MODE)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise
        change = "--add, --next and --drop change it"
        raise UsageError(f"{path} is there already and stays as it is: {change}") from error
    return ring


def add_key(path: Path) -> KeyRing:
    """One more key, that opens and does not seal yet. Raises UsageError, OSError."""
    ring = read_keys(path)
    if len(ring.keys) >= MOST_KEYS:
        raise UsageError(f"{path} has {MOST_KEYS} keys already: --drop those that are not used")
    return _rewrite(path, KeyRing((*ring.keys, token(KEY_SIZE)), ring.takes_unsealed))


def use_next(path: Path) -> KeyRing:
    """The newest key, the last one, seals from now on. Raises UsageError, OSError."""
    ring = read_keys(path)
    if len(ring.keys) < 2:
        raise UsageError(f"{path} has one key only: --add another one first")
    return _rewrite(path, KeyRing((ring.keys[-1], *ring.keys[:-1]), ring.takes_unsealed))


def drop_others(path: Path) -> KeyRing:
    """Only the key that seals stays, and what is not sealed is refused. Raises UsageError,
    OSError."""
    return _rewrite(path, KeyRing(read_keys(path).keys[:1]))


def _rewrite(path: Path, ring: KeyRing) -> KeyRing:
    files.write_atomically(path, _text(ring), MODE)
    return ring


def _text(ring: KeyRing) -> bytes:
    lines = [key.hex() for key in ring.keys]
    if ring.takes_unsealed:
        lines.insert(0, f"{TAKES_UNSEALED}  # until both nodes have the key: genkey --drop")
    return (_HEADING + "\n".join(lines) + "\n").encode()
