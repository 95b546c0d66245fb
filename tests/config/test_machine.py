"""A file is held against the facts of a machine."""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from piranha.config.machine import (
    Listener,
    MachineFacts,
    judge_machine,
    programs_of,
    side_here,
    unit_of,
)
from piranha.config.settings import Protocol
from piranha.terms import Side
from tests.config.lvs_cf import FTP, GLOBAL, WEB, read, settings, web

FACTS = MachineFacts(
    devices=frozenset({"lo", "eth0"}),
    addresses={ip_address("127.0.0.1"): "lo", ip_address("10.0.0.1"): "eth0"},
    command_faults={},
    authority_faults={},
    secret_faults={},
    distrust="",
    units_at_boot=frozenset(),
    configured_elsewhere={},
    other_clusters={},
    listeners=(),
)


def found(text: str = GLOBAL + WEB, **facts: Any) -> list[str]:
    reading = read(text)
    assert reading.settings is not None
    complaints = judge_machine(
        reading.settings, reading.document, "lvs.cf", replace(FACTS, **facts)
    )
    return [str(complaint) for complaint in complaints]


def test_a_key_file_that_cannot_be_used_is_an_error() -> None:
    text = GLOBAL + 'heartbeat_key = "/etc/k"\n' + WEB
    (complaint,) = found(text, key_fault="others can open /etc/k: chmod 600 /etc/k")
    assert complaint.endswith("others can open /etc/k: chmod 600 /etc/k")


def test_a_file_may_fit() -> None:
    assert found() == []


def test_only_root_may_write_the_file() -> None:
    reason = "everybody may write it (mode 0646): chmod o-w /etc/lvs.cf"
    assert found(distrust=reason) == [
        f"lvs.cf:1:1: only root should be able to write the file, but {reason}"
    ]


def test_one_of_the_nodes_is_here() -> None:
    here = {ip_address("10.0.0.1"): "eth0", ip_address("10.0.0.2"): "eth0"}
    assert found(addresses={}) == [
        "lvs.cf:2:11: neither 10.0.0.1 nor 10.0.0.2 is on this machine, expected one of them"
    ]
    assert found(addresses=here) == [
        "lvs.cf:3:10: 10.0.0.1 and 10.0.0.2 are both on this machine, expected one of them"
    ]
    assert side_here(settings(GLOBAL + WEB), FACTS) is Side.PRIMARY
    assert side_here(settings(GLOBAL + WEB), replace(FACTS, addresses=here)) is None


def test_the_second_path_ends_here_too() -> None:
    lines = "primary_private = 192.168.9.1\nbackup_private = 192.168.9.2\n"
    assert found(lines + GLOBAL + WEB) == [
        "lvs.cf:1:19: 192.168.9.1 is not on this machine, which is the primary, expected it here"
    ]


def test_devices_must_be_there() -> None:
    assert found(GLOBAL + WEB.replace("eth0:1", "eth1:1")) == [
        "lvs.cf:6:15: there is no device eth1, expected one of this machine: eth0"
    ]


def test_a_virtual_address_is_nowhere_else() -> None:
    vip = ip_address("10.0.0.10")
    assert found(addresses={**FACTS.addresses, vip: "eth0"}) == []
    assert found(addresses={**FACTS.addresses, vip: "lo"}) == [
        "lvs.cf:6:15: warning: 10.0.0.10 is on lo now, expected it nowhere or on eth0"
    ]
    assert found(configured_elsewhere={vip: "/etc/network/interfaces:7"}) == [
        "lvs.cf:6:15: warning: 10.0.0.10 is configured in /etc/network/interfaces:7 too, "
        "expected it here only: the machine would take it by itself"
    ]


def test_programs_can_be_run() -> None:
    text = "notify_cmd = /bin/tell all\n" + GLOBAL + web("send_program = /bin/ask %h")
    programs = {"/bin/tell", "/bin/ask", "/etc/init.d/web"}
    assert programs_of(settings(text)) == programs
    assert found(text, command_faults=dict.fromkeys(programs, "does not exist")) == [
        "lvs.cf:1:14: /bin/tell does not exist, expected a program that can be run",
        "lvs.cf:8:17: /etc/init.d/web does not exist, expected a program that can be run",
        "lvs.cf:9:16: /etc/init.d/web does not exist, expected a program that can be run",
        "lvs.cf:10:20: /bin/ask does not exist, expected a program that can be run",
    ]


def test_clusters_on_one_machine_differ() -> None:
    other = settings(GLOBAL + FTP)
    assert found(other_clusters={"/etc/piranha/b.cf": other}) == [
        'lvs.cf:1:1: cluster "piranha" is in /etc/piranha/b.cf too, expected a name of its own',
        "lvs.cf:1:1: port 539 is used in /etc/piranha/b.cf too, expected one of its own",
    ]
    apart = replace(other, cluster="b", heartbeat_port=540)
    assert found(other_clusters={"/etc/piranha/b.cf": apart}) == []


@pytest.mark.parametrize(
    ("command", "unit"),
    [
        (("/usr/bin/systemctl", "start", "nginx"), "nginx"),
        (("systemctl", "--no-block", "restart", "nginx.service"), "nginx"),
        (("/bin/sh", "-c", "systemctl reset-failed a; exec systemctl start a.socket"), "a.socket"),
        (("/etc/init.d/web", "start"), "web"),
        (("/etc/rc.d/init.d/httpd", "start"), "httpd"),
        (("/usr/sbin/service", "vsftpd", "start"), "vsftpd"),
        (("/usr/local/bin/start_web",), None),
        ((), None),
    ],
)
def test_the_unit_of_a_command(command: tuple[str, ...], unit: str | None) -> None:
    assert unit_of(command) == unit


def test_a_warm_service_is_not_started_at_boot() -> None:
    boot = frozenset({"web", "ssh"})
    assert found(units_at_boot=boot) == [
        "lvs.cf:7:17: warning: web is started at boot, expected by its start_cmd only: "
        "systemctl disable web"
    ]
    assert found(GLOBAL + web("standby = hot"), units_at_boot=boot) == []


def test_a_service_listens_where_it_is_probed() -> None:
    vip, any_address = ip_address("10.0.0.10"), ip_address("0.0.0.0")
    alone = Listener(vip, 80, Protocol.TCP)
    assert found(listeners=(alone, Listener(any_address, 80, Protocol.UDP))) == [
        "lvs.cf:4:1: warning: the service listens on 10.0.0.10 alone, expected it on every "
        "address: probes ask the real one"
    ]
    assert found(listeners=(alone, Listener(any_address, 80, Protocol.TCP))) == []


def test_authorities_that_cannot_be_used_are_named() -> None:
    text = GLOBAL + web("tls = 1", "tls_verify = 1", "tls_ca = /etc/ca.pem", "expect = x")
    assert found(text, authority_faults={"/etc/ca.pem": "No such file or directory"}) == [
        "lvs.cf:11:14: /etc/ca.pem: No such file or directory, "
        "expected a file of certificates in PEM form"
    ]


def test_a_secret_that_is_not_to_be_trusted_is_named() -> None:
    text = GLOBAL + web("protocol = udp", "monitor = radius", "secret = /etc/radius.secret")
    fault = "cannot trust /etc/radius.secret (everybody may read it (mode 0644): chmod o-r ...)"
    (line,) = found(text, secret_faults={"/etc/radius.secret": fault})
    assert line.endswith(f": {fault}")
