"""The only maker of processes: commands that are exec'd, and nannies that are forked.

A child starts clean: signals at their defaults and unblocked, no descriptor but the ones it was
given, ordinary scheduling. Its end is seen by its pidfd (pidfd_open(2)), which a Loop can watch, so
nobody needs SIGCHLD and no pid is ever mistaken for a later one.
"""

import _signal  # type: ignore[import-not-found]
import contextlib
import ctypes
import functools
import gc
import os
import pwd
import resource
import signal
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import NoReturn

from piranha.system import user_namespace
from piranha.system.refused import refused
from piranha.wire.exit_status import ExitStatus

_NOBODY = "nobody"
_PR_SET_PDEATHSIG = 1
_PR_GET_PDEATHSIG = 2
_HIGHEST_DESCRIPTOR = 1 << 20
_RESETTABLE_SIGNALS = [
    int(number)
    for number in signal.valid_signals()
    if number not in (signal.SIGKILL, signal.SIGSTOP)
]
"""Plain numbers, for the C module under `signal`: the enums of `signal` would make 0.25 MB of
memory private in every forked child."""
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class User:
    """Whom a child becomes; it keeps no other group."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """A running child. `pidfd` turns readable when it has ended; `reap` then closes it."""

    pid: int
    pidfd: int

    def fileno(self) -> int:
        return self.pidfd


@cache
def find_user(name: str) -> User:
    """The user of that name. Raises OSError when there is none."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise refused(f"cannot find user {name}", FileNotFoundError(2, "")) from None
    return User(entry.pw_uid, entry.pw_gid)


def can_become(user: User) -> bool:
    """False in a user namespace that does not know the user (user_namespaces(7)): root there is an
    ordinary user of the machine, with nobody else to become."""
    return user_namespace.knows_user(user.uid) and user_namespace.knows_group(user.gid)


def spawn(
    argv: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    pass_fds: Collection[int] = (),
    new_group: bool = True,
    user: User | None = None,
    reset_scheduling: bool = True,
) -> Child:
    """Start a program by its argv, without a shell; a name without "/" is sought in PATH.

    Standard input is /dev/null, `stdout` and `stderr` are ours where none is given; `pass_fds`
    keep their numbers. With `new_group` the child leads its own session and process group, which
    `kill_group` ends. Raises OSError `cannot start /bin/x: No such file or directory`.
    """
    output = (1 if stdout is None else stdout, 2 if stderr is None else stderr)
    command = _Command(list(argv), dict(env), stdin, output, tuple(pass_fds), new_group)
    try:
        if user is None:
            pid = _posix_spawn(command, reset_scheduling)
        else:
            pid = _fork_and_exec(command, user)
    except OSError as error:
        raise refused(f"cannot start {argv[0]}", error) from error
    return Child(pid, os.pidfd_open(pid))


def prepare_to_fork() -> None:
    """Make the children of `fork` small: move every object of ours to where the garbage collector
    never writes, so that parent and children go on sharing the memory (gc.freeze)."""
    _title_setter()
    if os.geteuid() == 0:
        find_user(_NOBODY)  # each child would read /etc/passwd into 0.2 MB of its own
    was_enabled = gc.isenabled()
    gc.disable()
    gc.collect()
    gc.freeze()
    if was_enabled:
        gc.enable()


def fork(call: Callable[[], int], title: str, keep_fds: Collection[int] = ()) -> Child:
    """Run `call` in a forked child of its own process group; what it returns is the exit status.

    The child has the title in ps(1), no descriptor but 0, 1, 2 and `keep_fds`, no signal handler
    of ours, ordinary scheduling, and is killed when its parent dies. It leaves by os._exit, so
    nothing that the parent registered runs in it. An exception ends it with OUR_BUG after its
    traceback. Raises OSError.
    """
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        raise refused(f"cannot fork for {title}", error) from error
    if pid == 0:
        _live_as_child(parent, call, title, keep_fds)
    return Child(pid, os.pidfd_open(pid))


