"""From a service of the file to the question that a nanny asks about it."""

import errno
from dataclasses import replace

from piranha.config.settings import IPAddress, Monitor, Service
from piranha.probes.question import DhcpQuestion, Question, Transport, values_of
from piranha.script.queries import DhcpKind
from piranha.script.steps import filled
from piranha.system import files, relay_socket, source_socket, trusted_files
from piranha.system.refused import RefusedError

LARGEST_SECRET = 4_096
"""Bytes of the file."""

_TRANSPORTS = {
    Monitor.TCP: Transport.TCP,
    Monitor.TLS: Transport.TCP,
    Monitor.UDP: Transport.UDP,
    Monitor.DNS: Transport.DNS,
    Monitor.DHCP: Transport.DHCP,
    Monitor.RADIUS: Transport.RADIUS,
    Monitor.PROCESS: Transport.PROCESS,
    Monitor.PROGRAM: Transport.PROGRAM,
}


def question_of(service: Service, host: IPAddress) -> Question:
    """What is asked of a service on a node's real address."""
    probe = service.probe
    question = Question(
        host=str(host),
        port=service.port,
        transport=_TRANSPORTS[probe.monitor],
        timeout_seconds=service.timeout_seconds,
        service=service.name,
        vip=str(service.vip.address),
        argv=probe.program,
        source_port=probe.source_port,
        is_connected=probe.is_connected,
        tls=probe.tls,
        dns=probe.dns,
        dhcp=_dhcp_of(service),
        secret_file=probe.secret or "",
        watched=service.watch_pid or "" if probe.monitor is Monitor.PROCESS else "",
    )
    return replace(question, steps=filled(probe.steps, values_of(question)))


def watch_of(service: Service, host: IPAddress) -> Question | None:
    """How its process is watched, where that is done beside asking it; None: it is not."""
    if service.watch_pid is None or service.probe.monitor is Monitor.PROCESS:
        return None
    return Question(
        host=str(host),
        port=service.port,
        transport=Transport.PROCESS,
        timeout_seconds=service.timeout_seconds,
        service=service.name,
        vip=str(service.vip.address),
        watched=service.watch_pid,
    )


def opened(question: Question) -> Question:
    """The question with what only root can open; its `descriptors` are to be closed when
    it was handed over. Raises OSError."""
    if question.secret_file:
        return replace(question, secret=secret_of(question.secret_file))
    if question.source_port is not None and question.transport in (Transport.TCP, Transport.UDP):
        is_stream = question.transport is Transport.TCP
        source = source_socket.open_source_socket(is_stream, question.is_ipv6, question.source_port)
        return replace(question, source=source)
    if question.dhcp is None:
        return question
    descriptor = relay_socket.open_relay_socket(question.dhcp.device)
    return replace(question, dhcp=replace(question.dhcp, socket=descriptor))


def secret_of(path: str) -> bytes:
    """The first line of a file that only root may write, and not everybody read. Raises OSError."""
    content = files.read_limited(path, LARGEST_SECRET)
    if fault := trusted_files.secret_fault(path):
        raise RefusedError(f"cannot trust {path} ({fault})", errno.EPERM)
    secret = content.partition(b"\n")[0].strip()
    if not secret:
        raise RefusedError(f"cannot use {path} (its first line is empty)", errno.EINVAL)
    return secret


def _dhcp_of(service: Service) -> DhcpQuestion | None:
    probe = service.probe
    if probe.monitor is not Monitor.DHCP:
        return None
    return DhcpQuestion(probe.dhcp or DhcpKind.DISCOVER, probe.device or service.vip.device)
