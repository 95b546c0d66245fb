"""What `pulse --test-start` says: everything that pulse would do, and nothing of it done."""

from collections.abc import Iterator
from shlex import join

from piranha.config.settings import Group
from piranha.config.timing import has_kernel_lease, lease_seconds
from piranha.programs.accepted_file import accepted_path
from piranha.programs.control_room import control_path
from piranha.programs.fos_keeper import fos_command, socket_path
from piranha.programs.pulse_setup import Setup
from piranha.system.pid_file import PidFile
from piranha.wire.report_line import FosMode


def lines_of_test_start(setup: Setup) -> list[str]:
    """One line for each thing, in the order in which it would be done."""
    return list(_lines(setup))


def _lines(setup: Setup) -> Iterator[str]:
    settings, side, run = setup.settings, setup.side, setup.run_directory
    options = setup.options
    pid_path = run / f"{settings.cluster}.pid"
    yield f"pulse would run cluster {settings.cluster} with {options.config}; this is a test start"
    holder = PidFile(pid_path).holder()
    if holder is not None:
        yield f"it would be refused: already running, pid {holder}"
    yield ("detach and log to syslog" if options.is_detached else "log to standard output")
    yield f"lock {pid_path}, listen to piranhactl on {control_path(run, settings.cluster)}"
    pairs = zip(settings.addresses[side], settings.addresses[side.other], strict=True)
    for ours, theirs in pairs:
        yield (
            f"as the {side}, send a heartbeat from {ours} to {theirs} port "
            f"{settings.heartbeat_port} every {settings.keepalive_seconds:g} s"
        )
    lease = lease_seconds(settings.keepalive_seconds, settings.deadtime_seconds)
    is_kernel = has_kernel_lease(settings.keepalive_seconds, settings.deadtime_seconds)
    yield (
        f"call the partner dead after {settings.deadtime_seconds:g} s of silence; "
        f"hold VIPs by a lease of {lease:g} s {'in the kernel' if is_kernel else 'in user space'}"
    )
    command = fos_command(
        options.fos, accepted_path(run, settings.cluster), side, options.is_verbose
    )
    for group in settings.groups:
        path = socket_path(run, settings.cluster, group.name, FosMode.ACTIVE)
        yield f"group {group.name}: adopt the fos that listens on {path}, or else start"
        yield f"    {join(command(group.name, FosMode.ACTIVE))}"
        yield f"    while the partner serves: {join(command(group.name, FosMode.MONITOR))}"
        yield from _group(group)
    if options.is_forced:
        yield "take every group over at once, unless a living partner refuses (--forceactive)"


def _group(group: Group) -> Iterator[str]:
    for vip in group.vips:
        yield f"    VIP {vip.address} on {vip.label}"
    for service in group.services:
        start = join(service.start_cmd) if service.start_cmd else "nothing"
        stop = join(service.stop_cmd) if service.stop_cmd else "nothing"
        yield f"    service {service.name}, port {service.port}: start {start}, stop {stop}"