@dataclass(frozen=True, slots=True)
class Birth:
    """What `fork` needs to know of one child."""

    call: Callable[[], int]
    title: str
    keep_fds: Collection[int] = ()


def fork_many(births: Sequence[Birth]) -> list[Child]:
    """Fork several children with as little as possible between them: whatever we touch before the
    next fork makes memory private in the child that was forked before it.

    Returns fewer children when the system refuses one; raises OSError when it refuses the first.
    """
    parent = os.getpid()
    pids: list[int] = []
    for birth in births:
        try:
            pid = os.fork()
        except OSError as error:
            if not pids:
                raise refused(f"cannot fork for {birth.title}", error) from error
            break
        if pid == 0:
            _live_as_child(parent, birth.call, birth.title, birth.keep_fds)
        pids.append(pid)
    return [Child(pid, os.pidfd_open(pid)) for pid in pids]


def set_title(title: str) -> None:
    """What ps(1) shows of this process."""
    _title_setter()(title)


def reap(child: Child) -> int | None:
    """The exit status, or minus the signal that ended it; None while it runs.

    With the status the pidfd is closed: let the Loop forget it before anything else is opened.
    """
    pid, status = os.waitpid(child.pid, os.WNOHANG)
    if pid == 0:
        return None
    os.close(child.pidfd)
    return os.waitstatus_to_exitcode(status)


def kill(child: Child, number: int = signal.SIGKILL) -> None:
    """Send the signal to the child alone, by its pidfd; nothing happens when it has ended."""
    try:
        signal.pidfd_send_signal(child.pidfd, number)
    except ProcessLookupError:
        return


def kill_group(child: Child, number: int = signal.SIGKILL) -> None:
    """Send the signal to the child's process group; nothing happens when it is empty.

    Call it before `reap`: until then the number of the group cannot belong to anybody else.
    """
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return


def set_parent_death_signal(number: int) -> None:
    """Have the kernel send us this signal when our parent ends (prctl(2), PR_SET_PDEATHSIG)."""
    if _LIBC.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise refused("cannot set the parent death signal", OSError(number, ""))


def drop_rights(user: User | str = _NOBODY) -> None:
    """Become an ordinary user without further groups, for good; does nothing when we are not
    root. The parent death signal stays (the kernel clears it with every change of user).

    Raises OSError.
    """
    if os.geteuid() != 0:
        return
    who = find_user(user) if isinstance(user, str) else user
    death_signal = _parent_death_signal()
    try:
        os.setgroups([])
        os.setresgid(who.gid, who.gid, who.gid)
        os.setresuid(who.uid, who.uid, who.uid)
    except OSError as error:
        raise refused(f"cannot become user {who.uid}", error) from error
    set_parent_death_signal(death_signal)


