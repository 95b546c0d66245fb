"""What a failover block, its recipe and the historical keywords say of how a service is asked."""

from piranha.config.queries import dhcp_kind_of, dns_query_of, is_over_tcp
from piranha.config.scripts import datagram_steps
from piranha.config.sections import Section
from piranha.config.settings import Monitor, Probe, Protocol
from piranha.defaults import PORT_80_QUESTION
from piranha.script.steps import (
    ExpectRegex,
    ExpectSomeLine,
    StartTls,
    Step,
    TlsTerms,
    literal,
    steps_of,
)

_PROTOCOLS = {
    Monitor.TCP: Protocol.TCP,
    Monitor.TLS: Protocol.TCP,
    Monitor.UDP: Protocol.UDP,
    Monitor.DHCP: Protocol.UDP,
    Monitor.RADIUS: Protocol.UDP,
}
"""What a monitor speaks; the others leave it to the keyword `protocol`."""


def named_monitor(section: Section) -> Monitor | None:
    """The way to ask that the block names, or that its recipe does; None: neither."""
    named = section.recipe if section.recipe is not None else section
    name = named["monitor"]
    return Monitor(name) if name in set(Monitor) else None


def monitor_of(section: Section) -> Monitor:
    """How the service is asked."""
    named = named_monitor(section)
    if named is not None:
        return named
    if program_of(section):
        return Monitor.PROGRAM
    return Monitor(section["protocol"])


def protocol_of(section: Section) -> Protocol:
    monitor = monitor_of(section)
    if monitor is Monitor.DNS:
        return Protocol.TCP if is_over_tcp(section) else Protocol.UDP
    return _PROTOCOLS.get(monitor) or Protocol(section["protocol"])


def program_of(section: Section) -> tuple[str, ...]:
    """The argv of the program that asks; empty without one."""
    program: tuple[str, ...] = section["send_program"] or ()
    return program or _client_monitor(section)


def _client_monitor(section: Section) -> tuple[str, ...]:
    """The historical monitor's argv as fos called it; a nanny means our own probes."""
    argv: tuple[str, ...] | None = section.values.get("client_monitor")
    if not argv or argv[0].rpartition("/")[2] == "nanny":
        return ()
    return (*argv, "-h", "%h", "-p", str(section["port"]))


def probe_of(section: Section) -> Probe:
    """All of it; the table's defaults, then the recipe's values, then the block's."""
    monitor = monitor_of(section)
    return Probe(
        monitor=monitor,
        steps=_steps(section, monitor),
        program=program_of(section) if monitor is Monitor.PROGRAM else (),
        tls=_tls(section, monitor),
        dns=dns_query_of(section) if monitor is Monitor.DNS else None,
        dhcp=dhcp_kind_of(section) if monitor is Monitor.DHCP else None,
        device=section["device"],
        secret=section["secret"] if monitor is Monitor.RADIUS else None,
        source_port=section["source_port"],
        is_connected=section["connected"],
    )


def _steps(section: Section, monitor: Monitor) -> tuple[Step, ...]:
    steps = _written_steps(section, monitor)
    if (section["tls"] or monitor is Monitor.TLS) and protocol_of(section) is Protocol.TCP:
        steps = (StartTls(), *steps)
    pattern: bytes | None = section["match"]
    if pattern is None:
        return steps
    is_stream = monitor in (Monitor.TCP, Monitor.TLS)
    return (*steps, ExpectSomeLine(pattern) if is_stream else ExpectRegex(pattern))


def _written_steps(section: Section, monitor: Monitor) -> tuple[Step, ...]:
    placed = section["script"]
    if placed is not None:
        if protocol_of(section) is Protocol.UDP:
            placed, _ = datagram_steps(placed)
        return tuple(one.step for one in placed)
    send, expect = section["send"] or None, section["expect"] or None
    if _asks_for_a_page(section, monitor) and not (send or expect):
        send, expect = PORT_80_QUESTION
    return literal(steps_of(send, expect, section["use_regex"]))


def _asks_for_a_page(section: Section, monitor: Monitor) -> bool:
    """The historical default of port 80; whoever names a monitor means just that."""
    is_historical = section["monitor"] is None
    return is_historical and monitor is Monitor.TCP and section["port"] == 80


def _tls(section: Section, monitor: Monitor) -> TlsTerms | None:
    if not (section["tls"] or monitor is Monitor.TLS or _has_starttls(section)):
        return None
    verify = section["tls_verify"]
    return TlsTerms(
        name=section["tls_name"] or "",
        verifies_chain=verify == "1",
        warning_days=None if verify == "0" else section["tls_days"],
        ca=section["tls_ca"] or "",
    )


def _has_starttls(section: Section) -> bool:
    return any(isinstance(placed.step, StartTls) for placed in section["script"] or ())
