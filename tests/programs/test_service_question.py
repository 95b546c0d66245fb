"""From a service of the file to the question that a nanny asks."""

import os
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from piranha.config.settings import Monitor, Probe
from piranha.probes.question import Transport
from piranha.programs.service_question import opened, question_of, secret_of, watch_of
from piranha.script.queries import DhcpKind, DnsQuery
from piranha.script.steps import ExpectLine, ExpectPrefix, Send, TlsTerms, literal, steps_of
from tests.programs.example_settings import WEB

LOCALHOST = ip_address("127.0.0.1")


def test_the_question_is_that_of_the_file() -> None:
    probe = Probe(Monitor.TCP, literal(steps_of(b"HELO %h", b"250")))
    question = question_of(replace(WEB, probe=probe), LOCALHOST)
    assert (question.host, question.port, question.transport) == ("127.0.0.1", 80, Transport.TCP)
    assert question.steps == (Send(b"HELO %h"), ExpectPrefix(b"250"))
    assert (question.service, question.vip) == ("web", "10.0.0.10")


def test_a_script_has_its_variables_filled_in() -> None:
    probe = Probe(Monitor.TCP, (Send(b"%n %v:%p %%"), ExpectLine(b"%h")))
    question = question_of(replace(WEB, probe=probe), LOCALHOST)
    assert question.steps == (Send(b"web 10.0.0.10:80 %"), ExpectLine(b"127.0.0.1"))


def test_a_program_is_asked_instead_where_the_file_names_one() -> None:
    probe = Probe(Monitor.PROGRAM, program=("/check", "%h"))
    question = question_of(replace(WEB, probe=probe), LOCALHOST)
    assert (question.transport, question.argv) == (Transport.PROGRAM, ("/check", "%h"))


def test_udp_is_asked_by_udp() -> None:
    question = question_of(replace(WEB, probe=Probe(Monitor.UDP)), LOCALHOST)
    assert question.transport is Transport.UDP


def test_the_terms_of_tls_go_with_the_question() -> None:
    terms = TlsTerms(name="www.example.org")
    question = question_of(replace(WEB, probe=Probe(Monitor.TLS, tls=terms)), LOCALHOST)
    assert (question.transport, question.tls) == (Transport.TCP, terms)


def test_a_name_server_is_asked_its_query() -> None:
    query = DnsQuery("www.example.org", "A")
    question = question_of(replace(WEB, probe=Probe(Monitor.DNS, dns=query)), LOCALHOST)
    assert (question.transport, question.dns) == (Transport.DNS, query)


def test_a_dhcp_server_is_asked_through_the_vips_device_or_the_named_one() -> None:
    probe = Probe(Monitor.DHCP, dhcp=DhcpKind.INFORM)
    question = question_of(replace(WEB, probe=probe), LOCALHOST)
    assert question.dhcp is not None
    assert (question.transport, question.dhcp.kind) == (Transport.DHCP, DhcpKind.INFORM)
    assert question.dhcp.device == WEB.vip.device
    named = question_of(replace(WEB, probe=replace(probe, device="eth7")), LOCALHOST)
    assert named.dhcp is not None
    assert named.dhcp.device == "eth7"
    assert named.descriptors == ()


def test_what_only_root_can_open_is_opened_before_the_fork() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: opens a raw socket")
    probe = Probe(Monitor.DHCP, dhcp=DhcpKind.DISCOVER, device="lo")
    question = opened(question_of(replace(WEB, probe=probe), LOCALHOST))
    (descriptor,) = question.descriptors
    os.close(descriptor)
    plain = question_of(WEB, LOCALHOST)
    assert opened(plain) is plain


def test_a_process_is_watched_alone_or_beside_another_question() -> None:
    alone = replace(WEB, probe=Probe(Monitor.PROCESS), watch_pid="/run/web.pid")
    question = question_of(alone, LOCALHOST)
    assert (question.transport, question.watched) == (Transport.PROCESS, "/run/web.pid")
    assert question.target == "/run/web.pid"
    assert watch_of(alone, LOCALHOST) is None
    beside = watch_of(replace(WEB, watch_pid="web.service"), LOCALHOST)
    assert beside is not None
    assert (beside.transport, beside.watched) == (Transport.PROCESS, "web.service")
    assert watch_of(WEB, LOCALHOST) is None


def test_a_secret_is_read_before_rights_are_dropped_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "radius.secret"
    file.write_bytes(b"testing123 \nanother line\n")
    file.chmod(0o600)
    probe = Probe(Monitor.RADIUS, secret=str(file))
    question = question_of(replace(WEB, probe=probe), LOCALHOST)
    assert (question.transport, question.secret) == (Transport.RADIUS, b"")
    known = opened(question)
    assert known.secret == b"testing123"
    assert "testing123" not in repr(known)
    file.unlink()
    with pytest.raises(OSError, match=r"cannot read .*radius\.secret: No such file"):
        opened(question)


@pytest.mark.parametrize(
    ("mode", "content", "fault"),
    [
        (0o602, "x", r"cannot trust .* \(everybody may write it \(mode 0602\): chmod o-w .*\)"),
        (0o644, "x", r"cannot trust .* \(everybody may read it \(mode 0644\): chmod o-r .*\)"),
        (0o600, " \nx", r"cannot use .* \(its first line is empty\)"),
    ],
)
def test_a_secret_that_is_none_is_refused(
    mode: int, content: str, fault: str, tmp_path: Path
) -> None:
    file = tmp_path / "radius.secret"
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(OSError, match=fault):
        secret_of(str(file))
