"""A refusal is a whole sentence, and still the OSError that callers look for."""

import errno

import pytest

from piranha.system.refused import RefusedError, refused


def test_a_refusal_says_what_was_tried_and_why_it_failed() -> None:
    error = refused("cannot add 10.0.0.5/32 to eth0", PermissionError(errno.EPERM, "no"))
    assert str(error) == "cannot add 10.0.0.5/32 to eth0: Operation not permitted"
    assert error.errno == errno.EPERM


def test_what_is_missing_is_a_file_not_found() -> None:
    with pytest.raises(FileNotFoundError, match="cannot read /x: No such file"):
        raise refused("cannot read /x", FileNotFoundError(errno.ENOENT, "no"))


def test_a_refusal_is_an_oserror() -> None:
    assert isinstance(RefusedError("cannot x", errno.EBUSY), OSError)
