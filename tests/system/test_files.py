"""Files are written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from piranha.system import files


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    assert files.read_limited(tmp_path / "f", 5) == b"12345"


def test_a_file_beyond_its_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"123456")
    with pytest.raises(OSError, match="more than 5 bytes") as caught:
        files.read_limited(tmp_path / "f", 5)
    assert caught.value.errno == errno.EFBIG


def test_a_missing_file_is_a_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"cannot read {tmp_path}/f: No such file"):
        files.read_limited(tmp_path / "f", 5)


@pytest.mark.parametrize("sync", [True, False])
def test_writing_replaces_content_and_mode(tmp_path: Path, sync: bool) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a much longer text than the new one")
    path.chmod(0o666)
    files.write_atomically(path, b"new", 0o640, sync=sync)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o7777 == 0o640


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o777)
    try:
        files.write_atomically(tmp_path / "f", b"", 0o644)
    finally:
        os.umask(before)
    assert (tmp_path / "f").stat().st_mode & 0o7777 == 0o644


def test_a_reader_who_has_the_old_file_open_keeps_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        files.write_atomically(path, b"new", 0o600)
        assert reader.read() == b"old"


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(OSError, match=f"cannot write {tmp_path}/f: Is a directory"):
        files.write_atomically(tmp_path / "f", b"new", 0o600)
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_writing_into_a_missing_directory_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="cannot write"):
        files.write_atomically(tmp_path / "d" / "f", b"new", 0o600)


def test_lines_are_added_at_the_end(tmp_path: Path) -> None:
    files.append_line(tmp_path / "f", b"one", 0o600)
    files.append_line(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"one\ntwo\n"
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    files.remove(tmp_path / "f")
    files.remove(tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_directories_are_made_as_far_as_they_are_missing(tmp_path: Path) -> None:
    files.make_directory(tmp_path / "a" / "b", 0o750)
    files.make_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o750


def test_a_directory_in_the_place_of_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(OSError, match="cannot make directory"):
        files.make_directory(tmp_path / "f" / "d")
