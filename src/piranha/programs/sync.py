"""`piranhactl sync` and `confirm`: the partner gets this node's file, checked, and whole.

The other end is piranhactl, too: `sync --show` prints the file there, `sync --take` takes the new
one from its standard input, with its SHA-256 as the argument, so that a broken connection leaves
everything as it was.
"""

import difflib
import hashlib
import select
import sys
from collections.abc import Sequence
from pathlib import Path

from piranha import defaults
from piranha.config.document import Document
from piranha.config.reading import LARGEST_FILE
from piranha.config.settings import Settings
from piranha.errors import PiranhaError, SystemRefusedError, UsageError
from piranha.programs import control_client, file_trial, remote_shell
from piranha.programs.accepted_file import accepted_path
from piranha.programs.config_file import read_config_file
from piranha.programs.piranhactl_options import CtlOptions
from piranha.programs.rules_from import side_of
from piranha.system import files
from piranha.system.addresses import Addresses
from piranha.wire.control_line import Done, Progress, Refused, Reload
from piranha.wire.exit_status import ExitStatus

REMOTE_SECONDS = 60.0
"""For one command on the partner, with the time to type a password."""
LONGEST_DIFFERENCE = 400
"""Lines."""


def sync(options: CtlOptions, control: Path, cluster: str) -> int:
    """Whichever of its forms is meant."""
    if options.sync_part == "show":
        sys.stdout.buffer.write(files.read_limited(options.config, LARGEST_FILE))
        return ExitStatus.OK
    if options.sync_part == "back":
        return _go_back(options.config, control)
    if options.digest:
        return take(options, control, sys.stdin.buffer.read(LARGEST_FILE + 1))
    return _Sync(options, control, cluster).run()


class _Sync:
    """From this node to the other one."""

    def __init__(self, options: CtlOptions, control: Path, cluster: str) -> None:
        self._options = options
        self._file = options.config
        self._control = control
        self._running = accepted_path(defaults.run_directory(), cluster)
        self._content = files.read_limited(self._file, LARGEST_FILE)
        self._partner = Partner(self._file)

    def run(self) -> int:
        file_trial.refuse_second(self._file)
        if _checked(self._file) is not ExitStatus.OK:
            return ExitStatus.FAILED
        theirs = self._partner.ask(["sync", "--show"]).output
        lines = difference_lines(theirs, self._content, str(self._file), self._partner.host)
        print("\n".join(lines) or f"{self._partner.host} has the same {self._file} already")
        if not self._is_wanted():
            print("nothing was changed")
            return ExitStatus.FAILED
        words = ["sync", "--take", hashlib.sha256(self._content).hexdigest()]
        seconds = self._options.seconds
        there = self._partner.ask([*words, *_confirm_words(seconds)], self._content)
        sys.stdout.buffer.write(there.output)
        sys.stdout.flush()
        if there.status != ExitStatus.OK:
            print(f"{self._partner.host} did not take it; nothing was changed here")
            return there.status
        status = self._here()
        if status is not ExitStatus.OK or seconds is None:
            return status
        return self._wait_for_a_key(seconds)

    def _is_wanted(self) -> bool:
        if self._options.is_sure:
            return True
        if not sys.stdin.isatty():
            raise UsageError("nobody can be asked here: --yes copies without a question")
        answer = input(f"copy {self._file} to {self._partner.host}? [y/N] ")
        return answer.strip().lower() in ("y", "yes")

    def _here(self) -> ExitStatus:
        """The same content, in force here as well; on trial against what runs now."""
        if self._options.seconds is not None:
            try:
                old = files.read_limited(self._running, LARGEST_FILE)
            except OSError:
                old = self._content
            file_trial.put_in_place(self._file, self._content, old, self._options.seconds)
        return _reload(self._control)

    def _wait_for_a_key(self, seconds: float) -> int:
        text = f"both nodes go back to their old files in {seconds:g} s"
        if not sys.stdin.isatty():
            print(f"{text} unless: piranhactl confirm")
            return ExitStatus.OK
        print(f"{text} unless you press Enter: ", end="", flush=True)
        if not select.select([sys.stdin], [], [], seconds)[0]:
            print("\nnot confirmed in time")
            return ExitStatus.FAILED
        sys.stdin.readline()
        return confirm(self._options, self._partner)


