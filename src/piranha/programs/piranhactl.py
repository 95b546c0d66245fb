"""`piranhactl` asks and commands the pulse that runs on this node. See piranhactl(8)."""

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from piranha import defaults
from piranha.errors import PiranhaError, UsageError
from piranha.programs import control_client, heartbeat_key
from piranha.programs.cluster_place import ClusterPlace, find_place
from piranha.programs.config_file import read_config_file
from piranha.programs.leftovers import remove_leftovers
from piranha.programs.move_record import read_moves
from piranha.programs.piranhactl_options import CtlOptions, read_options
from piranha.programs.status_page import move_lines, status_lines
from piranha.system import files
from piranha.wire.control_line import (
    Clear,
    Done,
    Fence,
    Hold,
    Ignore,
    MoveShown,
    Progress,
    Refused,
    Reload,
    Request,
    Resume,
    Status,
    StatusShown,
    Switch,
    Upgrade,
    Why,
)
from piranha.wire.exit_status import ExitStatus

LEARNING_SECONDS = 5.0
CLEAR_SCREEN = "\x1b[H\x1b[2J"


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Returns its exit status; see piranhactl(8)."""
    try:
        status = _carry_out(read_options(argv))
        sys.stdout.flush()
        return status
    except UsageError as error:
        return _give_up(str(error), ExitStatus.WRONG_USE)
    except BrokenPipeError:
        return _stop_printing()
    except (PiranhaError, OSError) as error:
        return _give_up(str(error), ExitStatus.REFUSED)
    except KeyboardInterrupt:
        return ExitStatus.OK
    except Exception:
        return _give_up(f"our own bug: {traceback.format_exc()}", ExitStatus.OUR_BUG)


def _stop_printing() -> int:
    """Whoever read us, `head` perhaps, has had enough; the interpreter shall not complain."""
    files.discard(sys.stdout.fileno())
    return ExitStatus.OK


def _give_up(text: str, status: ExitStatus) -> int:
    print(f"piranhactl: {text}", file=sys.stderr)
    return status


def _carry_out(options: CtlOptions) -> int:
    if options.command == "check":
        from piranha.programs import check  # here: it looks at the whole machine, with psutil

        file = options.file or options.config
        status = check.run(file, sys.stdout)
        return _check_partner(options, file, status) if options.is_partner else status
    if options.command == "recipes":
        from piranha.programs import recipe_pages  # here, as a status should not pay for it

        return recipe_pages.show_recipes(options.name)
    if options.command == "probe":
        from piranha.programs.service_probe import probe_service

        return probe_service(options)
    if options.command == "learn":
        from piranha.programs.service_learning import learn

        return learn(options.target, options.is_udp, options.seconds or LEARNING_SECONDS)
    if options.command == "genkey":
        return generate_key(options)
    place = find_place(options)
    return COMMANDS[options.command](options, place)


def _check_partner(options: CtlOptions, file: Path, status: ExitStatus) -> int:
    """Yes only if the file is good and the partner has it."""
    from piranha.programs.partner_check import check_partner

    place = find_place(options)
    lines, there = check_partner(file, defaults.run_directory(), place.control, place.cluster)
    print("\n".join(lines))
    return there if status is ExitStatus.OK else status


def show_status(options: CtlOptions, place: ClusterPlace) -> int:
    """Once, or page after page until the caller ends it or pulse does."""
    for answer in control_client.ask(place.control, Status(options.is_watched)):
        if isinstance(answer, StatusShown):
            _print_status(answer, options)
        elif isinstance(answer, Refused):
            return _give_up(answer.text, answer.status)
    return ExitStatus.OK


def _print_status(status: StatusShown, options: CtlOptions) -> None:
    if options.is_json:
        indent = None if options.is_watched else 1
        print(json.dumps(asdict(status), indent=indent), flush=True)
        return
    page = "\n".join(status_lines(status))
    if options.is_watched:
        page = f"{CLEAR_SCREEN}{page}" if sys.stdout.isatty() else f"{page}\n"
    print(page, flush=True)


def show_moves(options: CtlOptions, place: ClusterPlace) -> int:
    """From the file of records, which outlives pulse; who may not read it asks pulse."""
    try:
        moves = read_moves(place.moves, options.count)
    except OSError:
        answers = control_client.ask(place.control, Why(options.count))
        moves = [answer for answer in answers if isinstance(answer, MoveShown)]
    for move in moves:
        print(json.dumps(asdict(move)) if options.is_json else "\n".join(move_lines(move)))
    if not moves and not options.is_json:
        print(f"cluster {place.cluster}: no moves are recorded")
    return ExitStatus.OK


def switch(options: CtlOptions, place: ClusterPlace) -> int:
    return _command(place, Switch(options.group, options.is_dry_run), seconds=None)


def generate_key(options: CtlOptions) -> int:
    """Make the key file, or change its keys; what it then has to be done with."""
    path = options.file or _key_file(options)
    match options.key_change:
        case "add":
            ring = heartbeat_key.add_key(path)
            then = "copy it to the other node, reload both, then --next"
        case "next":
            ring = heartbeat_key.use_next(path)
            then = "copy it to the other node, reload both, then --drop"
        case "drop":
            ring = heartbeat_key.drop_others(path)
            then = "copy it to the other node, reload both"
        case _:
            ring = heartbeat_key.make_file(path, options.takes_unsealed)
            then = "copy it to the other node; heartbeat_key in lvs.cf(5) names it"
    print(f"{path}: {heartbeat_key.keys_text(ring)}: {then}")
    return ExitStatus.OK


def _key_file(options: CtlOptions) -> Path:
    """The one that the configuration names, if there is one and it does."""
    try:
        entry = read_config_file(options.config).document.root.last("heartbeat_key")
    except OSError:
        if options.is_config_given:
            raise
        entry = None
    return Path(entry.value.text) if entry else heartbeat_key.DEFAULT_FILE


def fence(options: CtlOptions, place: ClusterPlace) -> int:
    return _command(place, Fence(options.fence_wish, options.node), seconds=None)


def clean_up(_options: CtlOptions, place: ClusterPlace) -> int:
    """For the moment after pulse has ended, whatever its end was."""
    for line in remove_leftovers(defaults.run_directory(), place.cluster):
        print(line)
    return ExitStatus.OK


def _simple(request_of: Callable[[CtlOptions], Request]) -> "Command":
    return lambda options, place: _command(place, request_of(options))


def _command(
    place: ClusterPlace, request: Request, seconds: float | None = control_client.ANSWER_SECONDS
) -> int:
    """Print what comes, and end as the last answer says."""
    for answer in control_client.ask(place.control, request, seconds):
        match answer:
            case Progress(text) | Done(text) if text:
                print(text, flush=True)
            case Refused(text, status):
                return _give_up(text, status)
    return ExitStatus.OK


def sync_files(options: CtlOptions, place: ClusterPlace) -> int:
    from piranha.programs import sync  # here, as a status should not pay for it

    return sync.sync(options, place.control, place.cluster)


def confirm_file(options: CtlOptions, _place: ClusterPlace) -> int:
    from piranha.programs import sync

    return sync.confirm(options)


Command = Callable[[CtlOptions, ClusterPlace], int]

COMMANDS: dict[str, Command] = {
    "status": show_status,
    "why": show_moves,
    "switch": switch,
    "reload": _simple(lambda _options: Reload()),
    "hold": _simple(lambda options: Hold(options.seconds)),
    "resume": _simple(lambda options: Resume(options.service)),
    "ignore": _simple(lambda options: Ignore(options.service, options.seconds)),
    "clear": _simple(lambda options: Clear(options.group)),
    "upgrade": _simple(lambda _options: Upgrade()),
    "fence": fence,
    "cleanup": clean_up,
    "sync": sync_files,
    "confirm": confirm_file,
}


if __name__ == "__main__":
    sys.exit(main())
