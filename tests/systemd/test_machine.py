"""The machine that the unit files are tried on boots, and runs units."""

from tests.systemd.machine import Machine


def test_a_trivial_unit_runs(machine: Machine) -> None:
    machine.write(
        "/etc/systemd/system/trivial.service",
        "[Service]\nType=oneshot\nExecStart=/bin/echo it runs\n",
    )
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "trivial")
    assert "it runs" in machine.journal("trivial")


def test_a_transient_unit_runs_and_hands_back_its_status(machine: Machine) -> None:
    assert machine.status("systemd-run", "--wait", "--quiet", "sh", "-c", "exit 7") == 7


def test_it_is_alone(machine: Machine) -> None:
    assert machine.run("cat", "/proc/1/comm") == "systemd\n"
    assert "lo" in machine.run("ip", "-o", "link")
    assert machine.run("ip", "-o", "-4", "addr", "show", "scope", "global") == ""
