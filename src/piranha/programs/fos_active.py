"""`fos --active`: a shell around the machine of service_group.py; it carries out, never decides."""

import gc
import signal

from piranha.config.settings import Settings
from piranha.decisions import service_group
from piranha.decisions.effects import Say
from piranha.decisions.events import TimePassed
from piranha.decisions.fos_effects import (
    AnnounceVips,
    AskForVips,
    DropVips,
    FosEffect,
    KillCommand,
    Leave,
    ProbeAtOnce,
    RunCommand,
    SetVips,
    StartNanny,
    StopNanny,
    Tell,
)
from piranha.decisions.fos_events import ArmingLooked, FosEvent, OrderGiven, RulesChanged
from piranha.decisions.group_standing import FosRules, Phase, Standing, fos_rules
from piranha.programs.fos_arming import command_complaints
from piranha.programs.fos_assignment import Assignment
from piranha.programs.fos_commands import CommandPlace, ServiceCommands
from piranha.programs.fos_nannies import Nannies
from piranha.programs.fos_pulse_link import PulseLink
from piranha.programs.fos_vips import GroupVips
from piranha.programs.transient_units import inherited_environment, runs_in_units
from piranha.system import children, clock, journal
from piranha.system.loop import Loop
from piranha.terms import Severity
from piranha.wire.order_line import Permit, Quit, Reload

LOOK_SECONDS = 30.0
"""Between two looks at devices and commands while armed."""
LOOK_AGAIN_SECONDS = 2.0
"""The same, while something is missing."""
SETTLE_SECONDS = 0.05
"""A command that runs this long is slow enough for nannies to be forked and ended beside it: a row
of them takes 10 ms, in which a quick command that merely waited for a processor would be over."""
OPERATOR_LEASE_SECONDS = 5.0
"""By hand: the operator's permission is for so long, and given anew each fifth of it."""


