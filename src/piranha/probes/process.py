"""Looks at a service's process, and holds on to it by a descriptor that tells of its end at once.

Which process it is, is said by a pid file, by a systemd unit or by a command's name. A pidfd
(pidfd_open(2)) turns readable when the process ends, whoever started it, and never means another
process that got the same number later.
"""

import os
import select
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from errno import EINVAL, ENOENT, ESRCH

from piranha.probes.doors import Child, Doors, Note, Waiting
from piranha.probes.question import Question
from piranha.probes.sick_endings import verdict_of
from piranha.probes.verdict import Outcome, Verdict

_LARGEST_PID_FILE = 64
_LARGEST_ANSWER = 4_096
_NO_PROCESS = {ESRCH, EINVAL, ENOENT}
"""The last two: the number of a thread (kernels disagree)."""
_GRACE_MILLISECONDS, _KILLED_MILLISECONDS = 100, 1_000
_NAME_SIZE = 15
"""The kernel keeps so many bytes of a command's name (proc(5), comm)."""


@dataclass(frozen=True, slots=True)
class Held:
    """A process that ran when it was found; close `pidfd` when it is no longer of interest."""

    pid: int
    pidfd: int
    name: str

    def __str__(self) -> str:
        return f"pid {self.pid} ({self.name})" if self.name else f"pid {self.pid}"

    @property
    def has_ended(self) -> bool:
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return bool(poll.poll(0))


class ProcessProbe:
    """One look. `held`: the process that was found, which the caller may take; else `close` lets
    go of it."""

    def __init__(self, question: Question, doors: Doors, held: Held | None = None) -> None:
        """`held`: what an earlier look found; this one lets go of it when another follows it."""
        self._question = question
        self._doors = doors
        self._started_at = doors.now()
        self._deadline = self._started_at + question.timeout_seconds
        self.held = held

    def ask(self) -> Outcome:
        """Find the process, or see whether it still runs. Raises ToldToEnd."""
        before = self.held
        has_ended = before is not None and before.has_ended
        target = self._question.watched
        try:
            if before is None or has_ended or target.startswith("/"):
                self._follow(find(target, self._doors, self._deadline), has_ended)
        except OSError as error:
            verdict, words = verdict_of(error)
            if has_ended:
                self.close()
                return self._outcome(
                    Verdict.PROCESS_ENDED, f"{before} has ended; {target}: {words}"
                )
            return self._outcome(verdict, f"{target}: {words}")
        if self.held is not None:
            return self._outcome(Verdict.RUNS, f"{self.held} of {target} runs")
        if before is not None:
            return self._outcome(Verdict.PROCESS_ENDED, f"{before} of {target} has ended")
        return self._outcome(Verdict.NO_PROCESS, f"{target} names no process that runs")

    def part(self) -> None:
        """Nothing: a process does not notice that it is looked at."""

    def close(self) -> None:
        if self.held is not None:
            os.close(self.held.pidfd)
            self.held = None

    def take(self) -> Held | None:
        """What was found, for the next look: `close` no longer lets go of it."""
        held, self.held = self.held, None
        return held

    def _follow(self, found: Held | None, has_ended: bool) -> None:
        """A file that names nobody, while the process that it named runs on, changes nothing."""
        if found is None and not has_ended:
            return
        self.close()
        self.held = found

    def _outcome(self, verdict: Verdict, evidence: str) -> Outcome:
        seconds = max(0.0, self._doors.now() - self._started_at)
        if self._doors.note is not None:
            self._doors.note(Note(seconds, "looked", text=evidence))
        return Outcome(verdict, f"{evidence}, after {seconds:.3f} s", seconds)


def find(target: str, doors: Doors, deadline: float) -> Held | None:
    """The process that runs now; None: there is none. Raises OSError, ToldToEnd.

    `target`: /run/nginx.pid, nginx.service or nginx.
    """
    if target.startswith("/"):
        pid = pid_in_file(target)
    elif is_unit(target):
        pid = _main_pid(target, doors, deadline)
    else:
        pid = oldest_of_name(target)
    return hold(pid) if pid else None


