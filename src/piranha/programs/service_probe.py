"""`piranhactl probe`: the very question that the daemons ask about a service, asked once, shown."""

from ipaddress import ip_address

from piranha.config.complaints import did_you_mean
from piranha.config.settings import IPAddress, Monitor, Service, Settings
from piranha.errors import UsageError
from piranha.probes.asking import Asked, tls_fault
from piranha.probes.doors import Doors, Note
from piranha.probes.question import Question, Transport
from piranha.probes.transcript import ending, lines_of
from piranha.probes.verdict import Outcome
from piranha.programs.config_file import read_config_file
from piranha.programs.piranhactl_options import CtlOptions
from piranha.programs.service_question import opened, question_of
from piranha.system import children, clock
from piranha.terms import Side
from piranha.wire.exit_status import ExitStatus

_SIDES = {"a": Side.PRIMARY, "b": Side.BACKUP, "primary": Side.PRIMARY, "backup": Side.BACKUP}


def probe_service(options: CtlOptions) -> ExitStatus:
    """OK: it is well. FAILED: it is not. REFUSED: it could not be asked. Raises UsageError,
    OSError."""
    reading = read_config_file(options.config)
    settings = reading.settings
    if settings is None:
        raise UsageError(f"{options.config} has errors: piranhactl check tells which")
    service = _service(settings, options.service)
    if service.probe.monitor is Monitor.NONE:
        print(f"{service.name}: monitor = none: it is only started and stopped, nobody asks it")
        return ExitStatus.OK
    if service.probe.monitor is Monitor.PROCESS and options.asked_node:
        raise UsageError(
            f"{service.name} is a process, watched only where it runs: leave out --node"
        )
    question = opened(question_of(service, host_of(settings, options.asked_node)))
    if question.tls is not None:
        tls_fault(question.tls)  # the file of authorities may be for root's eyes
    if question.transport is not Transport.PROCESS:  # pid files may be for root's eyes
        children.drop_rights()
    outcome = shown(question)
    if not outcome.is_judgement:
        return ExitStatus.REFUSED
    return ExitStatus.OK if outcome.is_healthy else ExitStatus.FAILED


def shown(question: Question) -> Outcome:
    """Ask, printing the dialogue as it happens and the verdict at its end."""
    with Asked(question, Doors(clock.now, children, _show, today=clock.wall)) as outcome:
        print(ending(outcome), flush=True)
        if outcome.warning:
            print(f"warning: {outcome.warning}", flush=True)
        return outcome


def host_of(settings: Settings, node: str) -> IPAddress:
    """The real address of node A (the primary), B (the backup), or the address itself; without one,
    that of the node on which we are, else the primary's. Raises UsageError."""
    if not node:
        return _own_address(settings) or settings.addresses[Side.PRIMARY][0]
    if node.lower() in _SIDES:
        return settings.addresses[_SIDES[node.lower()]][0]
    try:
        return ip_address(node)
    except ValueError:
        raise UsageError(f'--node is "{node}", expected A, B or an address') from None


def _own_address(settings: Settings) -> IPAddress | None:
    from piranha.programs.check import local_addresses  # here, as only this asks psutil

    here = local_addresses()
    own = [addresses[0] for addresses in settings.addresses.values() if addresses[0] in here]
    return own[0] if len(own) == 1 else None


def _service(settings: Settings, name: str) -> Service:
    known = {service.name: service for group in settings.groups for service in group.services}
    if name not in known:
        hint = did_you_mean(name, known)
        expected = f"expected one of {', '.join(known)}" if known else "the file has none"
        raise UsageError(f'there is no active service "{name}", {expected}{hint}')
    return known[name]


def _show(note: Note) -> None:
    for line in lines_of(note):
        print(line, flush=True)