class ActiveFos:
    """One group on this node, from armed to released."""

    def __init__(self, assignment: Assignment, settings: Settings, loop: Loop) -> None:
        """Opens everything that a takeover will need. Raises OSError, SystemRefusedError."""
        self._assignment = assignment
        self._loop = loop
        self._rules: FosRules = fos_rules(settings, assignment.group)
        self._standing: Standing = service_group.start(
            self._rules, assignment.is_by_hand, clock.now()
        )
        self._has_left = False
        self._look_at = 0.0
        self._permit_at = 0.0 if assignment.is_by_hand else float("inf")
        self._titled = ""
        self._vips = GroupVips(loop, self._note, self._look_soon)
        place = CommandPlace(
            cluster=settings.cluster,
            group=assignment.group,
            node=assignment.side,
            in_units=runs_in_units(),
            environment=inherited_environment(),
        )
        self._commands = ServiceCommands(loop, place, self._note)
        host = settings.addresses[assignment.side][0]
        self._nannies = Nannies(loop, host, self._note)
        self._nannies.spread(self._rules.group.services)
        self._link = PulseLink(loop, assignment.socket, self._note)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.on_signal(number, self._quit)
        loop.on_signal(signal.SIGHUP, self._reload)
        loop.on_signal(signal.SIGUSR1, self._log_state)

    def run(self) -> None:
        """Serve until asked to end."""
        self._look()
        children.prepare_to_fork()
        gc.disable()  # a pause in the middle of a takeover is worse than a little memory
        while not self._has_left:
            self._say_title()
            self._loop.turn(self._wake_at())
            self._pass_time()
        self._close()

    def _wake_at(self) -> float:
        return min(
            service_group.wake_at(self._rules, self._standing),
            self._look_at,
            self._permit_at,
            self._nannies.wake_at(),
            self._nannies_at(),
            self._link.due_at,
        )

    def _nannies_at(self) -> float:
        """When nannies are forked or ended: not in the middle of quick commands."""
        since = self._commands.running_since
        return max(self._nannies.work_at(), 0.0 if since is None else since + SETTLE_SECONDS)

    def _pass_time(self) -> None:
        """Do what is due; orders that wait in the socket are read before time is judged."""
        self._link.tend()
        now = clock.now()
        if now >= self._permit_at and not self._has_left:
            self._permit_by_operator(now)
        if now >= service_group.wake_at(self._rules, self._standing):
            if now >= self._standing.permitted_until:
                self._link.hear()
            self._note(TimePassed())
        if now >= self._look_at:
            self._look()
        if now >= min(self._nannies_at(), self._nannies.wake_at()):
            self._nannies.tend()

    def _note(self, event: FosEvent) -> None:
        """One step of the machine, and its effects."""
        if isinstance(event, OrderGiven) and isinstance(event.order, Reload):
            self._reload()
            return
        if self._has_left:
            return
        decision = service_group.step(self._rules, self._standing, event, clock.now())
        self._standing = decision.standing
        for effect in decision.effects:
            self._carry_out(effect)

    def _carry_out(self, effect: FosEffect) -> None:
        match effect:
            case SetVips(vips, lifetime):
                self._note(self._vips.set(vips, lifetime))
            case DropVips(vips):
                self._note(self._vips.drop(vips))
            case AnnounceVips(is_in_all_forms=True):
                self._vips.announce_in_all_forms(effect.vips, effect.witnesses)
            case AnnounceVips(vips):
                self._vips.announce(vips)
            case AskForVips(vips):
                self._vips.ask(vips)
            case RunCommand(service, command):
                self._commands.run(service, command)
            case KillCommand():
                self._commands.kill()
            case StartNanny(service):
                self._nannies.start(service)
            case StopNanny(name):
                self._nannies.stop(name)
            case ProbeAtOnce(name):
                self._nannies.ask_now(name)
            case Tell(report):
                self._link.tell(report)
            case Say(severity, subject, text):
                journal.say(severity, subject, text)
            case Leave():
                self._has_left = True

    def _look(self) -> None:
        """Look at devices and commands while nothing is held; later, trouble shows by itself."""
        if self._standing.phase is Phase.ARMED:
            complaints = self._complaints(self._rules)
            self._note(ArmingLooked(tuple(complaints)))
        pause = LOOK_AGAIN_SECONDS if self._standing.complaints else LOOK_SECONDS
        self._look_at = clock.now() + pause

    def _look_soon(self) -> None:
        self._look_at = 0.0

    def _complaints(self, rules: FosRules) -> list[str]:
        return [*self._vips.open_for(rules.group.vips), *command_complaints(rules.group)]

    def _permit_by_operator(self, now: float) -> None:
        """Run by hand: the operator at the terminal is the grantor, as long as we run."""
        self._permit_at = now + OPERATOR_LEASE_SECONDS / 5
        if self._standing.complaints:
            return
        epoch = self._standing.epoch or self._standing.last_epoch_ended + 1
        permit = Permit(epoch, {"operator": now + OPERATOR_LEASE_SECONDS})
        self._note(OrderGiven(permit))

    def _quit(self) -> None:
        self._note(OrderGiven(Quit()))

    def _reload(self) -> None:
        """Take the new file over as a whole, or not at all."""
        settings = self._assignment.read()
        if settings is None:
            return
        rules = fos_rules(settings, self._assignment.group)
        complaints = self._complaints(rules)
        if complaints and self._standing.phase is not Phase.ARMED:
            text = f"the new file is refused while we serve: {'; '.join(complaints)}"
            journal.say(Severity.ERROR, self._assignment.group, text)
            return
        journal.say(Severity.INFO, self._assignment.group, "the file was read again")
        self._rules = rules
        self._nannies.spread(rules.group.services)
        self._note(RulesChanged())
        self._look()
        children.prepare_to_fork()

    def _say_title(self) -> None:
        """The phase is part of our title in ps(1)."""
        phase = self._standing.phase.value
        if self._titled != phase:
            self._titled = phase
            children.set_title(f"fos: --active {self._assignment.group} ({phase})")

    def _log_state(self) -> None:
        standing, now = self._standing, clock.now()
        left = standing.permitted_until - now if standing.phase.is_holding else 0.0
        link = "connected" if self._link.is_connected else "not connected"
        text = (
            f"{standing.phase} for {now - standing.since:.1f} s, epoch {standing.epoch}, permitted "
            f"for {left:.2f} s more, last epoch ended {standing.last_epoch_ended}, pulse {link}"
        )
        journal.say(Severity.INFO, self._assignment.group, text)
        for complaint in standing.complaints or ():
            journal.say(Severity.INFO, self._assignment.group, f"cannot serve: {complaint}")
        pids = self._nannies.pids()
        for life in standing.lives.values():
            health = life.watch.health if life.watch else "not asked"
            nanny = f"nanny {pids[life.name]}" if life.name in pids else "no nanny"
            evidence = life.watch.check.evidence if life.watch else ""
            text = f"{life.state} for {now - life.since:.1f} s, {health}, {nanny}: {evidence}"
            journal.say(Severity.INFO, life.name, text)

    def _close(self) -> None:
        self._link.close()
        self._nannies.end()
        self._commands.close()
        self._vips.close()