class Partner:
    """The other node of a file, over rsh_command."""

    def __init__(self, file: Path) -> None:
        """Raises UsageError when the file does not say who that is."""
        settings = read_config_file(file).settings
        if settings is None:
            raise UsageError(f"{file} cannot be used; piranhactl check says why")
        self.host = _partner_of(settings)
        self._file = file
        self._rsh_command = settings.rsh_command

    def ask(self, words: Sequence[str], given: bytes = b"") -> remote_shell.Outcome:
        """Run piranhactl there. Raises SystemRefusedError when it could not be reached."""
        remote = ["piranhactl", "-c", str(self._file), *words]
        argv = remote_shell.remote_argv(self._rsh_command, self.host, remote)
        outcome = remote_shell.run(argv, given, REMOTE_SECONDS)
        known = {int(status) for status in ExitStatus}
        if outcome.status not in known or (outcome.status and words[-1] == "--show"):
            what = f"{self._rsh_command} {self.host} piranhactl {' '.join(words)}"
            raise SystemRefusedError(f"{what}: exit status {outcome.status}")
        return outcome


def take(options: CtlOptions, control: Path, content: bytes) -> int:
    """At the other end: everything or nothing. What is said goes to who asked."""
    file = options.config
    if hashlib.sha256(content).hexdigest() != options.digest:
        raise SystemRefusedError(f"{len(content)} bytes came, and not those that were sent")
    draft = file.with_name(f".{file.name}.sync")
    files.write_atomically(draft, content, file_trial.mode_of(file))
    try:
        if _checked(draft) is not ExitStatus.OK:
            return ExitStatus.FAILED
        old = files.read_limited(file, LARGEST_FILE) if file.exists() else None
        if old is not None and _cluster(read_config_file(draft).document) != _cluster(
            read_config_file(file).document
        ):
            raise UsageError(f"{file} is of another cluster; nothing was changed")
    finally:
        files.remove(draft)
    file_trial.put_in_place(file, content, old, options.seconds)
    print(f"{file} is in place; what it was before is {file_trial.old_path(file)}")
    status = _reload(control)
    if status is not ExitStatus.OK and old is not None:
        files.remove(file_trial.record_path(file))
        files.write_atomically(file, old, file_trial.mode_of(file))
        print("pulse did not take it: the old file is in place again")
        return ExitStatus.FAILED
    return status


def confirm(options: CtlOptions, partner: Partner | None = None) -> int:
    """The file that was synced stays, there and then here."""
    file = options.config
    there: int = ExitStatus.OK
    if not options.is_here:
        partner = partner or Partner(file)
        outcome = partner.ask(["confirm", "--here"])
        there = outcome.status
        print(f"{partner.host}: {outcome.output.decode(errors='replace').strip()}")
    is_kept = file_trial.confirm(file)
    print(f"{file} is confirmed" if is_kept else f"{file} is not on trial: nothing to confirm")
    return there if is_kept else ExitStatus.FAILED


def difference_lines(theirs: bytes, ours: bytes, file: str, host: str) -> list[str]:
    """What would change there, as diff -u shows it; printable."""
    there, here = ([_printable(line) for line in side.splitlines()] for side in (theirs, ours))
    names = (f"{file} on {host}", f"{file} here")
    lines = list(difflib.unified_diff(there, here, *names, lineterm="", n=2))
    rest = len(lines) - LONGEST_DIFFERENCE
    return lines if rest <= 0 else [*lines[:LONGEST_DIFFERENCE], f"... and {rest} more lines"]


def _printable(line: bytes) -> str:
    text = line.decode("utf-8", "replace").replace("\t", "    ")
    return "".join(c if c.isprintable() else "?" for c in text)


def _go_back(file: Path, control: Path) -> int:
    if not file_trial.go_back(file):
        print(f"{file} is not on trial")
        return ExitStatus.OK
    print(f"{file} is the old one again")
    return _reload(control)


def _checked(file: Path) -> ExitStatus:
    from piranha.programs import check  # here: it looks at the whole machine, with psutil

    return check.run(file, sys.stdout)


def _cluster(document: Document) -> str:
    entry = document.root.last("cluster")
    return entry.value.text if entry else ""


def _confirm_words(seconds: float | None) -> list[str]:
    return [] if seconds is None else ["--confirm", f"{seconds:g}"]


def _partner_of(settings: Settings) -> str:
    addresses = Addresses()
    try:
        side = side_of(settings, addresses.local())
    finally:
        addresses.close()
    return str(settings.addresses[side.other][0])


def _reload(control: Path) -> ExitStatus:
    """A node without a running pulse has nothing to reload, and that is all right."""
    try:
        for answer in control_client.ask(control, Reload()):
            match answer:
                case Progress(text) | Done(text) if text:
                    print(text)
                case Refused(text, status):
                    print(f"pulse: {text}")
                    return status
    except SystemRefusedError as error:
        print(error)
    except PiranhaError as error:
        print(error)
        return ExitStatus.REFUSED
    return ExitStatus.OK
