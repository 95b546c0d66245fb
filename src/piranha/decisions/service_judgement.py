"""Pure: is a started service well? What a probe, a command's end or mere time says about it.

Its first good answer, or the end of its first wait, makes a started service *judged*. A judged
service that fails is restarted here as often as `local_restarts` allows; after that pulse is told,
and moves the group.
"""

from math import inf

from piranha.config.settings import OnFailure, Standby
from piranha.decisions import service_watch
from piranha.decisions.effects import Say
from piranha.decisions.fos_effects import ProbeAtOnce, Tell
from piranha.decisions.fos_events import Command, CommandEnded, NannyLost
from piranha.decisions.group_standing import ServiceLife, Turn
from piranha.decisions.service_check import Health
from piranha.decisions.service_life import (
    begin_watch,
    kill_running,
    move,
    run_again,
    run_next,
    start_commands,
    succeed,
)
from piranha.terms import Severity
from piranha.values import replace
from piranha.wire.nanny_line import NannyReport
from piranha.wire.report_line import ServiceState, ServiceVerdict

START_FAILED = "start failed"
"""The verdict on a service whose start command failed, beside those of nanny(8)."""
LONGEST_RESTART_PAUSE = 60.0
"""Seconds between two restarts of a service with `on_failure = restart` that does not stand."""


def end_command(turn: Turn, event: CommandEnded) -> None:
    """A command has ended: go on with its service, or call the service failed."""
    running = turn.running
    if running is None or not running.is_for(event.service, event.command):
        return
    turn.running = None
    life = turn.lives[event.service]
    seconds = turn.now - running.since
    limit = running.deadline - running.since
    outcome = running.reason if running.is_killed else event.outcome
    text = f"{event.command} command: {outcome} ({seconds:.3f} s, limit {limit:g} s)"
    if event.is_success and not running.is_killed:
        succeed(turn, life, event.command, text)
    elif event.command is Command.STOP:
        turn.emit(Say(Severity.WARNING, life.name, f"{text}; going on"))
        succeed(turn, life, event.command, text)
    elif turn.standing.phase.is_going_down or life.is_leaving:
        turn.emit(Say(Severity.INFO, life.name, text))
    else:
        fail(turn, life, START_FAILED, text)
    run_next(turn)


def hear_nanny(turn: Turn, report: NannyReport) -> None:
    """A probe has ended: what does it change?"""
    life = turn.lives.get(report.service)
    if life is None or life.watch is None:
        return
    before = life.watch.health
    watch, said = service_watch.hear(life.watch, report, turn.now)
    turn.emit(*said)
    life = replace(life, watch=watch)
    if life.adopt_until is not None:
        if report.is_judgement:
            life = _adopt_or_start(turn, life, report)
    else:
        life = _judge(turn, life, before)
    turn.put(_answer_asked(turn, life))
    run_next(turn)


def lose_nanny(turn: Turn, event: NannyLost) -> None:
    """A nanny ended by itself: that says nothing about the service."""
    life = turn.lives.get(event.service)
    if life is not None and life.watch is not None:
        watch, effects = service_watch.lose(life.watch, event.reason, turn.now)
        turn.emit(*effects)
        turn.put(replace(life, watch=watch))


def ask_nanny(turn: Turn, name: str) -> None:
    """pulse wants a probe at once, and to hear how it ends."""
    life = turn.lives.get(name)
    if life is not None and life.watch is not None:
        turn.put(replace(life, watch=replace(life.watch, is_asked=True)))
        turn.emit(ProbeAtOnce(name))


def repair(turn: Turn, name: str) -> None:
    """pulse wants this failed service stopped and started once: nobody else can serve it."""
    life = turn.lives.get(name)
    if life is None or life.state is not ServiceState.JUDGED or not life.is_failed:
        return
    if life.service.standby is Standby.WARM:
        reason = "started again: nobody else can serve it"
        run_again(turn, life, start_commands(life.service), reason, turn.now)
        run_next(turn)


def wake_at(turn: Turn) -> float:
    """When `pass_time` has something to do."""
    running = turn.running
    return min(turn.lives_wake_at, running.deadline if running is not None else inf)


def pass_time(turn: Turn) -> None:
    """Commands and first waits that are over, pauses that are over, nannies that hang."""
    running = turn.running
    if running is not None and turn.now >= running.deadline:
        kill_running(turn, f"not done within its {running.command}_timeout")
    if turn.now < turn.lives_wake_at:
        return
    for life in list(turn.lives.values()):
        if life.wake_at <= turn.now:
            _pass_time_of(turn, life)
    first = min((life.wake_at for life in turn.lives.values()), default=inf)
    turn.lives_wake_at = first
    run_next(turn)


