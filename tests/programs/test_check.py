"""`piranhactl check` looks at the file and at the machine, and says yes or no."""

import io
import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from piranha.programs import check
from piranha.wire.exit_status import ExitStatus


def lvs_cf(**lines: str) -> str:
    """A file that fits any machine: the primary is at 127.0.0.1, the address on the loopback."""
    words = {"keepalive": "2", "deadtime": "5"} | lines
    return (
        "service = fos\nprimary = 127.0.0.1\nbackup = 203.0.113.2\n"
        f"keepalive = {words['keepalive']}\ndeadtime = {words['deadtime']}\n"
        "failover web {\n    active = 1\n    address = 203.0.113.10 lo:1\n    port = 8042\n"
        f"    start_cmd = {words.get('start_cmd', sys.executable + ' start')}\n"
        f"    stop_cmd = {words.get('stop_cmd', sys.executable + ' stop')}\n}}\n"
    )


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A machine's files, as far as a check looks for them."""
    (tmp_path / "etc").mkdir()
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    return path


def run(path: Path, top: Path) -> tuple[ExitStatus, list[str]]:
    out = io.StringIO()
    status = check.run(path, out, top)
    owner = f"warning: the file belongs to user {os.getuid()}"
    return status, [line for line in out.getvalue().splitlines() if owner not in line]


def test_a_good_file_is_a_yes(top: Path) -> None:
    path = write(top / "etc" / "lvs.cf", lvs_cf())
    status, lines = run(path, top)
    assert status is ExitStatus.OK
    assert lines[0].startswith("a dead node is noticed within 5 s")
    assert lines[-1].startswith(f"{path}: yes, it can be used: 0 errors, ")


def test_a_bad_file_is_a_no(top: Path) -> None:
    path = write(top / "lvs.cf", lvs_cf(keepalive="x"))
    status, lines = run(path, top)
    assert status is ExitStatus.FAILED
    assert lines[0].startswith(f'{path}:4:13: keepalive is "x", expected a time in seconds')
    assert lines[1:] == [f"{path}: no, it cannot be used here: 1 error, 0 warnings"]


def test_a_file_that_does_not_fit_the_machine_is_a_no(top: Path) -> None:
    path = write(top / "lvs.cf", lvs_cf().replace("127.0.0.1", "203.0.113.1"))
    status, lines = run(path, top)
    assert status is ExitStatus.FAILED
    assert "neither 203.0.113.1 nor 203.0.113.2 is on this machine" in lines[0]


def test_a_file_that_cannot_be_read_is_wrong_use(top: Path) -> None:
    status, lines = run(top / "lvs.cf", top)
    path = top / "lvs.cf"
    expected = f"piranhactl: check: cannot read {path}: No such file or directory"
    assert (status, lines) == (ExitStatus.WRONG_USE, [expected])


def test_a_command_that_cannot_be_run_is_named(top: Path) -> None:
    path = write(top / "lvs.cf", lvs_cf(start_cmd=str(top / "none"), stop_cmd=str(top)))
    _, lines = run(path, top)
    assert f"{path}:10:17: {top}/none does not exist, expected a program that can be run" in lines
    assert f"{path}:11:16: {top} is a directory, expected a program that can be run" in lines


def test_a_secret_for_everybody_is_an_error(top: Path) -> None:
    secret = write(top / "radius.secret", "testing123")
    secret.chmod(0o644)
    text = lvs_cf().replace(
        "    start_cmd", f"    monitor = radius\n    secret = {secret}\n    start_cmd"
    )
    _, lines = run(write(top / "lvs.cf", text), top)
    assert any(f"cannot trust {secret} (everybody may read it (mode 0644)" in x for x in lines), (
        lines
    )


def test_what_starts_at_boot_is_found(top: Path) -> None:
    for link in (
        "etc/systemd/system/multi-user.target.wants/nginx.service",
        "etc/systemd/system/x.target.requires/vsftpd.service",
        "etc/rc3.d/S20web",
        "etc/rc3.d/K20gone",
    ):
        write(top / link, "")
    assert check.units_at_boot(top) == {"nginx", "vsftpd", "web"}


def test_addresses_in_other_files_are_found(top: Path) -> None:
    path = write(top / "etc" / "lvs.cf", lvs_cf())
    interfaces = "iface eth0 inet static\n# address 203.0.113.11\n  address 203.0.113.10/24\n"
    write(top / "etc" / "network" / "interfaces", interfaces)
    write(top / "etc" / "netplan" / "a.yaml", "addresses: [203.0.113.12/24, 'fd00::12/64']\n")
    vips = {ip_address(text) for text in ("203.0.113.10", "203.0.113.11", "fd00::12")}
    found = check.configured_elsewhere(vips, path, top)
    assert found == {
        ip_address("203.0.113.10"): f"{top}/etc/network/interfaces:3",
        ip_address("fd00::12"): f"{top}/etc/netplan/a.yaml:1",
    }


def test_another_cluster_of_the_machine_needs_its_own_name(top: Path) -> None:
    path = write(top / "etc" / "lvs.cf", lvs_cf())
    write(top / "etc" / "piranha" / "b.cf", lvs_cf())
    _, lines = run(path, top)
    assert any('cluster "piranha" is in' in line for line in lines)
    assert any("203.0.113.10 is configured in" in line for line in lines)


def test_a_draft_is_not_held_against_the_file_it_may_replace(top: Path) -> None:
    write(top / "etc" / "lvs.cf", lvs_cf())
    status, lines = run(write(top / "draft.cf", lvs_cf()), top)
    assert (status, [line for line in lines if "lvs.cf" in line]) == (ExitStatus.OK, [])


def test_a_service_that_listens_on_the_address_alone_is_found(top: Path) -> None:
    text = lvs_cf().replace("127.0.0.1", "127.0.0.2").replace("203.0.113.10", "127.0.0.1")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = str(server.getsockname()[1])
        _, lines = run(write(top / "lvs.cf", text.replace("8042", port)), top)
    assert any("the service listens on 127.0.0.1 alone" in line for line in lines)


def test_the_machine_s_own_addresses_are_known() -> None:
    assert check.local_addresses()[ip_address("127.0.0.1")] == "lo"