def is_unit(target: str) -> bool:
    """True for the name of a systemd unit, such as nginx.service."""
    return target.endswith((".service", ".scope")) and "/" not in target


def hold(pid: int) -> Held | None:
    """Take hold of the process; None when there is none. Raises OSError."""
    try:
        pidfd = os.pidfd_open(pid)
    except OSError as error:
        if error.errno in _NO_PROCESS:
            return None
        raise
    held = Held(pid, pidfd, _name_of(pid))
    if held.has_ended:
        os.close(pidfd)
        return None
    return held


def pid_in_file(path: str) -> int:
    """The number on the first line of a pid file; 0: none, or no file. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (FileNotFoundError, NotADirectoryError):
        return 0
    try:
        return _number(os.read(descriptor, _LARGEST_PID_FILE))
    except IsADirectoryError:
        return 0
    finally:
        os.close(descriptor)


def oldest_of_name(name: str) -> int:
    """The longest running process of a command's name: of a master and its workers the master."""
    wanted = name.encode()[:_NAME_SIZE].decode(errors="surrogateescape")
    found: list[tuple[int, int]] = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and _name_of(int(entry)) == wanted:
            with suppress(OSError, ValueError, IndexError):
                found.append((_start_of(int(entry)), int(entry)))
    return min(found, default=(0, 0))[1]


def _main_pid(unit: str, doors: Doors, deadline: float) -> int:
    """What systemd says of a unit, by systemctl(1). Raises OSError, ToldToEnd."""
    argv = ["systemctl", "show", "--property=MainPID", "--value", "--", unit]
    env = {"PATH": os.environ.get("PATH", os.defpath)}
    said = b""
    with ExitStack() as stack:
        reading, writing = os.pipe()
        stack.callback(os.close, reading)
        try:
            child = doors.processes.spawn(argv, env, stdout=writing, stderr=writing)
        finally:
            os.close(writing)
        ending = stack.enter_context(_Ending(child, doors))
        waiting = Waiting(doors)
        waiting.watch(reading, select.POLLIN)
        while len(said) < _LARGEST_ANSWER:
            if not waiting.until(deadline):
                raise OSError("systemctl was not done in time")
            data = os.read(reading, _LARGEST_ANSWER)
            if not data:
                break
            said += data
    if ending.status != 0:
        raise OSError(f"systemctl: {said.decode(errors='replace').strip()[:200]}")
    return _number(said)


class _Ending:
    """Kills what still runs of a child, and keeps how it ended."""

    def __init__(self, child: Child, doors: Doors) -> None:
        self._child = child
        self._processes = doors.processes
        self.status: int | None = None

    def __enter__(self) -> "_Ending":
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        ended = select.poll()
        ended.register(self._child.pidfd, select.POLLIN)
        if kind is None:
            ended.poll(_GRACE_MILLISECONDS)  # it has closed its output, so it is about to end
        self._processes.kill_group(self._child)
        ended.poll(_KILLED_MILLISECONDS)
        self.status = self._processes.reap(self._child)


def _number(text: bytes) -> int:
    """The number that a text begins with; 0 without one that could be a pid."""
    words = text.split(None, 1)
    is_number = bool(words) and words[0].isdigit() and len(words[0]) <= 10
    number = int(words[0]) if is_number else 0
    return number if number <= 0x7FFFFFFF else 0


def _name_of(pid: int) -> str:
    """Empty when it has gone."""
    try:
        with open(f"/proc/{pid}/comm", "rb") as file:
            return file.read(64).rstrip(b"\n").decode(errors="surrogateescape")
    except OSError:
        return ""


def _start_of(pid: int) -> int:
    """Clock ticks from boot to its start (proc(5), stat, field 22)."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read(4_096).rsplit(b")", 1)[1].split()[19])