def write_no_files() -> None:
    """Neither we nor our children can write a byte to any file from now on (setrlimit(2),
    RLIMIT_FSIZE); pipes and sockets are no files."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@dataclass(frozen=True, slots=True)
class _Command:
    argv: list[str]
    env: dict[str, str]
    stdin: int | None
    output: tuple[int, int]
    pass_fds: tuple[int, ...]
    new_group: bool


def _posix_spawn(command: _Command, reset_scheduling: bool) -> int:
    """A vfork underneath, so our size costs nothing. Python's descriptors are close-on-exec:
    none but these pass."""
    output = command.output
    _keep_inherited_to_ourselves()
    copies = [(output[0], 1), (output[1], 2)]
    if output[1] == 1:  # our standard output, before the child's own replaces it
        copies.reverse()
    policy = os.SCHED_OTHER if reset_scheduling else os.sched_getscheduler(0)
    priority = os.sched_param(0) if reset_scheduling else os.sched_getparam(0)
    return os.posix_spawnp(
        command.argv[0],
        command.argv,
        command.env,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
            if command.stdin is None
            else (os.POSIX_SPAWN_DUP2, command.stdin, 0),
            *((os.POSIX_SPAWN_DUP2, source, target) for source, target in copies),
            *((os.POSIX_SPAWN_DUP2, kept, kept) for kept in command.pass_fds),
        ],
        setsid=command.new_group,
        setsigmask=(),
        setsigdef=_RESETTABLE_SIGNALS,
        scheduler=(policy & ~os.SCHED_RESET_ON_FORK, priority),
    )


def _fork_and_exec(command: _Command, user: User) -> int:
    """For a child that becomes another user; its failure comes back over a pipe as an errno."""
    _keep_inherited_to_ourselves()
    trouble, telling = os.pipe()
    pid = os.fork()
    if pid == 0:
        _exec_as(command, user, telling)
    os.close(telling)
    with open(trouble, "rb") as pipe:
        number = pipe.read()
    if number:
        os.waitpid(pid, 0)
        raise OSError(int(number), os.strerror(int(number)))
    return pid


def _exec_as(command: _Command, user: User, telling: int) -> NoReturn:
    try:
        if command.new_group:
            os.setsid()
        _reset_signals()
        _reset_scheduling()
        _place_descriptors(command.stdin, command.output)
        for kept in command.pass_fds:
            os.set_inheritable(kept, True)
        drop_rights(user)
        os.execvpe(command.argv[0], command.argv, command.env)
    except OSError as error:
        os.write(telling, str(error.errno or 1).encode())
    finally:
        os._exit(ExitStatus.REFUSED)


@functools.cache
def _keep_inherited_to_ourselves() -> None:
    """Descriptors that whoever started us left open are not for our children (once is enough:
    Python opens its own close-on-exec)."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if int(name) > 2:
                os.set_inheritable(int(name), False)


def _place_descriptors(stdin: int | None, output: tuple[int, int]) -> None:
    saved = [os.dup(number) for number in output]
    nothing = os.open(os.devnull, os.O_RDONLY) if stdin is None else stdin
    for source, target in ((nothing, 0), (saved[0], 1), (saved[1], 2)):
        os.dup2(source, target, inheritable=True)


def _live_as_child(
    parent: int, call: Callable[[], int], title: str, keep_fds: Collection[int]
) -> NoReturn:
    status: int = ExitStatus.OUR_BUG
    try:
        _begin_child(parent, title, keep_fds)
        status = call()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        import traceback  # here: 0.1 MB of every daemon

        traceback.print_exc()
    finally:
        os._exit(status)


def _begin_child(parent: int, title: str, keep_fds: Collection[int]) -> None:
    _reset_signals()
    set_parent_death_signal(signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel knew our wish
        os._exit(ExitStatus.OK)
    os.setpgid(0, 0)
    _reset_scheduling()
    _close_all_but({0, 1, 2, *keep_fds})
    set_title(title)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in _RESETTABLE_SIGNALS:
        _signal.signal(number, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, ())


@cache
def _title_setter() -> Callable[[str], None]:
    """What sets the title in ps(1): the C module of setproctitle without its package, which
    imports `logging` and so `threading`; what these two do after a fork makes 0.6 MB of memory
    private in every child."""
    package = PathFinder.find_spec("setproctitle")
    places = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec("setproctitle._setproctitle", places) if places else None
    if spec is None or spec.loader is None:
        raise ImportError("cannot find the C module of setproctitle")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.getproctitle()  # it moves the environment out of the way, once for all children
    set_title: Callable[[str], None] = module.setproctitle
    return set_title


def _reset_scheduling() -> None:
    if os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _close_all_but(kept: Collection[int]) -> None:
    low = 0
    for number in sorted(kept):
        if low < number:  # closerange(0, 0) of CPython 3.11 closes everything
            os.closerange(low, number)
        low = number + 1
    os.closerange(low, _HIGHEST_DESCRIPTOR)


def _parent_death_signal() -> int:
    number = ctypes.c_int()
    _LIBC.prctl(_PR_GET_PDEATHSIG, ctypes.byref(number), 0, 0, 0)
    return number.value
