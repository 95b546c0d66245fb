"""The end of a sync that takes the file: everything or nothing. See tests/lab for both ends."""

import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from piranha.errors import SystemRefusedError, UsageError
from piranha.programs import file_trial, sync
from piranha.programs.piranhactl_options import CtlOptions, read_options
from piranha.programs.sync import confirm, difference_lines, take
from piranha.wire.exit_status import ExitStatus
from tests.config.lvs_cf import GLOBAL, WEB

CONTROL = Path("/nowhere/piranha.control")


@pytest.fixture(autouse=True)
def _any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a file fits this machine is for tests/programs/test_check.py."""
    from piranha.programs import check
    from piranha.programs.config_file import read_config_file

    def only_the_file(path: Path, _out: object) -> ExitStatus:
        is_good = read_config_file(path).settings is not None
        return ExitStatus.OK if is_good else ExitStatus.FAILED

    monkeypatch.setattr(check, "run", only_the_file)


@pytest.fixture
def options(tmp_path: Path) -> CtlOptions:
    file = tmp_path / "lvs.cf"
    file.write_text(GLOBAL + WEB)
    return read_options(["-c", str(file), "sync", "--take", "none"])


def of(options: CtlOptions, content: bytes) -> CtlOptions:
    return replace(options, digest=hashlib.sha256(content).hexdigest())


NEW = (GLOBAL + WEB).replace("active = 1", "active = 1\n    port = 81").encode()


def test_a_good_file_is_put_in_place_and_the_old_one_kept(
    options: CtlOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    old = options.config.read_bytes()
    assert old != NEW
    assert take(of(options, NEW), CONTROL, NEW) == ExitStatus.OK
    assert options.config.read_bytes() == NEW
    assert file_trial.old_path(options.config).read_bytes() == old
    said = capsys.readouterr().out
    assert "is in place" in said
    assert "no pulse runs here" in said, "which is no failure"


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_file_that_did_not_come_whole_changes_nothing(options: CtlOptions, cut: int) -> None:
    before = options.config.read_bytes()
    with pytest.raises(SystemRefusedError, match="not those that were sent"):
        take(of(options, NEW), CONTROL, NEW[:cut])
    assert options.config.read_bytes() == before
    assert [path.name for path in options.config.parent.iterdir()] == ["lvs.cf"]


def test_a_bad_file_changes_nothing(options: CtlOptions) -> None:
    before = options.config.read_bytes()
    bad = NEW.replace(b"port = 81", b"port = many")
    assert take(of(options, bad), CONTROL, bad) == ExitStatus.FAILED
    assert options.config.read_bytes() == before
    assert [path.name for path in options.config.parent.iterdir()] == ["lvs.cf"]


def test_the_file_of_another_cluster_is_not_overwritten(options: CtlOptions) -> None:
    other = b"cluster = other\n" + NEW
    with pytest.raises(UsageError, match="of another cluster; nothing was changed"):
        take(of(options, other), CONTROL, other)


def test_a_pulse_that_refuses_it_gets_the_old_file_back(
    options: CtlOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = options.config.read_bytes()
    monkeypatch.setattr(sync, "_reload", lambda _control: ExitStatus.WRONG_USE)
    trying = replace(of(options, NEW), seconds=60.0)
    assert take(trying, CONTROL, NEW) == ExitStatus.FAILED
    assert options.config.read_bytes() == before
    assert file_trial.read_trial(options.config) is None


def test_a_file_on_trial_can_be_confirmed_here(
    options: CtlOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    here = replace(options, is_here=True)
    assert confirm(here) == ExitStatus.FAILED
    take(replace(of(options, NEW), seconds=60.0), CONTROL, NEW)
    assert confirm(here) == ExitStatus.OK
    assert "is confirmed" in capsys.readouterr().out


def test_nobody_is_asked_where_nobody_can_answer(
    options: CtlOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", open("/dev/null"))  # noqa: SIM115
    it = object.__new__(sync._Sync)
    it._options = replace(options, digest="")
    with pytest.raises(UsageError, match="--yes copies without a question"):
        it._is_wanted()


@pytest.mark.parametrize(("typed", "status"), [(b"\n", ExitStatus.OK), (b"", ExitStatus.FAILED)])
def test_a_key_press_confirms_and_silence_does_not(
    options: CtlOptions,
    typed: bytes,
    status: ExitStatus,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    take(replace(of(options, NEW), seconds=60.0), CONTROL, NEW)
    it = object.__new__(sync._Sync)
    it._options, it._partner = replace(options, is_here=True), None
    person, terminal = os.openpty()
    with os.fdopen(terminal) as stdin, os.fdopen(person, "wb", 0) as hand:
        monkeypatch.setattr(sys, "stdin", stdin)
        hand.write(typed)
        assert it._wait_for_a_key(0.3) == status
        monkeypatch.undo()
    assert (file_trial.read_trial(options.config) is None) == bool(typed)
    said = capsys.readouterr().out
    assert "both nodes go back to their old files in 0.3 s unless you press Enter" in said
    assert ("not confirmed in time" in said) != bool(typed)


def test_a_difference_is_shown_and_cannot_spoil_the_terminal() -> None:
    lines = difference_lines(b"a\nb\x1b[2J\n", b"a\nc\n", "/etc/lvs.cf", "10.0.0.2")
    assert lines == [
        "--- /etc/lvs.cf on 10.0.0.2", "+++ /etc/lvs.cf here", "@@ -1,2 +1,2 @@",
        " a", "-b?[2J", "+c",
    ]  # fmt: skip
    assert difference_lines(b"x\n", b"x\n", "f", "h") == []
    many = b"\n".join(b"%d" % number for number in range(2000))
    assert "more lines" in difference_lines(b"", many, "f", "h")[-1]
