"""Questions to DNS and DHCP servers, and processes to watch, as a file says them."""

import pytest

from piranha.config.reading import Reading, read_settings
from piranha.config.settings import Monitor, Protocol, Service
from piranha.config.values import Names
from piranha.programs.recipe_files import recipe_names, recipe_text
from piranha.script.queries import DhcpKind, DnsQuery, labels_of
from tests.config.lvs_cf import GLOBAL, web

NAMES = Names(recipes=recipe_names, recipe=recipe_text)


def read(*lines: str) -> Reading:
    return read_settings((GLOBAL + web(*lines)).encode(), "lvs.cf", NAMES)


def asked(*lines: str) -> Service:
    reading = read(*lines)
    assert reading.settings is not None, [str(c) for c in reading.complaints]
    return reading.settings.groups[0].services[0]


def said(*lines: str) -> str:
    return "\n".join(str(complaint) for complaint in read(*lines).complaints)


def test_a_name_server() -> None:
    found = asked("monitor = dns", 'query = "www.example.org. mx"')
    assert (found.port, found.protocol, found.probe.monitor) == (53, Protocol.UDP, Monitor.DNS)
    assert found.probe.dns == DnsQuery("www.example.org.", "MX")


@pytest.mark.parametrize(
    ("lines", "query"),
    [
        (["answer = 10.0.0.5"], DnsQuery("a.b", "A", answer="10.0.0.5")),
        (['answer = ""'], DnsQuery("a.b", "A", answer=None)),
        (["rcode = noerror, nxdomain"], DnsQuery("a.b", "A", ("NOERROR", "NXDOMAIN"))),
        (["rcode = REFUSED"], DnsQuery("a.b", "A", ("REFUSED",))),
        (["protocol = tcp"], DnsQuery("a.b", "A", is_over_tcp=True)),
        (["protocol = udp"], DnsQuery("a.b", "A")),
    ],
)
def test_what_counts_as_a_good_answer(lines: list[str], query: DnsQuery) -> None:
    found = asked("monitor = dns", 'query = "a.b A"', *lines)
    assert found.probe.dns == query
    assert found.protocol is (Protocol.TCP if query.is_over_tcp else Protocol.UDP)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "monitor = dns without a question"),
        (["query = www.example.org"], 'query is "www.example.org", expected a name and a type'),
        (['query = "a.b X"'], 'query: "X" is no record type'),
        (['query = "a.b AAA"'], "did you mean"),
        (['query = "a..b A"'], "has a label that has not 1 to 63 characters"),
        (['query = "b\\xc3\\xbccher.de A"'], "is not in ASCII"),
        (['query = "a.b A"', "rcode = NOPE"], 'rcode is "NOPE", expected response codes'),
        (['query = "a.b A"', "rcode = REFUSED", "answer = 10.0.0.5"], "answer has no use"),
        (['query = "a.b A"', "send = x"], "send has no use with monitor = dns"),
        (['query = "a.b A"', "device = eth0"], "device has no use with monitor = dns"),
        (['query = "a.b A"', "source_port = 9"], "source_port has no use with monitor = dns"),
    ],
)
def test_a_bad_question_to_a_name_server_is_refused(lines: list[str], words: str) -> None:
    assert read("monitor = dns", *lines).settings is None
    assert words in said("monitor = dns", *lines)


def test_a_dhcp_server() -> None:
    found = asked("monitor = dhcp")
    assert (found.port, found.protocol) == (67, Protocol.UDP)
    assert (found.probe.dhcp, found.probe.device) == (DhcpKind.DISCOVER, None)
    assert found.is_asked_there
    assert not found.is_asked_here
    named = asked("monitor = dhcp", "query = inform", "device = eth1", "watch_pid = dhcpd")
    assert (named.probe.dhcp, named.probe.device) == (DhcpKind.INFORM, "eth1")
    assert named.is_asked_here


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("query = request", 'query is "request", expected discover or inform'),
        ("device = eth0:1", 'device is "eth0:1", expected a network device'),
        ("expect = x", "expect has no use with monitor = dhcp"),
    ],
)
def test_a_bad_question_to_a_dhcp_server_is_refused(line: str, words: str) -> None:
    assert words in said("monitor = dhcp", line)


def test_a_radius_server() -> None:
    found = asked("monitor = radius", "secret = /etc/piranha/radius.secret")
    assert (found.port, found.protocol) == (1812, Protocol.UDP)
    assert found.probe.secret == "/etc/piranha/radius.secret"
    assert "monitor = radius without a secret" in said("monitor = radius")
    assert "secret has no use with monitor = tcp" in said("secret = /x")


@pytest.mark.parametrize("target", ["/run/nginx.pid", "nginx.service", "nginx", "php-fpm8.2"])
def test_a_process(target: str) -> None:
    found = asked("monitor = process", f"watch_pid = {target}")
    assert (found.probe.monitor, found.watch_pid) == (Monitor.PROCESS, target)
    assert found.is_asked_here
    assert not found.is_asked_there


def test_a_process_beside_another_question() -> None:
    found = asked("watch_pid = /run/nginx.pid")
    assert found.probe.monitor is Monitor.TCP
    assert found.is_asked_here
    assert found.is_asked_there


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["monitor = process"], "monitor = process without a process, expected watch_pid"),
        (["monitor = none", "watch_pid = x"], "watch_pid has no use with monitor = none"),
        (["watch_pid = /run/"], 'watch_pid is "/run/", expected a pid file'),
        (["watch_pid = run/x.pid"], 'watch_pid is "run/x.pid", expected a pid file'),
        (["monitor = process", "watch_pid = x", "send = y"], "send has no use with monitor"),
    ],
)
def test_a_bad_process_is_refused(lines: list[str], words: str) -> None:
    assert read(*lines).settings is None
    assert words in said(*lines)


def test_both_nodes_must_agree_on_the_question() -> None:
    plain = asked("monitor = dns", 'query = "a.b A"')
    assert asked("monitor = dns", 'query = "a.b A"', "rcode = NOERROR").tag == plain.tag
    for line in ("answer = 10.0.0.1", "rcode = REFUSED", "watch_pid = named"):
        assert asked("monitor = dns", 'query = "a.b A"', line).tag != plain.tag


def test_the_root_has_no_labels() -> None:
    assert labels_of(".") == ()
    assert labels_of("Org.") == (b"org",)
