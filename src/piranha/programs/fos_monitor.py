"""`fos --monitor`: a shell around service_monitor.py; nannies ask the partner's real address."""

import gc
import signal

from piranha.config.settings import Settings
from piranha.decisions import service_monitor
from piranha.decisions.effects import Say
from piranha.decisions.events import TimePassed
from piranha.decisions.fos_effects import (
    FosEffect,
    Leave,
    ProbeAtOnce,
    ProbeThroughVip,
    StartNanny,
    StopNanny,
    Tell,
)
from piranha.decisions.fos_events import FosEvent, OrderGiven
from piranha.decisions.service_monitor import Monitored
from piranha.programs.fos_assignment import Assignment
from piranha.programs.fos_nannies import Nannies
from piranha.programs.fos_pulse_link import PulseLink
from piranha.programs.vip_probes import VipProbes
from piranha.system import children, clock, journal
from piranha.system.loop import Loop
from piranha.terms import Severity
from piranha.wire.order_line import Quit, Reload


class MonitorFos:
    """Watches one group on the partner until its pulse has gone."""

    def __init__(self, assignment: Assignment, settings: Settings, loop: Loop) -> None:
        """Raises OSError, SystemRefusedError."""
        self._assignment = assignment
        self._loop = loop
        self._has_left = False
        services = settings.group(assignment.group).services
        host = settings.addresses[assignment.side.other][0]
        self._nannies = Nannies(loop, host, self._note, is_local=False)
        self._nannies.spread(services)
        self._vip_probes = VipProbes(loop, self._note)
        self._link = PulseLink(loop, assignment.socket, self._note)
        group, is_by_hand = assignment.group, assignment.is_by_hand
        started = service_monitor.start(group, services, is_by_hand, clock.now())
        self._monitoring = started[0]
        self._carry_out(started)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.on_signal(number, lambda: self._note(OrderGiven(Quit())))
        loop.on_signal(signal.SIGHUP, self._reload)
        loop.on_signal(signal.SIGUSR1, self._log_state)

    def run(self) -> None:
        """Watch until asked to end, or until pulse has gone."""
        children.set_title(f"fos: --monitor {self._assignment.group}")
        children.prepare_to_fork()
        gc.disable()  # as in nannies forked from us: it would write to the memory that we share
        while not self._has_left:
            self._loop.turn(self._wake_at())
            now = clock.now()
            if now >= service_monitor.wake_at(self._monitoring):
                self._note(TimePassed())
            if now >= min(self._nannies.work_at(), self._nannies.wake_at()):
                self._nannies.tend()
            if now >= self._vip_probes.wake_at():
                self._vip_probes.tend()
        self._link.close()
        self._vip_probes.end()
        self._nannies.end()

    def _wake_at(self) -> float:
        nannies_at = min(self._nannies.work_at(), self._nannies.wake_at())
        vips_at = self._vip_probes.wake_at()
        return min(service_monitor.wake_at(self._monitoring), nannies_at, vips_at)

    def _note(self, event: FosEvent) -> None:
        if isinstance(event, OrderGiven) and isinstance(event.order, Reload):
            self._reload()
        elif not self._has_left:
            self._carry_out(service_monitor.step(self._monitoring, event, clock.now()))

    def _carry_out(self, monitored: Monitored) -> None:
        self._monitoring, effects = monitored
        for effect in effects:
            self._do(effect)

    def _do(self, effect: FosEffect) -> None:
        match effect:
            case StartNanny(service):
                self._nannies.start(service)
            case StopNanny(name):
                self._nannies.stop(name)
            case ProbeAtOnce(name):
                self._nannies.ask_now(name)
            case ProbeThroughVip(service):
                self._vip_probes.ask(service)
            case Tell(report):
                self._link.tell(report)
            case Say(severity, subject, text):
                journal.say(severity, subject, text)
            case Leave():
                self._has_left = True

    def _reload(self) -> None:
        settings = self._assignment.read()
        if settings is None:
            return
        services = settings.group(self._assignment.group).services
        self._nannies.spread(services)
        self._carry_out(service_monitor.follow_file(self._monitoring, services, clock.now()))
        children.prepare_to_fork()

    def _log_state(self) -> None:
        pids = self._nannies.pids()
        for name, watch in self._monitoring.watches.items():
            nanny = f"nanny {pids[name]}" if name in pids else "no nanny"
            text = f"{watch.health} on the partner, {nanny}: {watch.check.evidence}"
            journal.say(Severity.INFO, name, text)
