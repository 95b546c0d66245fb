"""The running pulse: a shell around the decision core, without any policy of its own.

Each turn of the loop waits once, reads everything that has come in, hands it to the core as events,
lets time pass, and carries out the effects in their order.
"""

import signal
from collections import deque
from dataclasses import replace
from pathlib import Path

from piranha.config.settings import Settings
from piranha.config.timing import lease_seconds
from piranha.decisions import composing, node, partner_link, sight, vouching, witness
from piranha.decisions.effects import (
    AskVips,
    Effect,
    Fence,
    Finished,
    Moved,
    OrderFos,
    Remember,
    RunMonitor,
    Say,
    SendHeartbeat,
)
from piranha.decisions.events import (
    Event,
    HeartbeatHeard,
    HoldChanged,
    IgnoreChanged,
    RulesChanged,
    ServiceNow,
    StopAsked,
    TimePassed,
    UnprovenHeard,
)
from piranha.decisions.node_state import NodeState
from piranha.programs.control_room import Caller, ControlRoom, control_path
from piranha.programs.file_in_force import FileInForce
from piranha.programs.fos_keeper import FosKeeper, fos_command, fos_environment, socket_path
from piranha.programs.fos_seat import SHORTEST_HUNG_SECONDS, Place
from piranha.programs.heartbeat_paths import HeartbeatPaths
from piranha.programs.lateness import Lateness
from piranha.programs.leftovers import clear_group
from piranha.programs.link_watch import LinkWatch
from piranha.programs.move_record import MoveRecord, moves_path
from piranha.programs.move_telling import MoveTelling
from piranha.programs.node_memory import NodeMemory, memory_path
from piranha.programs.operator_requests import OperatorRequests
from piranha.programs.partner_fence import PartnerFence
from piranha.programs.pulse_setup import Setup
from piranha.programs.pulse_timers import NEVER, Endings, ForcedTakeover, Watchdog
from piranha.programs.rules_from import rules_from
from piranha.programs.segment_watch import SegmentWatch
from piranha.programs.status_page import status_lines
from piranha.programs.status_report import Sources, status_of
from piranha.programs.vip_questions import VipQuestions
from piranha.programs.watchdog_feeder import WatchdogFeeder
from piranha.programs.witness_watch import WitnessWatch
from piranha.system import clock, journal, notify
from piranha.system.addresses import Addresses
from piranha.system.loop import Loop
from piranha.terms import Severity
from piranha.wire import control_line
from piranha.wire.aside import Talk
from piranha.wire.control_line import Request, StatusShown
from piranha.wire.heartbeat import Heartbeat
from piranha.wire.report_line import FosMode

STOP_GRACE_SECONDS = 5.0
"""Beyond the time limits of all stop commands, before an orderly end is given up."""
FAREWELL_SECONDS = 5.0
"""For every fos to end after everything was released."""
READING_SECONDS = 0.02
"""If reading what was queued took longer, we stood still meanwhile, and more may have come."""
MOST_READINGS = 3
"""In a flood each reading takes long, and more has always come."""


