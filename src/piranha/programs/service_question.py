"""From a service of the file to the question that a nanny asks about it."""

from dataclasses import replace

from piranha.config.settings import IPAddress, Monitor, Service
from piranha.probes.question import Question, Transport, values_of
from piranha.script.steps import filled

_TRANSPORTS = {
    Monitor.TCP: Transport.TCP,
    Monitor.TLS: Transport.TCP,
    Monitor.UDP: Transport.UDP,
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
        tls=probe.tls,
    )
    return replace(question, steps=filled(probe.steps, values_of(question)))
