"""How commands leave the sandbox where systemd is PID 1."""

from pathlib import Path

import pytest

from piranha.programs import transient_units


def test_a_command_is_wrapped_with_its_environment() -> None:
    argv = transient_units.unit_argv(("/bin/x", "-a"), {"A": "1"}, "piranha-x", "x for pulse")
    assert argv[0] == "systemd-run"
    assert {"--wait", "--pipe", "--unit=piranha-x", "--setenv=A=1"} < set(argv)
    assert argv[-3:] == ("--", "/bin/x", "-a")


@pytest.mark.parametrize("is_service", [True, False])
@pytest.mark.parametrize("is_booted", [True, False])
def test_units_are_for_services_of_a_running_systemd(
    is_service: bool, is_booted: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("INVOCATION_ID", raising=False)
    if is_service:
        monkeypatch.setenv("INVOCATION_ID", "1")
    place = tmp_path if is_booted else tmp_path / "nowhere"
    monkeypatch.setattr(transient_units, "SYSTEMD_DIRECTORY", place)
    assert transient_units.runs_in_units() is (is_service and is_booted)


def test_commands_inherit_only_what_is_no_business_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("INVOCATION_ID", "1")
    found = transient_units.inherited_environment()
    assert found["LANG"] == "C.UTF-8"
    assert "INVOCATION_ID" not in found