class PulseShell:
    """One pulse, from its first look around to its end."""

    def __init__(self, setup: Setup) -> None:
        """Opens everything; raises OSError for what the system refuses."""
        settings = setup.settings
        self._setup = setup
        self._events: deque[Event] = deque()
        self._core_at = 0.0
        """When the core wants to be asked again."""
        self._stop_limit_at = NEVER
        self._is_over = False
        self._leaves_fos = False
        self.started_at = clock.now()
        self.rules = rules_from(settings, setup.side)
        self.lateness = Lateness()
        self.memory = NodeMemory(memory_path(setup.state_directory, settings.cluster), _complain)
        self._watchdog = Watchdog()
        self._feeder = WatchdogFeeder()
        self._endings = Endings(self.memory)
        self.moves = MoveRecord(moves_path(setup.state_directory, settings.cluster))
        self.loop = Loop()
        self.addresses = Addresses(hears_addresses=False)
        self.paths = HeartbeatPaths(self.loop, settings, setup.side, self)
        self.paths.use(setup.keys)
        self._file = FileInForce(setup, self.loop, self.paths.send_aside, self._put_in_force)
        self.paths.guard.newest_known = self.memory.content.partner_incarnation
        self._is_challenged = False
        self.links = LinkWatch(self.addresses, self.emit)
        partner = settings.addresses[setup.side.other]
        self.questions = VipQuestions(self.loop, partner, self.emit)
        macs = self.addresses.mac, self.questions.partner_macs
        self.segment = SegmentWatch(*macs, self.emit)
        self.witnesses = WitnessWatch(self.loop, self.addresses, self.emit)
        self._told = MoveTelling(self.loop, settings.cluster, setup.side, self.moves)
        self._fence = PartnerFence(self.loop, setup.side.other, lambda: self._settings, self.emit)
        self.keeper = FosKeeper(self._place(), self._seat_path)
        self.operators = OperatorRequests(self)
        control = control_path(setup.run_directory, settings.cluster)
        self.room = ControlRoom(self.loop, control, self._serve)
        self._incarnation = self.memory.new_incarnation(clock.wall())
        self.state = self._new_state()
        self._forced = ForcedTakeover((), 0.0)

    def begin(self) -> None:
        """Look for what an earlier pulse left, start every fos, listen: ready when it returns."""
        settings = self._settings
        self._file.begin()
        self.loop.on_signal(signal.SIGTERM, lambda: self.stop("SIGTERM"))
        self.loop.on_signal(signal.SIGINT, lambda: self.stop("SIGINT"))
        self.loop.on_signal(signal.SIGHUP, self._reload_on_signal)
        self.loop.on_signal(signal.SIGUSR1, self._log_state)
        self.keeper.find(group.name for group in settings.groups)
        self.state = self._new_state()
        self.loop.watch(self.addresses, self.links.hear)
        self._watch_vips()
        for service in self.memory.content.ignored:
            self.emit(IgnoreChanged(service, True))
        forced = settings.groups if self._setup.options.is_forced else ()
        self._forced = ForcedTakeover((g.name for g in forced), settings.keepalive_seconds)
        self._file.look()
        self._settle()

    def run(self) -> None:
        """Turn until pulse is asked to end and has ended in order, or leaves fos to the next."""
        while not self._is_over:
            tend_at = self._tend_at()
            until = min(tend_at, self._core_at)
            self.loop.turn(until)
            now = clock.now()
            self.lateness.note(until, now)
            self._endings.follow_date()
            if now >= tend_at:
                self._tend()
            if self._events or self._is_challenged or now >= self._core_at:
                self._look_around(now)
                self._read_everything()  # silence is judged behind this
                self._settle()
            self.operators.tend()

    def end(self) -> None:
        """After the last turn: every fos ends, or is left to the next pulse."""
        is_released = all(group.role.is_inactive for group in self.state.groups)
        self._feeder.close(is_orderly=is_released or self._leaves_fos)
        self.room.close()
        self._fence.close()
        self.paths.close()
        if self._leaves_fos:
            self.keeper.abandon()
        else:
            self.keeper.end(FAREWELL_SECONDS)
        self.questions.close()
        self.witnesses.close()
        self.segment.close()
        self.addresses.close()
        self.loop.close()

    @property
    def _settings(self) -> Settings:
        """Those in force."""
        return self._file.running.settings

    @property
    def service_names(self) -> frozenset[str]:
        groups = self._settings.groups
        return frozenset(service.name for group in groups for service in group.services)

    def emit(self, event: Event) -> None:
        """Something has happened; the core hears of it before this turn ends."""
        self._events.append(event)
        if isinstance(event, HoldChanged | IgnoreChanged):
            self._endings.look_again()

    def stop(self, by: str) -> None:
        """Begin an orderly end: release, say goodbye."""
        if self._stop_limit_at < NEVER:
            return
        notify.stopping()
        longest = max(group.release_timeout_seconds for group in self.rules.groups)
        limit = longest + self.rules.deadtime_seconds + STOP_GRACE_SECONDS
        self._stop_limit_at = clock.now() + limit
        self.emit(StopAsked(by))

    def leave_to_next(self, by: str) -> None:
        """End without goodbye; every fos lives on for the next pulse."""
        self._say(Severity.WARNING, f"ends for an upgrade, asked by {by}: fos serves on")
        notify.stopping()
        self._leaves_fos = self._is_over = True

    def fence(self, caller: Caller, request: control_line.Fence) -> None:
        """What an operator asks of the fence."""
        is_heard = partner_link.is_partner_heard(self.state.link, self.rules, clock.now())
        self._fence.serve(caller, request, is_heard)

    def status(self) -> StatusShown:
        """How the node is at this moment."""
        sources = Sources(
            settings=self._settings,
            config=self._setup.options.config,
            rules=self.rules,
            state=self.state,
            keeper=self.keeper,
            paths=self.paths,
            remembered=self.memory.content,
            last_moves=self._told.newest,
            carriers=self.links.carriers,
            witnesses=self.witnesses,
            mismatches=self._file.mismatches,
            lateness=self.lateness,
            started_at=self.started_at,
        )
        return status_of(sources, clock.now(), clock.wall())

    def reload(self) -> tuple[bool, list[str]]:
        """Read the file again; whether it was put in force, and what was said about it."""
        return self._file.reload()

    def _put_in_force(self) -> None:
        settings = self._settings
        self.paths.use(self._file.running.keys)
        self.rules = rules_from(settings, self._setup.side)
        self._step(RulesChanged(self._services_now()))
        self.keeper.reload({group.name: group.stop_seconds for group in settings.groups})
        self._watch_vips()

    def _services_now(self) -> dict[str, tuple[ServiceNow, ...]]:
        """What each fos that serves has told of its services."""
        seats = {g.name: self.keeper.seat(g.name, FosMode.ACTIVE) for g in self.state.groups}
        return {name: seat.said.services_now() for name, seat in seats.items() if seat is not None}

    def _reload_on_signal(self) -> None:
        self.reload()

    def _log_state(self) -> None:
        for line in status_lines(self.status()):
            if line:
                journal.say(Severity.INFO, "state", line)

    def _serve(self, caller: Caller, request: Request) -> None:
        """A request that came after somebody set the date, in the same turn, means the new one."""
        self._endings.follow_date()
        self.operators.serve(caller, request)

    def hear(self, path: int, beat: Heartbeat, at: float) -> None:
        """A heartbeat of the partner."""
        self.emit(HeartbeatHeard(path, beat, at))
        self.questions.partner_heard(at)
        self._file.hear(self.rules, beat, clock.now())
        self.memory.remember_partner(self.paths.guard.newest_known)

    def hear_unproven(self, at: float) -> None:
        """One of a run of the partner that has not proven that it lives."""
        self.emit(UnprovenHeard(at))

    def hear_aside(self, talk: Talk) -> None:
        """What the partner asks of our file, or says of its own."""
        self._file.hear_aside(talk, clock.now())

    def answer_challenge(self) -> None:
        """Have a fresh heartbeat sent when everything that has come is taken in."""
        self._is_challenged = True

    def _read_everything(self) -> None:
        """Silence is judged after this, so what came while we stood still must have been read."""
        for _ in range(MOST_READINGS):
            began = clock.now()
            self.paths.drain()
            if clock.now() - began < READING_SECONDS:
                return

    def _settle(self) -> None:
        """Hand the core what has happened, then let time pass if it asked for that."""
        while True:
            while self._events:
                self._step(self._events.popleft())
            if clock.now() < self._core_at:
                break
            self._step(TimePassed())
        if self._is_challenged:
            self._is_challenged = False
            self._carry_out(SendHeartbeat(is_answer=True))

    def _step(self, event: Event) -> None:
        if journal.is_verbose() and not isinstance(event, TimePassed | HeartbeatHeard):
            journal.say(Severity.DEBUG, "event", str(event))
        now = clock.now()
        if isinstance(event, HeartbeatHeard) and event.at > now:
            event = replace(event, at=now)
        decision = node.step(self.rules, self.state, event, now)
        self.state = decision.state
        for effect in decision.effects:
            self._carry_out(effect)
        self._core_at = node.wake_at(self.rules, self.state, now)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case SendHeartbeat():
                self.state, beat = composing.compose(
                    self.rules, self.state, clock.now(), is_answer=effect.is_answer
                )
                self.paths.send_beat(beat)
            case OrderFos():
                self.keeper.order(effect.group, effect.mode, effect.order)
            case RunMonitor():
                self.keeper.run_monitor(effect.group, effect.is_wanted)
            case AskVips():
                self.questions.ask(effect.group, effect.wait_seconds)
            case Fence():
                self._fence.off(effect.reason)
            case Remember():
                self.memory.remember_epoch(effect.group, effect.epoch)
            case Say():
                journal.say(effect.severity, effect.subject, effect.text)
                self.operators.note(effect)
            case Moved():
                self._tell_move(effect)
                self.operators.note(effect)
            case Finished():
                self._say(Severity.INFO, "everything is released, goodbye is said")
                self._is_over = True

    def _say(self, severity: Severity, text: str) -> None:
        """A line about the whole node."""
        journal.say(severity, self._settings.cluster, text)

    def _tell_move(self, move: Moved) -> None:
        self._told.tell(move, self._settings.notify_cmd)
        notify.status(", ".join(f"{group.name} {group.role}" for group in self.state.groups))

    def _tend_at(self) -> float:
        """When something besides the core is due by the clock."""
        return min(
            self._stop_limit_at,
            self._watchdog.due_at,
            self._feeder.due_at,
            self._endings.due_at,
            self._forced.due_at,
            self.keeper.wake_at(),
            self.paths.wake_at(),
            self._file.wake_at(),
            self.questions.wake_at(),
            self.witnesses.wake_at(),
            self.room.wake_at(),
            self.operators.wake_at(),
            self._told.wake_at(),
            self._fence.wake_at(),
        )

    def _tend(self) -> None:
        """Everything that is due by the clock, but for the core's own time."""
        self.keeper.tend()
        self.paths.tend()
        self._file.tend()
        self.questions.tend()
        self.witnesses.tend()
        self.room.tend()
        self._told.tend()
        self._fence.tend()
        now = clock.now()
        self._watchdog.tend(now)
        self._feeder.tend(now, vouching.objection(self.state, now))
        self._events += self._endings.tend(now)
        self._events += self._forced.tend(now, self.state, self.keeper)
        if now >= self._stop_limit_at:
            text = "not everything could be released in time, ending all the same"
            self._say(Severity.CRITICAL, text)
            self._is_over = True

    def _look_around(self, now: float) -> None:
        """What wakes nobody, and is looked at whenever the core is asked anyway."""
        is_wanted = sight.looks_for_strangers(self.rules, self.state, now)
        self.segment.tend(self.links.carriers, is_wanted)

    def _new_state(self) -> NodeState:
        remembered = self.memory.content
        return node.start(
            self.rules,
            self._incarnation,
            dict(remembered.epochs),
            remembered.is_held,
            clock.now(),
        )

    def _watch_vips(self) -> None:
        vips = {group.name: group.vips for group in self._settings.groups}
        self.links.watch(vips, self._settings.monitor_links)
        self.questions.watch(vips)
        deadtime, limit = self.rules.deadtime_seconds, witness.sight_limit(self.rules)
        self.witnesses.watch(self._settings.witness, deadtime, limit)
        lease = lease_seconds(self.rules.keepalive_seconds, deadtime)
        self._feeder.use(self._settings.watchdog, lease)

    def _place(self) -> Place:
        setup, settings = self._setup, self._setup.settings
        lease = lease_seconds(settings.keepalive_seconds, settings.deadtime_seconds)
        options = setup.options
        return Place(
            loop=self.loop,
            emit=self.emit,
            clear_leftovers=self._clear_leftovers,
            command=fos_command(
                options.fos, self._file.accepted_path, setup.side, options.is_verbose
            ),
            environment=fos_environment(),
            hung_seconds=max(lease / 2, SHORTEST_HUNG_SECONDS),
        )

    def _seat_path(self, group: str, mode: FosMode) -> Path:
        return socket_path(self._setup.run_directory, self._setup.settings.cluster, group, mode)

    def _clear_leftovers(self, group: str) -> None:
        """VIPs that nobody renews any more; those of a group that serves here are still ours."""
        if any(g.name == group and not g.role.is_inactive for g in self.state.groups):
            return
        try:
            for line in clear_group(self.addresses, self._settings.group(group)):
                journal.say(Severity.WARNING, group, line)
        except OSError as error:
            journal.say(Severity.ERROR, group, str(error))


def _complain(text: str) -> None:
    journal.say(Severity.ERROR, "memory", text)
