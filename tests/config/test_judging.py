"""A file that can be read is judged: what cannot work is an error, what surprises a warning."""

from dataclasses import replace

import pytest

from piranha.config.judging import MOST_GROUPS
from piranha.terms import Role, Side
from piranha.wire.heartbeat import GroupBeat, Heartbeat, PathHeard, decode, encode
from tests.config.lvs_cf import FTP, GLOBAL, WEB, complaints, web

PAIR = GLOBAL + WEB


def test_a_good_pair_has_no_complaint() -> None:
    assert complaints(GLOBAL + WEB + FTP) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "keepalive = 5\n",
            "1:1: deadtime is 5 s and keepalive 5 s: a living partner would be called dead, "
            "expected a deadtime of at least 12.5 s",
        ),
        (
            "keepalive = 4\n",
            "1:1: deadtime is 5 s and keepalive 4 s: a living partner would be called dead, "
            "expected a deadtime of at least 10 s",
        ),
        (
            "deadtime = 3\n",
            "1:12: warning: deadtime is 3 s and keepalive 2 s: one lost heartbeat is a takeover, "
            "expected a deadtime of at least 5 s",
        ),
        (
            "startup_wait = 1\n",
            "1:16: warning: startup_wait is 1 s: a node may take over before it can have heard an "
            "active partner, expected at least deadtime (5 s)",
        ),
        (
            "backup_active = 0\n",
            "1:17: backup_active is 0: nothing could fail over, expected 1 (to keep the backup "
            "from taking over for a time: piranhactl hold)",
        ),
        (
            "heartbeat = 0\n",
            "1:13: warning: heartbeat is 0, expected 1: heartbeats are always sent",
        ),
        (
            "fence_delay = 3\n",
            "1:15: warning: fence_delay without fence_cmd, expected the command that fences",
        ),
        (
            "startup_wait = 2m\nfence_cmd = fence_ipmilan username=x\n",
            "2:13: fence_cmd would switch off the same thing for both nodes, expected what differs "
            "in fence_primary and fence_backup, such as ip=10.0.9.1",
        ),
        (
            "startup_wait = 2m\nfence_cmd = f x action=reboot\n",
            "2:13: warning: action=reboot: two nodes that cannot hear each other shoot each other "
            "in turn, expected action=off",
        ),
        (
            "fence_cmd = /bin/f\n",
            "1:13: warning: startup_wait is 5 s: a partner that boots more slowly would be fenced "
            "on its way, expected some minutes",
        ),
        ("unreleased = fence\n", "1:14: unreleased is fence, expected a fence_cmd to do it"),
        (
            "isolation = drop\n",
            "1:13: warning: isolation is drop, expected a witness by which a node can tell that "
            "it is cut off",
        ),
        (
            "witness = 10.0.0.1\n",
            "1:11: witness 10.0.0.1 is a node's own address, expected one of a third machine, as "
            "the gateway's",
        ),
        (
            "primary_private = 192.168.9.1\n",
            "1:19: warning: primary_private has no backup_private: there is no second path, "
            "expected both",
        ),
    ],
)
def test_what_the_file_says_of_the_cluster_is_judged(lines: str, expected: str) -> None:
    assert complaints(lines + PAIR) == [f"lvs.cf:{expected}"]


def test_the_two_ends_of_a_path_differ_and_speak_one_language() -> None:
    assert complaints(PAIR.replace("10.0.0.2", "10.0.0.1")) == [
        "lvs.cf:3:10: backup and primary are both 10.0.0.1, expected two machines"
    ]
    assert complaints(PAIR.replace("10.0.0.2", "fd00::2")) == [
        "lvs.cf:3:10: backup is IPv6 and primary IPv4, expected one kind on both ends of a path"
    ]
    private = "primary_private = 10.0.0.1\nbackup_private = 10.0.0.3\n"
    assert complaints(private + PAIR) == [
        "lvs.cf:1:19: warning: primary_private is primary again, expected another network for "
        "the second path"
    ]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            WEB.replace("active = 1", "# active"),
            [
                "1:1: warning: no failover block is active, expected at least one with active = 1",
                "4:1: warning: web is not active: it will not be served, expected active = 1",
            ],
        ),
        (
            web("send_program = /bin/ask", "client_monitor = /bin/ask"),
            [
                "9:20: warning: send_program has no %h: it cannot tell one node from the other, "
                "expected %h in it",
                "10:22: warning: client_monitor is not used beside send_program, expected one of "
                "them",
            ],
        ),
        (
            web("protocol = udp"),
            [
                "9:16: warning: a UDP service that is sent nothing does not answer, expected send "
                "(and expect)"
            ],
        ),
        (
            web("use_regex = 1"),
            ["9:17: warning: use_regex is 1 without expect, expected the expression in expect"],
        ),
        (
            WEB.replace("    stop_cmd = /etc/init.d/web stop\n", ""),
            [
                "7:17: warning: start_cmd without stop_cmd: the service runs on after a release, "
                "expected both"
            ],
        ),
        (
            WEB.replace("    start_cmd = /etc/init.d/web start\n", ""),
            [
                "4:1: notice: no start_cmd: nothing is started at takeover, expected one, or "
                "standby = hot"
            ],
        ),
        (
            WEB.replace("10.0.0.10", "10.0.0.2"),
            ["6:15: 10.0.0.2 is the real address of the backup, expected a further one that moves"],
        ),
    ],
)
def test_a_block_is_judged(block: str, expected: list[str]) -> None:
    assert complaints(GLOBAL + block) == [f"lvs.cf:{line}" for line in expected]


