"""The key file: nobody else may open it, nothing is overwritten, and a key is changed in steps."""

import itertools
import os
from pathlib import Path

import pytest

from piranha.errors import UsageError
from piranha.programs import heartbeat_key
from piranha.programs.heartbeat_key import (
    add_key,
    drop_others,
    fault_of,
    keys_text,
    make_file,
    read_keys,
    tell_of_keys,
    use_next,
)
from piranha.wire.envelope import NO_KEYS, KeyRing
from tests.programs.conftest import Log
from tests.programs.example_settings import settings

KEY = "ab" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "piranha" / "heartbeat.key"


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_new_file_has_one_key_and_is_for_its_owner_alone(path: Path) -> None:
    made = make_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_keys(path) == made
    assert (len(made.keys), made.takes_unsealed) == (1, False)
    assert list(path.parent.iterdir()) == [path]


def test_two_new_files_have_different_keys(path: Path) -> None:
    assert make_file(path).keys != make_file(path.with_name("other")).keys


def test_a_file_that_is_there_is_never_overwritten(path: Path) -> None:
    make_file(path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is there already and stays as it is"):
        make_file(path)
    assert path.read_bytes() == before


def test_a_key_is_changed_in_three_steps_that_fit_each_other(path: Path) -> None:
    """A node that is a step behind, or ahead, opens what the other one seals."""
    rings = [make_file(path), add_key(path), use_next(path), drop_others(path)]
    assert rings[1].keys[0] == rings[0].keys[0]
    assert rings[2].keys == rings[1].keys[::-1]
    assert rings[3].keys == (rings[1].keys[1],)
    for before, after in itertools.pairwise(rings):
        assert before.keys[0] in after.keys
        assert after.keys[0] in before.keys
    assert read_keys(path) == rings[3]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_first_key_is_given_to_a_running_pair_in_steps_as_well(path: Path) -> None:
    assert make_file(path, takes_unsealed=True).takes_unsealed
    assert read_keys(path).takes_unsealed
    assert not drop_others(path).takes_unsealed


def test_there_is_nothing_to_change_to_without_a_second_key(path: Path) -> None:
    make_file(path)
    with pytest.raises(UsageError, match="--add another one first"):
        use_next(path)
    for _ in range(7):
        add_key(path)
    with pytest.raises(UsageError, match="has 8 keys already"):
        add_key(path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has 0 keys, expected 1 to 8"),
        ("# nothing\n", "has 0 keys"),
        ("secret\n", r"key:1: this is no key, expected 64 hexadecimal digits"),
        (f"{KEY}\n{KEY}00\n", r"key:2: this is no key"),
        (f"{KEY}\n" * 9, "has 9 keys"),
        ("x" * 5000, "more than 4096 bytes"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_and_never_shown(
    path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint) as refusal:
        read_keys(written(path, text))
    assert "secret" not in str(refusal.value)


def test_comments_and_blank_lines_are_skipped(path: Path) -> None:
    text = f"# ours\n\n  {KEY}  # the old one\n"
    assert read_keys(written(path, text)) == KeyRing((bytes.fromhex(KEY),))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_open_is_refused_with_what_mends_it(path: Path, mode: int) -> None:
    with pytest.raises(UsageError, match=f"chmod 600 {path}"):
        read_keys(written(path, KEY, mode))
    path.chmod(0o600)
    read_keys(path)


def test_a_file_of_somebody_else_is_refused_with_what_mends_it() -> None:
    mode = 0o100600
    assert fault_of(Path("/k"), mode, 1000, 0) == (
        "/k belongs to user 1000, expected 0: chown 0 /k"
    )
    assert fault_of(Path("/k"), 0o040700, 0, 0) == "/k is no ordinary file"


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file away")
def test_the_owner_is_looked_at(path: Path) -> None:
    make_file(path)
    os.chown(path, 12345, 0)
    with pytest.raises(UsageError, match="belongs to user 12345, expected 0"):
        read_keys(path)


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(UsageError, match=f"heartbeat_key: cannot read {path}: No such file"):
        heartbeat_key.keys_of(settings(heartbeat_key=str(path)))
    assert heartbeat_key.keys_of(settings(heartbeat_key=None)) == NO_KEYS


def test_the_start_says_what_heartbeats_are_worth(log: Log) -> None:
    one = KeyRing((b"k" * 32,))
    for ring in (NO_KEYS, one, KeyRing(one.keys, takes_unsealed=True)):
        tell_of_keys(ring)
    lines = [f"{severity} {line}" for severity, line in log.entries]
    assert lines[0].startswith("warning pulse: heartbeat: not sealed: whoever can send from")
    assert lines[1] == "info pulse: heartbeat: sealed with 1 key"
    assert 'until the key file no longer says "unsealed"' in lines[2]
    assert keys_text(KeyRing((b"k" * 32, b"l" * 32))) == "2 keys"