def _pass_time_of(turn: Turn, life: ServiceLife) -> None:
    if life.todo_at <= turn.now:
        life = replace(life, todo_at=0.0)
    if life.adopt_until is not None and turn.now >= life.adopt_until:
        life = _start_instead(turn, life, "no probe of it has ended")
    if life.watch is not None:
        before = life.watch.health
        watch, effects = service_watch.pass_time(life.watch, turn.now)
        turn.emit(*effects)
        life = _judge(turn, replace(life, watch=watch), before)
    turn.put(life)


def _judge(turn: Turn, life: ServiceLife, before: Health) -> ServiceLife:
    """Only a change of what the probes mean matters; the first answer after a start is one. While
    commands of a service run, its probes mean nothing."""
    assert life.watch is not None
    health, check = life.watch.health, life.watch.check
    is_judged = life.state is ServiceState.JUDGED
    if health is before or not (life.awaits_answer or is_judged):
        return life
    if health is Health.HEALTHY:
        life = replace(life, stands_since=turn.now)
        if life.awaits_answer:
            life = replace(life, awaits_answer=False)
            life = move(turn, life, ServiceState.JUDGED, f"it answers: {check.evidence}")
        return _tell_well(turn, life)
    if is_judged and life.is_failed:
        return life
    evidence = check.evidence
    if life.awaits_answer:
        wait = life.service.first_wait_seconds
        evidence = f"no good answer within its first_wait of {wait:g} s: {evidence}"
    fail(turn, life, check.verdict, evidence)
    return turn.lives[life.name]


def fail(turn: Turn, life: ServiceLife, verdict: str, evidence: str) -> None:
    """The service fails: restart it here while the file allows that, else tell pulse."""
    service = life.service
    if turn.now - life.stands_since >= turn.rules.calm_seconds:
        life = replace(life, restarts=0)
    life = replace(life, stands_since=inf)
    is_endless = service.on_failure is OnFailure.RESTART
    if service.standby is Standby.WARM and (is_endless or life.restarts < service.local_restarts):
        _restart(turn, life, evidence)
        return
    if life.watch is None:
        life = begin_watch(turn, life, 0.0)
    life = replace(life, awaits_answer=False, is_failed=True)
    life = move(turn, life, ServiceState.JUDGED, evidence, severity=Severity.DEBUG)
    turn.put(life)
    check = life.watch.check if life.watch is not None else None
    probes = check.in_a_row if check is not None and check.was_good is False else 1
    turn.emit(Say(Severity.WARNING, life.name, f"fails: {evidence}"))
    turn.emit(Tell(ServiceVerdict(life.name, False, verdict, evidence, probes)))


def _restart(turn: Turn, life: ServiceLife, evidence: str) -> None:
    """One more local restart; beyond `local_restarts` the pauses between them grow."""
    restarts = life.restarts + 1
    limit = life.service.local_restarts
    beyond = restarts - max(1, limit)
    pause = min(LONGEST_RESTART_PAUSE, 2.0 ** (beyond - 1)) if beyond > 0 else 0.0
    count = f"{restarts} of {limit}" if restarts <= limit else f"{restarts}"
    later = f", in {pause:g} s" if pause else ""
    reason = f"local restart {count}{later}: {evidence}"
    life = replace(life, restarts=restarts)
    run_again(turn, life, start_commands(life.service), reason, turn.now + pause)


def _adopt_or_start(turn: Turn, life: ServiceLife, report: NannyReport) -> ServiceLife:
    if not report.is_healthy:
        return _start_instead(turn, life, report.evidence)
    life = replace(life, adopt_until=None, stands_since=turn.now)
    reason = f"it still answers, so it is left alone: {report.evidence}"
    return move(turn, life, ServiceState.JUDGED, reason)


def _start_instead(turn: Turn, life: ServiceLife, evidence: str) -> ServiceLife:
    turn.emit(Say(Severity.INFO, life.name, f"does not answer, so it is started: {evidence}"))
    return replace(life, adopt_until=None, todo=start_commands(life.service))


def _tell_well(turn: Turn, life: ServiceLife) -> ServiceLife:
    if not life.is_failed or life.watch is None:
        return life
    turn.emit(Say(Severity.INFO, life.name, f"is well again: {life.watch.check.evidence}"))
    turn.emit(Tell(service_watch.told(life.watch)))
    return replace(life, is_failed=False)


def _answer_asked(turn: Turn, life: ServiceLife) -> ServiceLife:
    """Answer a ProbeNow; in our own reports only judged services fail."""
    watch = life.watch
    if watch is None or not watch.is_asked:
        return life
    if life.state is ServiceState.JUDGED or watch.check.was_good:
        turn.emit(Tell(replace(service_watch.told(watch), is_healthy=not life.is_failed)))
    return replace(life, watch=replace(watch, is_asked=False))