def test_a_hot_service_needs_no_commands() -> None:
    commands = "    start_cmd = /etc/init.d/web start\n    stop_cmd = /etc/init.d/web stop\n"
    assert complaints(GLOBAL + web("standby = hot").replace(commands, "")) == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            "10.0.0.11 eth0:1",
            "12:15: warning: eth0:1 carries 10.0.0.10 in failover web, expected an alias of its "
            "own for each address",
        ),
        (
            "10.0.0.10 eth0:2",
            "12:15: 10.0.0.10 is on eth0:1 in failover web, not on eth0:2, expected one place for "
            "one address",
        ),
        (
            "10.0.0.10 eth1:1",
            "12:15: 10.0.0.10 is on eth0:1 in failover web, not on eth1:1, expected one place for "
            "one address",
        ),
    ],
)
def test_one_address_has_one_alias(address: str, expected: str) -> None:
    assert complaints(GLOBAL + WEB + FTP.replace("10.0.0.11 eth0:2", address)) == [
        f"lvs.cf:{expected}"
    ]


def test_two_addresses_on_a_device_without_alias_are_fine() -> None:
    assert (
        complaints((GLOBAL + WEB + FTP).replace("eth0:1", "eth0").replace("eth0:2", "eth0")) == []
    )


def test_two_services_may_share_an_address() -> None:
    assert complaints(GLOBAL + WEB + FTP.replace("10.0.0.11 eth0:2", "10.0.0.10 eth0:1")) == []


def test_an_address_belongs_to_one_group() -> None:
    ftp = FTP.replace("10.0.0.11 eth0:2", "10.0.0.10 eth0:1").replace("\n}", "\n    group = a\n}")
    assert complaints(GLOBAL + "group a {\n}\n" + WEB + ftp) == [
        "lvs.cf:14:15: 10.0.0.10 belongs to group default in failover web, expected services of "
        "one address in one group"
    ]


def test_names_are_given_once() -> None:
    text = GLOBAL + "group a {\n}\ngroup a {\n}\n" + web("group = a")
    assert complaints(text + FTP.replace("failover ftp", "failover web")) == [
        'lvs.cf:6:1: "group a" is in line 4 already, expected each name once',
        'lvs.cf:15:1: "failover web" is in line 8 already, expected each name once',
    ]


def test_a_group_must_be_there() -> None:
    assert complaints(GLOBAL + "group shop {\n}\n" + web("group = shopp") + FTP) == [
        "lvs.cf:4:1: warning: group shop has no service, expected group = shop in one",
        'lvs.cf:11:13: there is no group "shopp", expected a block "group shopp {", '
        'did you mean "shop"?',
    ]


@pytest.mark.parametrize("name", ["monitor", "a-b", "ä", "x" * 33])
def test_a_group_s_name_keeps_socket_names_apart(name: str) -> None:
    (first, *_) = complaints(GLOBAL + f"group {name} {{\n}}\n" + WEB)
    assert first.endswith('expected at most 32 letters, digits, "_" and ".", and not "monitor"')


def test_every_group_fits_into_a_heartbeat() -> None:
    names = [f"{number:032d}" for number in range(MOST_GROUPS)]
    group = GroupBeat(name="", role=Role.ACTIVE, epoch=1, is_fit=True, is_held=False)
    beat = Heartbeat(
        cluster="c" * 32,
        node=Side.PRIMARY,
        incarnation=1,
        sequence=1,
        keepalive_seconds=2.0,
        deadtime_seconds=5.0,
        serial_no=1,
        wants_answer=True,
        is_goodbye=False,
        has_carrier=True,
        sees_witness=None,
        frozen_seconds=0.0,
        heard=(PathHeard(0, 1, 1, 0.0), PathHeard(1, 1, 1, 0.0)),
        groups=tuple(replace(group, name=name) for name in names),
    )
    assert len(decode(encode(beat)).groups) == MOST_GROUPS
    blocks = "".join(f"group {name} {{\n}}\n" for name in names)
    one_more = f"there are {MOST_GROUPS + 1} groups, expected at most {MOST_GROUPS}"
    assert any(line.endswith(one_more) for line in complaints(GLOBAL + blocks + WEB))
    used = web(f"group = {names[0]}")
    assert not any(line.endswith("at most 8") for line in complaints(GLOBAL + blocks + used))


@pytest.mark.parametrize("name", ["x" * 65, '"a\tb"', "é" * 33])
def test_a_service_s_name_can_be_shown(name: str) -> None:
    (complaint,) = complaints(GLOBAL + WEB.replace("web {", f"{name} {{"))
    assert complaint.endswith("cannot be a name, expected at most 64 printable characters")


def test_a_stop_command_stops_one_service() -> None:
    text = GLOBAL + WEB + FTP.replace("init.d/ftp stop", "init.d/web stop")
    assert complaints(text) == [
        "lvs.cf:14:16: warning: stop_cmd is that of web: stopping one stops both, expected a "
        "command for each service"
    ]


def test_nothing_is_concluded_from_a_value_that_was_refused() -> None:
    assert complaints("deadtime = 1\nkeepalive = x\n" + PAIR) == [
        'lvs.cf:2:13: keepalive is "x", expected a time in seconds, or with a unit: '
        "2, 0.5, 250ms, 30s, 10m, 2h, 1d"
    ]
