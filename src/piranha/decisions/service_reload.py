"""Pure: a new file while services run: each is added, changed or removed, no other touched."""

from piranha.config.settings import Service, Standby
from piranha.decisions.effects import Say
from piranha.decisions.fos_effects import StartNanny
from piranha.decisions.fos_events import Command
from piranha.decisions.group_standing import ServiceLife, Turn
from piranha.decisions.service_life import (
    begin_start,
    begin_watch,
    end_watch,
    run_again,
    stand_unasked,
    start_commands,
)
from piranha.decisions.service_watch import has_other_question
from piranha.terms import Severity
from piranha.values import replace
from piranha.wire.report_line import ServiceState


def follow_services(turn: Turn) -> None:
    """Bring the services of a period that is held in line with the rules, in file order."""
    fresh = {service.name: service for service in turn.rules.group.services}
    for name, life in list(turn.lives.items()):
        if name not in fresh:
            _remove(turn, life)
        elif life.is_leaving or life.service != fresh[name]:
            _change(turn, life, fresh[name])
    new = [service for service in fresh.values() if service.name not in turn.lives]
    for service in new:
        turn.emit(Say(Severity.INFO, service.name, "new in the file"))
    begin_start(turn, new, is_adoption=False)
    lives = turn.lives
    ordered = [name for name in fresh if name in lives]
    leaving = [name for name in lives if name not in fresh]
    turn.lives = {name: lives[name] for name in (*ordered, *leaving)}


def _change(turn: Turn, life: ServiceLife, fresh: Service) -> None:
    """The file defines a service anew; it is touched only as far as it must be."""
    old, was_leaving = life.service, life.is_leaving
    life = replace(life, service=fresh, is_leaving=False)
    if was_leaving or _must_restart(old, fresh):
        todo = start_commands(fresh)
        if life.state is not ServiceState.STOPPED:
            todo = (Command.STOP, Command.START)
            life = replace(life, stop_as=life.stop_as or old)
        run_again(turn, life, todo, "the file defines it anew", turn.now)
        life = turn.lives[life.name]
    if life.watch is not None and not fresh.is_asked_here:
        life = _stop_asking(turn, life)
    elif life.watch is not None:
        watch = replace(life.watch, service=fresh)
        if has_other_question(old, fresh):
            watch = replace(watch, heard_at=turn.now, replace_at=None)
            turn.emit(Say(Severity.INFO, life.name, "the file asks it otherwise: a new nanny"))
            turn.emit(StartNanny(fresh))
        life = replace(life, watch=watch)
    elif life.state is ServiceState.JUDGED:
        life = begin_watch(turn, life, 0.0)
    turn.put(life)


def _stop_asking(turn: Turn, life: ServiceLife) -> ServiceLife:
    """The file wants it asked no longer: one that was started stands from now on."""
    end_watch(turn, life)
    was_looked_at = life.adopt_until is not None
    life = replace(life, watch=None, adopt_until=None)
    if was_looked_at:
        return replace(life, todo=start_commands(life.service))
    if life.state in (ServiceState.STARTED, ServiceState.JUDGED):
        return stand_unasked(turn, life, "the file has it asked no longer")
    return life


def _remove(turn: Turn, life: ServiceLife) -> None:
    """Stop what is no longer in the file, then forget it."""
    if life.is_leaving:
        return
    running = turn.running
    is_running = running is not None and running.service == life.name
    is_untouched = life.state is ServiceState.STOPPED or life.service.standby is Standby.HOT
    end_watch(turn, life)
    if is_untouched and not is_running:
        turn.emit(Say(Severity.INFO, life.name, "no longer in the file: forgotten"))
        turn.forget(life.name)
        return
    life = replace(life, watch=None, adopt_until=None, awaits_answer=False, is_leaving=True)
    turn.put(replace(life, todo=(Command.STOP,)))


def _must_restart(old: Service, fresh: Service) -> bool:
    """Only what the service itself sees, or how it is run, makes a restart necessary."""
    if Standby.HOT in (old.standby, fresh.standby):
        return False
    return (old.vip, old.port, old.protocol, old.start_cmd) != (
        fresh.vip,
        fresh.port,
        fresh.protocol,
        fresh.start_cmd,
    )
