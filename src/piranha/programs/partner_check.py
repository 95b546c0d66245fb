"""`piranhactl check --partner`: has the partner the same file? The running pulse knows."""

from collections.abc import Iterator
from pathlib import Path

from piranha.programs import control_client
from piranha.programs.accepted_file import accepted_path
from piranha.programs.config_file import read_config_file
from piranha.wire.control_line import Answer, Refused, Status, StatusShown
from piranha.wire.exit_status import ExitStatus

Lines = tuple[list[str], ExitStatus]


def check_partner(file: Path, run_directory: Path, control: Path, cluster: str) -> Lines:
    """What to print, and yes (OK), no (FAILED), or that the partner cannot be asked (REFUSED).
    Raises SystemRefusedError when no pulse runs."""
    lines = list(_waiting_for_reload(file, accepted_path(run_directory, cluster)))
    status = _status(control_client.ask(control, Status()))
    if isinstance(status, str):
        return [*lines, f"partner: {status}"], ExitStatus.REFUSED
    if not status.is_partner_heard:
        said = f"partner: {status.partner_address} is not heard, so its file is not known"
        return [*lines, said], ExitStatus.REFUSED
    lines += [f"partner: MISMATCH: {difference}" for difference in status.mismatches]
    if status.mismatches:
        lines.append(f"partner: no, {status.partner_address} runs another file: piranhactl sync")
        return lines, ExitStatus.FAILED
    lines.append(f"partner: yes, {status.partner_address} runs the same file as pulse here")
    return lines, ExitStatus.OK


def _status(answers: Iterator[Answer]) -> StatusShown | str:
    """The status, or why there is none."""
    why = "pulse has not said how it is"
    for answer in answers:
        if isinstance(answer, StatusShown):
            return answer
        if isinstance(answer, Refused):
            why = answer.text
    return why


def _waiting_for_reload(file: Path, accepted: Path) -> Iterator[str]:
    """Where the file on the disk is not the one that runs here."""
    try:
        ours, running = read_config_file(file).settings, read_config_file(accepted).settings
    except OSError:
        return
    if ours is None or running is None:
        return
    names = dict.fromkeys([*ours.digests, *running.digests])
    changed = [name for name in names if ours.digests.get(name) != running.digests.get(name)]
    if changed:
        yield f"{file}: not what runs here before a reload: {', '.join(changed)}"
